package import Commands
import RESP
package import Routing

// The text of failed commands. CLIErrorText has that of the shell's own errors, NoteText that of notes; option errors
// have theirs next to their cases in OptionError.
//
// A message says what happened, to which node or key, and what to do next, one sentence a line.

extension CommandFailure {
    /// The word that replaces a server's error code, for scripts to match, and the program's exit status.
    var verdict: (code: String, status: ExitStatus) {
        switch self {
        case .blocked: ("BLOCKED", .error)
        case .crossSlot: ("CROSSSLOT", .error)
        case .readOnly, .readOnlyAcrossSlots: ("READONLY", .error)
        case .unreachable, .notConnectable, .noSeed, .retriesExhausted, .replyLost, .noPassword,
            .protocolViolation(_, _, isFirstReply: true):
            ("NOCONN", .noConnection)
        case .unknownOutcome, .protocolViolation, .elementStaged: ("UNKNOWN", .partial)
        case .originalKept: ("ERR", .partial)
        case .interrupted: ("ERR", .interrupted)
        case .cursorNeedsNode, .clientNeedsNode, .sessionHasNoTarget, .notTracked, .silencesReplies, .noSuchNode,
            .ambiguousNode, .slotWithoutOwner, .outsideTransaction, .watchInTransaction, .watchRefused,
            .notInTransaction,
            .streamNeedsNode, .shardChannelElsewhere, .redirectLoop, .userRefused, .databaseRefused, .transactionLost,
            .contested, .ambiguousNumber, .unexpectedReply, .sharedAddress, .beyondEndpoint, .noReplica:
            ("ERR", .error)
        }
    }

    package var code: String { verdict.code }

    /// Code and message on one line.
    package var errorText: String { "\(code) \(explanation.line)" }

    /// True when the command may or may not have run.
    package var isUnknown: Bool { code == "UNKNOWN" }

    /// The node the failure is about, if there is exactly one.
    package var node: NodeAddress? {
        switch self {
        case .unreachable(let node, _, _), .notConnectable(let node, _), .unknownOutcome(let node, _, _),
            .replyLost(let node, _, _), .protocolViolation(let node, _, _), .redirectLoop(let node),
            .databaseRefused(let node, _, _), .userRefused(let node, _), .transactionLost(let node, _, _),
            .unexpectedReply(let node, _), .shardChannelElsewhere(let node, _):
            node
        case .retriesExhausted(let node, _, _): node
        case .beyondEndpoint(let node, _): node
        default: nil
        }
    }

    /// What happened, in a few words, for use where the node's name is already shown.
    package var cause: String {
        switch self {
        case .unreachable(_, let reason, _), .notConnectable(_, let reason), .replyLost(_, let reason, _): reason
        case .unknownOutcome(_, let reason, _): "may or may not have run: \(reason)"
        case .retriesExhausted(_, let last, _): "gave up retrying: \(last)"
        case .protocolViolation(_, let error, let isFirstReply):
            (isFirstReply ? "" : "may or may not have run: ")
                + "the server does not speak the Redis protocol: \(error.message)"
        case .userRefused(_, let reason): "AUTH failed: \(reason)"
        case .transactionLost(_, let reason, _): "transaction discarded: \(reason)"
        case .unexpectedReply(_, let command): "unexpected reply to \(command)"
        case .databaseRefused(_, let database, let reason): "SELECT \(database) failed: \(reason)"
        default: explanation.what
        }
    }

    /// What to do next, one sentence each.
    package var remedies: [String] { explanation.remedies }

    /// The message for stderr, without a trailing newline.
    package func message(in dialect: Dialect) -> String {
        dialect.hasRedisCLIWords ? redisCLIWords ?? explanation.message : explanation.message
    }

    /// The message after a failed attempt to use another server, when the session stays on its current one.
    ///
    /// - Parameter server: the server that the session stays on.
    package func message(stayingAt server: NodeAddress) -> String {
        var explanation = explanation
        explanation.remedies.removeAll { $0 == Self.anotherServer || $0 == Self.otherServers }
        if case .userRefused = self { explanation.remedies = [] }
        if case .databaseRefused(let node, _, _) = self {
            explanation.remedies = ["To begin in another database: connect redis://\(node)/0"]
        }
        explanation.remedies.append("The shell stays connected to \(server).")
        return explanation.message
    }

    /// Replaces a message that equals the one of the line before.
    package static var repeated: String { "the same as above." }

    private var redisCLIWords: String? {
        switch self {
        case .unreachable(let node, let reason, _), .notConnectable(let node, let reason):
            Self.redisCLIWords(node, reason)
        case .noSeed(let seeds):
            seeds.map { Self.redisCLIWords($0.node, $0.reason) }.joined(separator: "\n")
        case .replyLost(_, let reason, _), .unknownOutcome(_, let reason, _): "Error: \(reason)"
        case .protocolViolation(_, let error, _): "Error: Protocol error, \(error.message)"
        case .databaseRefused(_, let database, let reason): "SELECT \(database) failed: \(reason)"
        case .blocked(let command, let reason, let instead, let isLiftable):
            Self.blocked(command, reason, instead, isLiftable, isInShell: false).message
        default: nil
        }
    }

    private static func redisCLIWords(_ node: NodeAddress, _ reason: String) -> String {
        "Could not connect to Redis at \(node.isSocket ? node.host : "\(node.host):\(node.port)"): \(reason)"
    }

    var explanation: Explanation {
        switch self {
        case .blocked(let command, let reason, let instead, let isLiftable):
            Self.blocked(command, reason, instead, isLiftable)
        case .crossSlot(let places, let reason):
            Self.crossSlot(places, reason)
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
                "A \(command) cursor is valid only on the node that returned it",
                remedy: "Name that node: @HOST:PORT \(command) CURSOR"
                    + (CommandTable.row(for: [ByteString("\(command)_ITER")]) == nil
                        ? "." : ", or use \(command)_ITER to iterate over everything."))
        case .clientNeedsNode(let command, let isOfSession):
            Explanation(
                "\(command) was not sent: each node numbers its clients itself, so an ID means another client elsewhere",
                remedy: isOfSession
                    ? "With RESP3 (-3) leave REDIRECT out: the messages come to the session itself."
                    : "Name the client's node: @HOST:PORT \(command). CLIENT LIST shows the IDs of each node."
            )
        case .sessionHasNoTarget(let command):
            Explanation(
                "\(command) takes no target: it acts on the session, which is the same on every node",
                remedy: "Leave out the target.")
        case .notTracked(let fault): Self.notTracked(fault)
        case .silencesReplies(let command):
            Explanation(
                "\(command) was not sent: commands after it would get no replies on that connection",
                remedy: "Send it from a program of your own, over a separate connection.")
        case .noSuchNode(let target, let server?):
            Explanation(
                "No node matches \(target): only \(server) is known",
                remedy: "If it has replicas, ROLE lists them: name one with @HOST:PORT.")
        case .noSuchNode(let target, nil):
            Explanation("No node matches \(target)", remedy: ":nodes lists the nodes, and CLUSTER NODES their IDs.")
        case .ambiguousNode(let target, let matches):
            Explanation(
                "\(matches.count) nodes match \(target)", rows: matches.abbreviatedRows,
                remedy: "Type more digits of the ID, or HOST:PORT.")
        case .slotWithoutOwner(let slot):
            Explanation(
                "No master owns slot \(slot.number)",
                remedy:
                    "CLUSTER SHARDS shows the slots that are served. CLUSTER ADDSLOTS assigns a slot; a failover replaces a lost master."
            )
        case .noReplica(let slot):
            Explanation(
                "Slot \(slot.number) has no healthy replica to read from",
                remedy: "To read from its master as well: --read-from prefer-replica, or :set read-from prefer-replica"
                    + " in the shell.")
        case .outsideTransaction(let command, let transaction, let key):
            Self.outsideTransaction(command, transaction, key)
        case .watchInTransaction:
            Explanation("WATCH was not queued: it has to come before MULTI")
        case .watchRefused(let line):
            Explanation(
                "The transaction was not started: WATCH was refused at \(line)",
                remedy: "None of its commands are executed, since nothing would guard what they change.")
        case .notInTransaction(let word):
            Explanation(
                "\(word) cannot run in a transaction, where the server only queues commands",
                remedy: "End the transaction first, with EXEC or DISCARD.")
        case .streamNeedsNode(let command):
            Explanation(
                "\(command) runs on a single node", remedy: "Name it: @HOST:PORT \(command).")
        case .shardChannelElsewhere(let node, let owner):
            Explanation(
                "\(node) does not serve this shard channel" + (owner.map { "; \($0) does" } ?? " any more"),
                remedy: "Use SSUBSCRIBE without a target: it goes to the owner, and follows the slot.")
        case .unreachable(let node, let reason, let fault):
            Explanation("Could not connect to \(node): \(reason)", remedies: Self.remedies(for: node, fault))
        case .notConnectable(let node, let reason):
            Explanation("Could not connect to \(node): \(reason)")
        case .noSeed(let seeds):
            Self.noSeed(seeds)
        case .retriesExhausted(let node, let last, _):
            Explanation(
                "Gave up retrying\(node.map { " at \($0)" } ?? ""): \(last)",
                remedies: [
                    ":nodes shows the nodes and their state. To retry for longer: --retry-for SECONDS, or :set"
                        + " retry-for in the shell."
                ] + (unreachedNode?.remedies ?? []))
        case .sharedAddress(let address, let announced):
            Explanation(
                "--map leads to \(address) for several nodes",
                rows: announced.map(\.description).abbreviatedRows,
                remedy: "Give each its own address, with one --map ANNOUNCED=REACHABLE per node.")
        case .beyondEndpoint(let node, let seed):
            Explanation(
                "\(seed) redirected to \(node), but --one-endpoint allows connections to \(seed) only",
                remedy: "If it is not a proxy for the whole cluster, make the other nodes reachable with --map"
                    + " or --map-to-seed.")
        case .contested(let last):
            Explanation(
                "Gave up after many attempts: \(last)",
                remedy: "The command changed nothing. Run it again.")
        case .ambiguousNumber(let weight):
            Explanation(
                "Only some server versions read the weight \(weight.quoted) as a number, and this one may or may not",
                remedy: "Nothing was changed. Write the number in plain decimals, or sort with ALPHA.")
        case .redirectLoop(let node):
            Explanation(
                "Redirect loop: gave up after \(Redirect.maximumHops) redirects, the last one from \(node)",
                remedy: "The nodes disagree about who owns the slot; @all CLUSTER NODES shows each node's view.")
        case .userRefused(let node, let reason):
            Explanation(
                "AUTH failed at \(node): \(reason)",
                remedy: "Nothing was sent. "
                    + (needsNoPassword
                        ? "The server has no password: leave it out."
                        : "Check --user and the password (\(Self.waysToAuthenticate))."))
        case .noPassword(let fault):
            Explanation(fault.text, remedy: "Nothing was sent. " + fault.remedy)
        case .databaseRefused(let node, let database, let reason):
            Explanation(
                "\(node) refused database \(database): \(reason)",
                remedy: "No command was run in a different database. "
                    + Self.otherDatabase(isForUser: dependsOnUser, reason))
        case .transactionLost(let node, let reason, let watched):
            Explanation(
                "The transaction at \(node) was discarded: \(reason)",
                remedies: [
                    watched
                        ? "None of its commands were executed, and no key is watched any more. Start again with WATCH."
                        : "None of its commands were executed. Start again with MULTI."
                ] + [RESPValue.error(reason).errorAdvice()].compactMap(\.self))
        case .interrupted:
            Explanation("Interrupted; nothing was changed")
        case .unknownOutcome(let node, let reason, let fault):
            Explanation(
                "\(node) may or may not have run the command: \(reason)",
                remedies: fault.hint(for: node) + ["Check the data before you send it again."])
        case .replyLost(let node, let reason, let fault):
            Explanation(
                "The reply from \(node) was lost: \(reason)",
                remedies: fault.hint(for: node) + ["The command only reads, so it is safe to send it again."])
        case .unexpectedReply(let node, let command):
            Explanation(
                "\(node) sent an unexpected reply to \(command)",
                remedy: "Nothing was changed. Check what is running there: @\(node) INFO SERVER.")
        case .protocolViolation(let node, let error, let isFirstReply):
            Explanation(
                "\(node) does not speak the Redis protocol: \(error.message)",
                remedies: (isFirstReply ? [] : ["The command may or may not have run."])
                    + ["Check that the port belongs to a Redis server, and add --tls if it expects TLS."])
        case .originalKept(let source, let copy, let obstacle):
            Explanation(
                "\(copy.quoted) has the value, but \(source.quoted) was kept, so both keys exist: \(obstacle.text)",
                remedy: "Run the command again, or delete the key you do not want.")
        case .elementStaged(let stage, let obstacle):
            Explanation(
                "What was moved may not have reached its destination: \(obstacle.text)",
                rows: [Quoting.utf8.text(stage)],
                remedy: "If it did not, that key holds it. To finish the move: --recover, or :recover in the shell.")
        }
    }

    /// True if the server refused a password because it has none. Before Redis 6 its words were others.
    package var needsNoPassword: Bool {
        guard case .userRefused(_, let reason) = self else { return false }
        return reason.contains("without any password configured") || reason.contains("no password is set")
    }

    private static func otherDatabase(isForUser: Bool, _ reason: String) -> String {
        switch isForUser {
        // Without SELECT there is only the database that a connection starts in.
        case true where reason.contains("'select'"):
            "This user may not run SELECT: leave out -n, or log in as a different user."
        case true: "This user may not use it: choose another with -n or SELECT, or log in as a different user."
        case false where reason.contains("cluster mode"):
            "Choose one that exists with -n or SELECT: this cluster has only 0."
        case false: "Choose one that exists with -n or SELECT."
        }
    }

    static let waysToAuthenticate =
        "--askpass, --pass-file, --pass-command, REDISCLI_AUTH, -a or the URI; AUTH in the shell"

    private static let anotherServer = "To use another server: -h and -p, -u, or connect in the shell."
    private static let otherServers = "To use others: -u, or connect in the shell."

    /// - Parameter isInShell: false where the shell has no `:unblock`.
    private static func blocked(
        _ command: String, _ reason: String, _ instead: String, _ isLiftable: Bool, isInShell: Bool = true
    ) -> Explanation {
        var explanation = Explanation(
            "\(command) is blocked on a cluster because \(reason)", remedy: "Instead, \(instead.sentence)")
        if isLiftable {
            let word = CommandTable.unblocking(command)
            var ways = ["--unblock \(word)"]
            if isInShell { ways.append(":unblock \(word) in the shell") }
            let words = [ByteString(command)]
            if CommandTable.row(for: words)?.effect.isOfSession(words) != true {
                ways.append("a target that says which node: @HOST:PORT, @key:KEY and the like")
            }
            explanation.remedies.append("To run it anyway: \(ways.alternatives.sentence)")
        }
        return explanation
    }

    /// One row per slot, with the first of its keys.
    private static func crossSlot(_ places: [KeyPlace], _ reason: String?) -> Explanation {
        var slots: [HashSlot] = []
        var keys: [HashSlot: [KeyPlace]] = [:]
        for place in places {
            if keys[place.slot] == nil { slots.append(place.slot) }
            keys[place.slot, default: []].append(place)
        }
        let rows = slots.prefix(maximumRows).map { slot in
            let places = keys[slot] ?? []
            let more = places.count > 1 ? " and \(places.count - 1) more" : ""
            return "\(places.first?.key.quoted ?? "")\(more) in slot \(slot.number)"
                + (places.first?.node.map { " at \($0)" } ?? ", owner unknown")
        }
        let left = slots.count - rows.count
        return Explanation(
            "The \(places.count) keys are in \(slots.count) slots, but this command needs all its keys in one slot"
                + (reason.map { ": \($0)" } ?? ""),
            rows: rows + (left > 0 ? ["... and keys in \(left) more slots"] : []),
            remedy: "Keys with the same hash tag share a slot: {tag}a and {tag}b.")
    }

    private static func notTracked(_ fault: SessionState.TrackingFault) -> Explanation {
        switch fault {
        case .needsRESP3:
            Explanation(
                "CLIENT TRACKING was not sent: in RESP2 the server replies OK, but never reports a key to this client",
                remedy: "Switch to RESP3 first, with HELLO 3 or the option -3.")
        case .cachingNeedsNode:
            Explanation(
                "CLIENT CACHING was not sent: it applies to the next command on its connection, and each node has its own",
                remedy: "Name the node for both: @HOST:PORT CLIENT CACHING YES, then @HOST:PORT GET KEY.")
        case .wouldFallSilent:
            Explanation(
                "HELLO 2 was not sent: in RESP2 the server would no longer report changed keys to this client",
                remedy: "Switch CLIENT TRACKING off first.")
        }
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
        return Explanation(what)
    }

    private static func noSeed(_ seeds: [Unreachable]) -> Explanation {
        if seeds.count == 1 {
            let (node, reason) = (seeds[0].node, seeds[0].reason)
            return Explanation(
                "Could not connect to \(node): \(reason)",
                remedies: node.remedies + [node.check(seeds[0].fault), anotherServer])
        }
        return Explanation(
            seeds.count == 2 ? "Neither server answered" : "None of the \(seeds.count) servers answered",
            rows: seeds.map { "\($0.node): \($0.reason)" },
            remedies: [
                "Check that one of them is running and reachable from here.",
                otherServers,
            ])
    }

    static let maximumRows = 8
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
