package import Commands
package import RESP
package import Routing

// The words for everything that goes wrong, and for notes; those for options stand beside their cases in OptionError.
// Nowhere else in the project is there prose for errors.
//
// A message says what happened, to which node or key, and what to do next, in lines of 80 columns at most.

/// A message before it is laid out.
private struct Explanation {
    /// One sentence.
    var what: String
    /// What the sentence is about, a row a line.
    var rows: [[String]] = []
    /// Sentences that each begin a line.
    var remedies: [String]

    init(_ what: String, rows: [[String]] = [], remedy: String...) {
        self.what = what.sentence
        self.rows = rows
        remedies = remedy
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
    /// The word that stands where a server's error has its code, for scripts to look at.
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

    /// True when the command may or may not have been carried out.
    package var isUnknown: Bool { code == "UNKNOWN" }

    /// The node that the failure is about, if it is one.
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

    /// What happened at a node, in a few words for a place where the node's name stands beside them.
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
    /// - Parameter isDropIn: redis-cli's own words, where it has any for the case.
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
                "\(command) was not sent: the session is read-only, and the command may change something",
                remedy: (alternative.map { "\($0) reads only. " } ?? "")
                    + "To allow writes: leave out --read-only, or :set read-only off in the shell.")
        case .readOnlyAcrossSlots(let command):
            Explanation(
                "\(command) was not sent: its keys lie in several slots and would be copied to one,"
                    + " and the session is read-only",
                remedy: "Keys with the same text in braces share a slot, where the command only reads.")
        case .cursorNeedsNode(let command):
            Explanation(
                "A cursor of \(command.uppercased()) means something only to the node that gave it",
                remedy: "Name that node, as in @127.0.0.1:7000 \(command.uppercased()) 42,"
                    + " or let \(command.uppercased())_ITER run the cursor.")
        case .sessionHasNoTarget(let command):
            Explanation(
                "\(command.uppercased()) changes the session, which is the same at every node, so it takes no target",
                remedy: "Leave the target out.")
        case .silencesReplies(let command):
            Explanation(
                "\(command) is refused because no replies to commands would follow it on its connection",
                remedy: "Send it from a program that wants that, over a connection of its own.")
        case .noSuchNode(let target):
            Explanation("No node fits \(target)", remedy: "CLUSTER NODES lists the nodes, their ids and roles.")
        case .ambiguousNode(let target, let matches):
            Explanation(
                "\(matches.count) node ids begin like \(target)", rows: matches.abbreviatedRows,
                remedy: "Type more of the id.")
        case .slotWithoutOwner(let slot):
            Explanation(
                "No master owns slot \(slot.number)",
                remedy: "CLUSTER SHARDS shows the slots that are served; ADDSLOTS or a failover brings this one back.")
        case .outsideTransaction(let command, let transaction, let key):
            Self.outsideTransaction(command, transaction, key)
        case .streamNeedsNode(let command):
            Explanation(
                "\(command) runs on one node", remedy: "Name that node, as in @127.0.0.1:7000 \(command).")
        case .unreachable(let node, let reason):
            Explanation(
                "No connection to \(node): \(reason)",
                remedy: "Check that it runs and can be reached from here. Another one: -h and -p, -u,"
                    + " or connect HOST PORT in the shell.")
        case .noSeed(let seeds):
            Self.noSeed(seeds)
        case .retriesExhausted(let node, let last):
            Explanation(
                "Gave up after several tries\(node.map { " at \($0)" } ?? ""): \(last)",
                remedy: "CLUSTER NODES shows the state of the nodes; --retry-for SECONDS, or :set retry-for"
                    + " in the shell, keeps trying for longer.")
        case .redirectLoop(let node):
            Explanation(
                "The nodes send the command in a circle: \(Redirect.maximumHops) redirects, the last from \(node)",
                remedy: "They do not agree on who owns the slot; @all CLUSTER MYID and CLUSTER NODES show their views.")
        case .userRefused(let node, let reason):
            Explanation(
                "AUTH failed at \(node): \(reason)",
                remedy: "Nothing was sent. Check --user and the password (-a, REDISCLI_AUTH or the URI),"
                    + " or type AUTH in the shell.")
        case .databaseRefused(let node, let database, let reason):
            Explanation(
                "\(node) refused database \(database): \(reason)",
                remedy: "Nothing was run in another database; -n or SELECT names one that exists.")
        case .transactionLost(let node, let reason):
            Explanation(
                "The transaction at \(node) was discarded: \(reason)",
                remedy: "Nothing of it was carried out; begin again with MULTI.")
        case .interrupted:
            Explanation("Interrupted; nothing was changed")
        case .unknownOutcome(let node, let reason):
            Explanation(
                "\(node) may or may not have carried out the command: \(reason)",
                remedy: "Look at the data before you send it again.")
        case .replyLost(let node, let reason):
            Explanation(
                "The reply of \(node) was lost: \(reason)", remedy: "The command changes nothing: send it again.")
        case .unexpectedReply(let node, let command):
            Explanation(
                "\(node) sent an unexpected reply to \(command)",
                remedy: "Nothing was changed. Check what answers there: @\(node) INFO SERVER.")
        case .protocolViolation(let node, let error):
            Explanation(
                "\(node) does not speak the Redis protocol: \(error.message)",
                remedy: "Check that the port is a Redis server's and does not expect TLS.")
        case .originalKept(let source, let copy, let obstacle):
            Explanation(
                "\(copy.quoted) has the value, but \(source.quoted) was kept and both keys stand: \(obstacle.text)",
                remedy: "Give the command again, or delete the key that is not wanted.")
        case .elementStaged(let stage, let obstacle):
            Explanation(
                "It is not certain that the element reached its destination: \(obstacle.text)",
                rows: [[Quoting.utf8.text(stage)]],
                remedy: "If not, that key holds it: --recover or :recover in the shell finishes the move.")
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
            explanation.remedies.append("To run it all the same: --unblock \(word), or :unblock in the shell.")
        }
        return explanation
    }

    /// One row a slot, with the first of its keys.
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
            "The \(places.count) keys lie in \(slots.count) slots, and this command works on the keys of one slot",
            rows: rows + (left > 0 ? [["...", "", "\(left) more slots"]] : []),
            remedy: "Keys with the same text in braces share a slot: {tag}a and {tag}b.")
    }

    private static func outsideTransaction(
        _ command: String, _ transaction: HashSlot?, _ key: KeyPlace?
    ) -> Explanation {
        let slot = transaction.map { "slot \($0.number)" } ?? "one node"
        let what =
            if let key {
                "\(command) is outside of the transaction: \(key.key.quoted) lies in slot \(key.slot.number)"
                    + (key.node.map { " (\($0))" } ?? "") + ", the transaction in \(slot)"
            } else {
                "\(command) is outside of the transaction: it goes to other nodes, the transaction is in \(slot)"
            }
        return Explanation(what, remedy: "The transaction stands: go on with it, or end it with EXEC or DISCARD.")
    }

    private static func noSeed(_ seeds: [Unreachable]) -> Explanation {
        if seeds.count == 1 {
            return CommandFailure.unreachable(seeds[0].node, reason: seeds[0].reason).explanation
        }
        return Explanation(
            "None of the \(seeds.count) servers answers",
            rows: seeds.map { [$0.node.description, $0.reason] },
            remedy: "Check that one of them runs and can be reached from here. Others: -u,"
                + " or connect HOST PORT in the shell.")
    }

    fileprivate static let maximumRows = 8
}

extension CommandFailure.Obstacle {
    var text: String {
        switch self {
        case .unconfirmed: "no replica has confirmed the copy"
        case .refused(let error): error
        case .contested: "others change the keys meanwhile"
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
    /// - Parameter isDropIn: redis-cli's own words, where it has any for the case.
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

    /// True when redis-cli tells this on stdout.
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
                "No argument is \(tag.quoted), the tag of -X",
                remedy: "The argument that stdin is to replace has to be the tag, and nothing else.")
        case .notLiftable(let name):
            Explanation(
                "\(name.quoted) is not a blocked command that can be lifted",
                remedy: "--unblock takes these: \(Self.liftable.joined(separator: ", ")).")
        case .invalidLine(let error, let place):
            Explanation(
                "\(place.map { "\($0): " } ?? "")Invalid argument(s): \(error.message)",
                remedy: "Write \\\" for a quote inside of double quotes, \\' inside of single quotes.")
        case .invalidTarget(let error):
            Explanation(
                error.message,
                remedy: "Targets are @all, @masters, @replicas, @random, @HOST:PORT, @ID, @slot:N and @key:K.")
        case .commandMissing(let target):
            Explanation("\(target.quoted) is a target, and no command is behind it")
        case .unknownWord(let word):
            Explanation("\(word.quoted) is no word of the shell", remedy: ":help lists them.")
        case .unknownPreference(let name, let known):
            Explanation("\(name.quoted) is no preference", remedy: ":set takes \(known.joined(separator: ", ")).")
        case .badValue(let name, let value, let wanted):
            Explanation("\(name.text) wants \(wanted), not \(value.quoted)")
        case .wordUsage(let usage):
            Explanation("It is written \(usage)")
        case .invalidRepeat(let count):
            Explanation("A command cannot run \(count) times", remedy: "The number in front of it begins at 1.")
        case .noHelp(let words):
            Explanation("There is no help on \(words.quoted)", remedy: "help alone tells what there is.")
        case .cannotWrite(let reason):
            Explanation("Cannot write to stdout: \(reason)")
        case .noEditor:
            Explanation("libedit cannot work with this terminal", remedy: "Set TERM to one that terminfo knows.")
        case .endsInTransaction(let file):
            Explanation(
                "\(file) ends inside a transaction, of which nothing was carried out", remedy: "Put EXEC behind it.")
        case .notACluster(let node):
            Explanation("\(node) is no cluster: it has no slots and no other nodes")
        case .notDebugging:
            Explanation("Use 'restart' only in Lua debugging mode")
        case .toolRefused(let error):
            Explanation("The server refused: \(error)")
        case .cannotOpen(let path, let reason):
            Explanation("Cannot open \(path.quoted): \(reason)")
        case .noCheckpoint(let path):
            Explanation(
                "\(path.quoted) is no checkpoint of a load", remedy: "--resume makes the file if there is none.")
        case .oldCheckpoint(let path):
            Explanation(
                "The checkpoint \(path.quoted) was written by an older slotline, which did not note the database",
                remedy: "Finish the load with that version, or delete the checkpoint to begin at the start.")
        case .checkpointNeedsUser(let path, let user):
            Explanation(
                "The load of the checkpoint \(path.quoted) had logged in as user \(user.quoted) before it stopped",
                remedy: "No password is kept: give --user \(Quoting.utf8.word(user)) and -a or --askpass to go on.")
        case .cannotKeep(let path, let reason):
            Explanation(
                "Cannot write \(path.quoted): \(reason)",
                remedy: "The load stops here, as it could not be told any more what is loaded and what has failed.")
        case .otherInput(let path):
            Explanation(
                "\(path.quoted) is not a checkpoint of this input",
                remedy: "Delete it, or name another file, to begin at the start.")
        case .serverNotInstalled:
            Explanation(
                "Neither redis-server nor valkey-server is on PATH",
                remedy: "--playground starts its cluster from one of them: install it, or add its folder to PATH.")
        case .playgroundFailed(let reason):
            Explanation("The playground did not start: \(reason)")
        }
    }

    private static var liftable: [String] {
        CommandTable.rows.filter { $0.block?.isLiftable == true }.map { "\($0.name)".lowercased() }
    }

    /// Below the server's word that it does not know a command.
    package static func suggestion(_ name: String) -> String { "Did you mean \(name)?" }

    /// What `-e` says when a line of a file stops it.
    package static func stopped(at place: SourceLine, command: String, because message: String) -> String {
        placed(at: "\(place): \(command)", message)
    }

    /// A message behind the place that it is about, below it if that leaves no room in the message's first line.
    package static func placed(at place: String, _ message: String) -> String {
        let lines = message.split(separator: "\n", maxSplits: 1)
        let isTooLong = lines.count > 1 && place.count + 2 + lines[0].count > 80
        return "\(place):\(isTooLong ? "\n" : " ")\(message)"
    }
}

extension TokenizerError {
    package var message: String {
        switch self {
        case .openQuote: "a quote is not closed"
        case .textBehindQuote: "a closing quote has text behind it"
        }
    }
}

extension TargetError {
    package var message: String {
        switch self {
        case .unknown(let word): "\(word.quoted) names no node"
        case .notASlot(let word): "\(word.quoted) names no slot: slots are 0 to \(HashSlot.count - 1)"
        }
    }
}

extension ProtocolError {
    package var message: String {
        switch self {
        case .unknownType(let byte): "got \(Quoting.ascii.text(ByteString([byte]))) as reply type byte"
        case .malformed(let line): "cannot read \(line.quoted)"
        case .missingTerminator: "a bulk string is longer than announced"
        case .tooDeep: "more than \(RESPParser.maximumDepth) nested aggregates"
        case .tooLong(let announced): "a reply of \(announced) is announced"
        }
    }
}

// MARK: Notes

extension Note {
    /// The lines for stderr, without the last newline.
    ///
    /// - Parameters:
    ///   - isDropIn: redis-cli's own words, where it has any for the case.
    ///   - isBesideNodes: the reply shows what each node said, so the note does not.
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
            return Self.list("not done for \(failed.count) of the keys", failed.map(Self.line))
        case .leftBehind(let keys):
            return Self.list(
                "\(keys.count) of the keys may be set and could not be deleted again", keys.map(Self.line))
        case .notAtomic(let slots):
            let place = slots > 1 ? "the keys lie in \(slots) slots" : "the patterns lead to keys of any slot"
            return "not atomic: \(place) (said once a session; --strict refuses such commands)"
        case .localCount(let node): return "the count is of the subscribers at \(node) alone"
        case .authenticationFailed(let node, let error):
            return isDropIn ? "AUTH failed: \(error)" : "AUTH failed at \(node): \(error)"
        case .helloFailed(let node, let error):
            return isDropIn ? "HELLO 3 failed: \(error)" : "HELLO 3 failed at \(node): \(error); going on in RESP2"
        case .topologyRefused(let node, let error):
            return "only \(node) is used: this user may run neither CLUSTER SHARDS nor CLUSTER SLOTS there (\(error))"
        case .waiting(let node, let reason, let seconds):
            return "\(node.map { "\($0): " } ?? "")\(reason); trying again for \(seconds) s (Ctrl-C gives up)"
        case .silent(let nodes):
            return "waiting for \(nodes.map(\.description).joined(separator: ", ")) (Ctrl-C gives up)"
        case .working(let command, let step, let count, let seconds):
            return "\(command.text): round trip \(step) of \(count), \(seconds) s so far (Ctrl-C gives up)"
        case .redirected(let slot, let node): return "-> Redirected to slot [\(slot.number)] located at \(node)"
        }
    }

    private static func line(_ failed: FailedKey) -> String {
        "\(failed.key.quoted): \(failed.error ?? failed.failure?.cause ?? "")"
    }

    /// A summary, and a line each for the first of what it sums and for how many more there are.
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
    /// One a row, and how many more there are.
    fileprivate var abbreviatedRows: [[String]] {
        let limit = CommandFailure.maximumRows
        return prefix(limit).map { [$0] } + (count > limit ? [["... and \(count - limit) more"]] : [])
    }
}

extension String {
    /// With a full stop at its end, unless something of that kind is there.
    fileprivate var sentence: String { last.map { ".!?".contains($0) } == true ? self : self + "." }

    fileprivate var trimmingTrailingSpaces: String {
        String(self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)])
    }
}
