package import Commands
package import RESP
package import Routing

// The text of every error and note; option errors have theirs next to their cases in OptionError.
// No other file words errors.
//
// A message says what happened, to which node or key, and what to do next, in lines of at most 80 columns.

/// A message before it is laid out.
private struct Explanation {
    /// One sentence.
    var what: String
    /// The nodes, keys or slots concerned, one row per line.
    var rows: [[String]] = []
    /// What to do next: each sentence starts a new line.
    var remedies: [String]

    init(_ what: String, rows: [[String]] = [], remedy: String...) {
        self.what = what.sentence
        self.rows = rows
        remedies = remedy
    }

    init(usage: String) {
        what = "Usage: \(usage)"
        remedies = []
    }

    /// On several lines, rows in columns.
    var message: String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let table = rows.map { row in
            let cells = zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
            return "  " + cells.joined(separator: "  ").trimmingTrailingSpaces
        }
        return (what.wrapped() + table + remedies.flatMap { $0.wrapped() }).joined(separator: "\n")
    }

    /// On one line, for JSON.
    var line: String {
        let list = rows.map { $0.joined(separator: " ") }.joined(separator: "; ")
        return ([what] + (list.isEmpty ? [] : [list.sentence]) + remedies).joined(separator: " ")
    }
}

// MARK: Commands without a reply

extension CommandFailure {
    /// The word in place of a server's error code, for scripts to match.
    package var code: String {
        switch self {
        case .blocked: "BLOCKED"
        case .crossSlot: "CROSSSLOT"
        case .readOnly, .readOnlyAcrossSlots: "READONLY"
        case .unreachable, .noSeed, .retriesExhausted, .replyLost: "NOCONN"
        case .unknownOutcome, .protocolViolation, .elementStaged: "UNKNOWN"
        case .cursorNeedsNode, .sessionHasNoTarget, .silencesReplies, .noSuchNode, .ambiguousNode, .slotWithoutOwner,
            .outsideTransaction,
            .streamNeedsNode, .redirectLoop, .userRefused, .databaseRefused, .transactionLost, .interrupted,
            .originalKept, .unexpectedReply:
            "ERR"
        }
    }

    /// Code and message on one line.
    package var errorText: String { "\(code) \(explanation.line)" }

    /// True when the command may or may not have run.
    package var isUnknown: Bool { code == "UNKNOWN" }

    /// The node the failure is about, if there is exactly one.
    package var node: NodeAddress? {
        switch self {
        case .unreachable(let node, _), .unknownOutcome(let node, _), .replyLost(let node, _),
            .protocolViolation(let node, _), .redirectLoop(let node), .databaseRefused(let node, _, _),
            .userRefused(let node, _), .transactionLost(let node, _), .unexpectedReply(let node, _):
            node
        case .retriesExhausted(let node, _): node
        default: nil
        }
    }

    /// What happened, in a few words, where the node's name is already shown next to it.
    package var cause: String {
        switch self {
        case .unreachable(_, let reason): reason
        case .replyLost(_, let reason): "reply lost: \(reason)"
        case .unknownOutcome(_, let reason): "outcome unknown: \(reason)"
        case .protocolViolation(_, let error): error.message
        case .userRefused(_, let reason): "AUTH failed: \(reason)"
        case .unexpectedReply(_, let command): "unexpected reply to \(command)"
        case .databaseRefused(_, let database, let reason): "SELECT \(database) failed: \(reason)"
        default: explanation.what
        }
    }

    /// The message for stderr, without the last newline.
    ///
    /// - Parameter isDropIn: use redis-cli's own words where it has any.
    package func message(isDropIn: Bool) -> String {
        isDropIn ? redisCLIWords ?? explanation.message : explanation.message
    }

    private var redisCLIWords: String? {
        switch self {
        case .unreachable(let node, let reason): Self.redisCLIWords(node, reason)
        case .noSeed(let seeds):
            seeds.map { Self.redisCLIWords($0.node, $0.reason) }.joined(separator: "\n")
        case .replyLost(_, let reason), .unknownOutcome(_, let reason): "Error: \(reason)"
        case .protocolViolation(_, let error): "Error: Protocol error, \(error.message)"
        case .databaseRefused(_, let database, let reason): "SELECT \(database) failed: \(reason)"
        default: nil
        }
    }

    private static func redisCLIWords(_ node: NodeAddress, _ reason: String) -> String {
        "Could not connect to Redis at \(node.isSocket ? node.host : "\(node.host):\(node.port)"): \(reason)"
    }

    fileprivate var explanation: Explanation {
        switch self {
        case .blocked(let command, let reason, let instead, let isLiftable):
            Self.blocked(command, reason, instead, isLiftable)
        case .crossSlot(let places):
            Self.crossSlot(places)
        case .readOnly(let command, let alternative):
            Explanation(
                "\(command) was not sent: it could modify data, and this session is read-only",
                remedy: (alternative.map { "Use \($0), which only reads. " } ?? "")
                    + "To allow writes, leave out --read-only, or use :set read-only off in the shell.")
        case .readOnlyAcrossSlots(let command):
            Explanation(
                "\(command) was not sent: its keys are in several slots and would have to be copied to one,"
                    + " and this session is read-only",
                remedy: "Keys with the same hash tag, such as {tag}a and {tag}b, need no copying.")
        case .cursorNeedsNode(let command):
            Explanation(
                "A \(command.uppercased()) cursor is valid only on the node that returned it",
                remedy: "Name that node, as in @127.0.0.1:7000 \(command.uppercased()) 42,"
                    + " or use \(command.uppercased())_ITER to iterate over everything.")
        case .sessionHasNoTarget(let command):
            Explanation(
                "\(command.uppercased()) takes no target: it changes the session, which is the same on every node",
                remedy: "Leave out the target.")
        case .silencesReplies(let command):
            Explanation(
                "\(command) was not sent: commands after it would get no replies on that connection",
                remedy: "Send it from a program of your own, over a separate connection.")
        case .noSuchNode(let target):
            Explanation("No node matches \(target)", remedy: "CLUSTER NODES lists the nodes with their IDs and roles.")
        case .ambiguousNode(let target, let matches):
            Explanation(
                "\(matches.count) node IDs match \(target)", rows: matches.abbreviatedRows,
                remedy: "Type more of the ID.")
        case .slotWithoutOwner(let slot):
            Explanation(
                "No master owns slot \(slot.number)",
                remedy: "CLUSTER SHARDS shows the slots that are served; CLUSTER ADDSLOTS or a failover restores this.")
        case .outsideTransaction(let command, let transaction, let key):
            Self.outsideTransaction(command, transaction, key)
        case .streamNeedsNode(let command):
            Explanation(
                "\(command) runs on a single node", remedy: "Name it, as in @127.0.0.1:7000 \(command).")
        case .unreachable(let node, let reason):
            Explanation(
                "Could not connect to \(node): \(reason)",
                remedy: "Check that it is running and reachable from here. For another one: -h and -p, -u,"
                    + " or connect HOST PORT in the shell.")
        case .noSeed(let seeds):
            Self.noSeed(seeds)
        case .retriesExhausted(let node, let last):
            Explanation(
                "Gave up retrying\(node.map { " at \($0)" } ?? ""): \(last)",
                remedy: "CLUSTER NODES shows the state of the nodes. To retry for longer: --retry-for SECONDS,"
                    + " or :set retry-for in the shell.")
        case .redirectLoop(let node):
            Explanation(
                "Redirect loop: gave up after \(Redirect.maximumHops) redirects, the last one from \(node)",
                remedy: "The nodes disagree about who owns the slot; @all CLUSTER NODES shows each node's view.")
        case .userRefused(let node, let reason):
            Explanation(
                "AUTH failed at \(node): \(reason)",
                remedy: "Nothing was sent. Check --user and the password (-a, REDISCLI_AUTH or the URI),"
                    + " or use AUTH in the shell.")
        case .databaseRefused(let node, let database, let reason):
            Explanation(
                "\(node) refused database \(database): \(reason)",
                remedy: "Nothing was run in another database. Choose one that exists with -n or SELECT.")
        case .transactionLost(let node, let reason):
            Explanation(
                "The transaction at \(node) was discarded: \(reason)",
                remedy: "None of its commands were executed. Start again with MULTI.")
        case .interrupted:
            Explanation("Interrupted; nothing was changed")
        case .unknownOutcome(let node, let reason):
            Explanation(
                "\(node) may or may not have run the command: \(reason)",
                remedy: "Check the data before you send it again.")
        case .replyLost(let node, let reason):
            Explanation(
                "The reply from \(node) was lost: \(reason)",
                remedy: "The command only reads, so it is safe to send it again.")
        case .unexpectedReply(let node, let command):
            Explanation(
                "\(node) sent an unexpected reply to \(command)",
                remedy: "Nothing was changed. Check what is running there: @\(node) INFO SERVER.")
        case .protocolViolation(let node, let error):
            Explanation(
                "\(node) does not speak the Redis protocol: \(error.message)",
                remedy: "Check that the port belongs to a Redis server and does not expect TLS.")
        case .originalKept(let source, let copy, let obstacle):
            Explanation(
                "\(copy.quoted) has the value, but \(source.quoted) was kept, so both keys exist: \(obstacle.text)",
                remedy: "Run the command again, or delete the key you do not want.")
        case .elementStaged(let stage, let obstacle):
            Explanation(
                "The element may not have reached its destination: \(obstacle.text)",
                rows: [[Quoting.utf8.text(stage)]],
                remedy: "If it did not, that key holds it. To finish the move: --recover, or :recover in the shell.")
        }
    }

    private static func blocked(
        _ command: String, _ reason: String, _ instead: String, _ isLiftable: Bool
    ) -> Explanation {
        var explanation = Explanation(
            "\(command) is blocked on a cluster because \(reason)", remedy: "Instead, \(instead.sentence)")
        if isLiftable {
            let name = command.lowercased()
            let word = name.contains(" ") ? "\"\(name)\"" : name
            explanation.remedies.append("To run it anyway: --unblock \(word), or :unblock in the shell.")
        }
        return explanation
    }

    /// One row per slot, with the first of its keys.
    private static func crossSlot(_ places: [KeyPlace]) -> Explanation {
        var slots: [HashSlot] = []
        var keys: [HashSlot: [KeyPlace]] = [:]
        for place in places {
            if keys[place.slot] == nil { slots.append(place.slot) }
            keys[place.slot, default: []].append(place)
        }
        let rows = slots.prefix(maximumRows).map { slot in
            let places = keys[slot] ?? []
            let more = places.count > 1 ? " and \(places.count - 1) more" : ""
            return [
                "slot \(slot.number)", places.first?.node?.description ?? "owner unknown",
                (places.first?.key.quoted ?? "") + more,
            ]
        }
        let left = slots.count - rows.count
        return Explanation(
            "The \(places.count) keys are in \(slots.count) slots, but this command needs all its keys in one slot",
            rows: rows + (left > 0 ? [["...", "", "\(left) more slots"]] : []),
            remedy: "Keys with the same hash tag share a slot: {tag}a and {tag}b.")
    }

    private static func outsideTransaction(
        _ command: String, _ transaction: HashSlot?, _ key: KeyPlace?
    ) -> Explanation {
        let place = transaction.map { "in slot \($0.number)" } ?? "on one node"
        let what =
            if let key {
                "\(command) was not queued: \(key.key.quoted) is in slot \(key.slot.number)"
                    + (key.node.map { " (\($0))" } ?? "") + ", but the transaction is \(place)"
            } else {
                "\(command) was not queued: it needs other nodes, but the transaction is \(place)"
            }
        return Explanation(what, remedy: "The transaction is still open: continue it, or end it with EXEC or DISCARD.")
    }

    private static func noSeed(_ seeds: [Unreachable]) -> Explanation {
        if seeds.count == 1 {
            return CommandFailure.unreachable(seeds[0].node, reason: seeds[0].reason).explanation
        }
        return Explanation(
            "None of the \(seeds.count) servers answered",
            rows: seeds.map { [$0.node.description, $0.reason] },
            remedy: "Check that one of them is running and reachable from here. For others: -u,"
                + " or connect HOST PORT in the shell.")
    }

    fileprivate static let maximumRows = 8
}

extension CommandFailure.Obstacle {
    var text: String {
        switch self {
        case .unconfirmed: "no replica confirmed the copy"
        case .refused(let error): error
        case .contested: "other clients keep changing the keys"
        case .failure(let failure): failure.explanation.what
        }
    }
}

// MARK: The shell's own errors

extension CLIError {
    /// Code and message on one line.
    package var errorText: String { "ERR \(explanation.line)" }

    /// The message for stderr, without the last newline.
    ///
    /// - Parameter isDropIn: use redis-cli's own words where it has any.
    package func message(isDropIn: Bool) -> String {
        switch self {
        case .option(let error): error.message(isDropIn: isDropIn)
        case .tagNotFound where isDropIn: "Using -X option but stdin tag not match."
        case .invalidLine where isDropIn: "Invalid argument(s)"
        case .invalidRepeat where isDropIn: "Invalid redis-cli repeat command option value."
        case .wordUsage(let usage) where isDropIn:
            "unknown redis-cli internal command '\(usage.prefix { $0 != " " })'"
        case .unknownWord(let word) where isDropIn: "unknown redis-cli internal command '\(word.text)'"
        case .unknownPreference(let name, _) where isDropIn: "unknown redis-cli preference '\(name.text)'"
        case .toolRefused(let error) where isDropIn: "Error: \(error)"
        case .cannotOpen(let path, let reason) where isDropIn: "Can't open file '\(path.text)': \(reason)"
        default: explanation.message
        }
    }

    /// True when the message begins with the place of the line.
    package var namesPlace: Bool {
        if case .invalidLine = self { true } else { false }
    }

    /// True when redis-cli prints this to stdout.
    package var isOnStandardOutputInRedisCLI: Bool {
        switch self {
        case .invalidLine, .invalidRepeat, .wordUsage, .unknownWord, .unknownPreference, .notDebugging: true
        default: false
        }
    }

    private var explanation: Explanation {
        switch self {
        case .option(let error):
            Explanation(error.message(isDropIn: false))
        case .tagNotFound(let tag):
            Explanation(
                "No argument matches \(tag.quoted), the tag given with -X",
                remedy: "Write the tag, and nothing else, as the argument that stdin is to replace.")
        case .notLiftable(let name):
            Explanation(
                "\(name.quoted) is not a command that can be unblocked",
                remedy: "--unblock accepts: \(Self.liftable.joined(separator: ", ")).")
        case .invalidLine(let error, let place):
            Explanation(
                "\(place.map { "\($0): " } ?? "")Invalid argument(s): \(error.message)",
                remedy: "Write \\\" for a quote inside double quotes, \\' inside single quotes.")
        case .invalidTarget(let error):
            Explanation(
                error.message,
                remedy: "Valid targets: @all, @masters, @replicas, @random, @HOST:PORT, @ID, @slot:N and @key:K.")
        case .commandMissing(let target):
            Explanation("Missing command after target \(target.quoted)")
        case .unknownWord(let word):
            Explanation("Unknown shell command \(word.quoted)", remedy: "Type :help for a list.")
        case .unknownPreference(let name, let known):
            Explanation("Unknown preference \(name.quoted)", remedy: "Preferences: \(known.joined(separator: ", ")).")
        case .badValue(let name, let value, let wanted):
            Explanation("\(name.text) expects \(wanted), not \(value.quoted)")
        case .wordUsage(let usage):
            Explanation(usage: usage)
        case .invalidRepeat(let count):
            Explanation("Invalid repeat count \(count): use 1 or more")
        case .noHelp(let words):
            Explanation("No help for \(words.quoted)", remedy: "Type help for an overview.")
        case .cannotWrite(let reason):
            Explanation("Cannot write to stdout: \(reason)")
        case .noEditor:
            Explanation("libedit does not support this terminal", remedy: "Set TERM to a type that terminfo knows.")
        case .endsInTransaction(let file):
            Explanation(
                "\(file) ends inside a transaction, so none of its commands were executed",
                remedy: "Add EXEC at the end of the transaction.")
        case .notACluster(let node):
            Explanation("\(node) is not a cluster: it has no slots and no other nodes")
        case .notDebugging:
            Explanation("Use 'restart' only in Lua debugging mode")
        case .toolRefused(let error):
            Explanation("The server returned an error: \(error)")
        case .cannotOpen(let path, let reason):
            Explanation("Cannot open \(path.quoted): \(reason)")
        case .noCheckpoint(let path):
            Explanation(
                "\(path.quoted) is not a checkpoint",
                remedy: "Name a checkpoint, or a file that does not exist yet: --resume creates it.")
        case .oldCheckpoint(let path):
            Explanation(
                "The checkpoint \(path.quoted) was written by an older slotline, which did not record the database",
                remedy: "Finish the load with that version, or delete the checkpoint to start over.")
        case .checkpointNeedsUser(let path, let user):
            Explanation(
                "The load in checkpoint \(path.quoted) had authenticated as user \(user.quoted) when it stopped",
                remedy: "Passwords are not saved. To continue, add --user \(Quoting.utf8.word(user)) and"
                    + " -a or --askpass.")
        case .cannotKeep(let path, let reason):
            Explanation(
                "Cannot write \(path.quoted): \(reason)",
                remedy: "The load was stopped, since its progress and failed commands could no longer be recorded.")
        case .otherInput(let path):
            Explanation(
                "\(path.quoted) is not a checkpoint of this input",
                remedy: "Delete it, or name another file, to start from the beginning.")
        case .serverNotInstalled:
            Explanation(
                "Neither redis-server nor valkey-server is on PATH",
                remedy: "--playground needs one of them: install it, or add its directory to PATH.")
        case .playgroundFailed(let reason):
            Explanation("Could not start the playground: \(reason)")
        }
    }

    private static var liftable: [String] {
        CommandTable.rows.filter { $0.block?.isLiftable == true }.map { "\($0.name)".lowercased() }
    }

    /// Shown below the server's reply that it does not know a command.
    package static func suggestion(_ name: String) -> String { "Did you mean \(name)?" }

    /// What `-e` says when a line of a file stops it.
    package static func stopped(at place: SourceLine, command: String, because message: String) -> String {
        placed(at: "\(place): \(command)", message)
    }

    /// A message after the place it is about, or below it where the message's first line would get too long.
    package static func placed(at place: String, _ message: String) -> String {
        let lines = message.split(separator: "\n", maxSplits: 1)
        let isTooLong = lines.count > 1 && place.count + 2 + lines[0].count > 80
        return "\(place):\(isTooLong ? "\n" : " ")\(message)"
    }
}

extension TokenizerError {
    package var message: String {
        switch self {
        case .openQuote: "unclosed quote"
        case .textBehindQuote: "text directly after a closing quote"
        }
    }
}

extension TargetError {
    package var message: String {
        switch self {
        case .unknown(let word): "\(word.quoted) is not a valid target"
        case .notASlot(let word): "\(word.quoted) is not a valid target: slots are numbered 0 to \(HashSlot.count - 1)"
        }
    }
}

extension ProtocolError {
    package var message: String {
        switch self {
        case .unknownType(let byte): "got \(Quoting.ascii.text(ByteString([byte]))) as reply type byte"
        case .malformed(let line): "cannot parse \(line.quoted)"
        case .missingTerminator: "a bulk string is longer than its declared length"
        case .tooDeep: "aggregates nested more than \(RESPParser.maximumDepth) levels deep"
        case .tooLong(let announced): "declared length \(announced) is too large"
        }
    }
}

// MARK: Notes

extension Note {
    /// The lines for stderr, without the last newline.
    ///
    /// - Parameters:
    ///   - isDropIn: use redis-cli's own words where it has any.
    ///   - isBesideNodes: the reply already shows what each node said, so the note does not repeat it.
    package func message(isDropIn: Bool, isBesideNodes: Bool = false) -> String {
        let text = text(isDropIn: isDropIn, isBesideNodes: isBesideNodes)
        guard !isDropIn else { return text }
        return text.split(separator: "\n").flatMap { $0.hasPrefix(" ") ? [String($0)] : String($0).wrapped() }
            .joined(separator: "\n")
    }

    private func text(isDropIn: Bool, isBesideNodes: Bool) -> String {
        switch self {
        case .coverage(let answered, let asked, let failed):
            let errors = failed.count { $0.failure == nil }
            let summary =
                "\(answered) of \(asked) nodes answered" + (errors > 0 ? ", \(errors) of them with an error" : "")
            if isBesideNodes { return summary }
            return Self.list(
                summary, failed.map { "\($0.address): \($0.error ?? $0.failure?.cause ?? "")" })
        case .partial(let failed):
            return Self.list("not completed for \(failed.count) of the keys", failed.map(Self.line))
        case .leftBehind(let keys):
            return Self.list(
                "\(keys.count) of the keys may have been set and could not be deleted again", keys.map(Self.line))
        case .notAtomic(let slots):
            let place = slots > 1 ? "the keys are in \(slots) slots" : "the patterns can refer to keys in any slot"
            return "not atomic: \(place) (shown once per session; with --strict the server refuses it)"
        case .localCount(let node): return "only subscribers on \(node) are counted"
        case .authenticationFailed(let node, let error):
            return isDropIn ? "AUTH failed: \(error)" : "AUTH failed at \(node): \(error)"
        case .helloFailed(let node, let error):
            return isDropIn ? "HELLO 3 failed: \(error)" : "HELLO 3 failed at \(node): \(error); continuing with RESP2"
        case .topologyRefused(let node, let error):
            return "using only \(node): this user may run neither CLUSTER SHARDS nor CLUSTER SLOTS there (\(error))"
        case .waiting(let node, let reason, let seconds):
            return "\(node.map { "\($0): " } ?? "")\(reason); retrying for \(seconds) s (Ctrl-C to give up)"
        case .silent(let nodes):
            return "waiting for \(nodes.map(\.description).joined(separator: ", ")) (Ctrl-C to give up)"
        case .working(let command, let step, let count, let seconds):
            return "\(command.text): round trip \(step) of \(count), \(seconds) s so far (Ctrl-C to give up)"
        case .redirected(let slot, let node): return "-> Redirected to slot [\(slot.number)] located at \(node)"
        }
    }

    private static func line(_ failed: FailedKey) -> String {
        "\(failed.key.quoted): \(failed.error ?? failed.failure?.cause ?? "")"
    }

    /// A summary, then the first few items, one per line, and how many more there are.
    private static func list(_ summary: String, _ items: [String]) -> String {
        let left = items.count - 3
        return ([summary] + items.prefix(3) + (left > 0 ? ["and \(left) more"] : [])).joined(separator: "\n  ")
    }
}

// MARK: Layout

extension ByteString {
    /// In double quotes, shortened to fit a line.
    fileprivate var quoted: String {
        let text = Quoting.utf8.text(self)
        return text.count > 40 ? "\(text.prefix(36))...\"" : text
    }
}

extension [String] {
    /// One per row, and how many more there are.
    fileprivate var abbreviatedRows: [[String]] {
        let limit = CommandFailure.maximumRows
        return prefix(limit).map { [$0] } + (count > limit ? [["... and \(count - limit) more"]] : [])
    }
}

extension String {
    /// With a period at the end, unless it already ends in punctuation of that kind.
    fileprivate var sentence: String { last.map { ".!?".contains($0) } == true ? self : self + "." }

    fileprivate var trimmingTrailingSpaces: String {
        String(self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)])
    }
}
