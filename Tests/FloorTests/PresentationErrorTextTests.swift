import Commands
import Presentation
import RESP
import Routing
import Testing

/// Swift Testing has a type of this name too.
typealias ExitStatus = Presentation.ExitStatus

private let here = NodeAddress(host: "127.0.0.1", port: 7001)
private let there = NodeAddress(host: "127.0.0.1", port: 7002)

private func slot(_ key: ByteString, at node: NodeAddress?) -> CommandFailure.KeyPlace {
    CommandFailure.KeyPlace(key: key, slot: HashSlot(key: key), node: node)
}

/// A failure, its code and status, and the words that its message must contain.
struct FailureRow: Sendable, CustomTestStringConvertible {
    let failure: CommandFailure
    let code: String
    let status: ExitStatus
    let names: [String]

    init(_ failure: CommandFailure, _ code: String, _ status: ExitStatus, names: [String]) {
        self.failure = failure
        self.code = code
        self.status = status
        self.names = names
    }

    var testDescription: String { failure.errorText }
}

private let longReason = "it would stop the nodes that hold the slots, and nobody else holds them, as is well known"

private let failures: [FailureRow] = [
    FailureRow(
        .blocked(command: "SHUTDOWN", reason: longReason, instead: "name the node", isLiftable: false), "BLOCKED",
        .error,
        names: ["SHUTDOWN", "blocked", "stop the nodes", "Instead, name the node."]),
    FailureRow(
        .blocked(command: "SCRIPT KILL", reason: "a", instead: "b", isLiftable: true), "BLOCKED", .error,
        names: ["blocked", "--unblock script_kill", ":unblock script_kill in the shell", "@key:KEY"]),
    FailureRow(
        .userRefused(here, reason: "WRONGPASS invalid username-password pair or user is disabled."), "ERR", .error,
        names: ["AUTH failed at 127.0.0.1:7001", "Check --user and the password"]),
    FailureRow(
        .userRefused(
            here, reason: "ERR AUTH <password> called without any password configured for the default user."), "ERR",
        .error, names: ["AUTH failed at 127.0.0.1:7001", "The server has no password: leave it out."]),
    FailureRow(
        .readOnly(command: "SORT", alternative: "SORT_RO"), "READONLY", .error,
        names: ["SORT", "read-only", "SORT_RO, which only reads", ":set read-only"]),
    FailureRow(
        .readOnlyAcrossSlots(command: "ZUNION"), "READONLY", .error, names: ["ZUNION", "several slots", "copied"]),
    FailureRow(
        .crossSlot([slot("foo", at: there), slot("k\n", at: here), slot("{foo}2", at: there), slot("x", at: nil)]),
        "CROSSSLOT", .error,
        names: [
            "4 keys", "3 slots", "  \"foo\" and 1 more in slot 12182 at 127.0.0.1:7002\n", "\"k\\n\"", "owner unknown",
            "{tag}",
        ]),
    FailureRow(
        .crossSlot((0..<100).map { slot(ByteString(String(repeating: "\($0)", count: 50)), at: here) }), "CROSSSLOT",
        .error, names: ["100 keys", "more slots", "...\""]),
    FailureRow(
        .cursorNeedsNode(command: "SCAN"), "ERR", .error, names: ["SCAN_ITER", "@HOST:PORT SCAN CURSOR"]),
    FailureRow(
        .clientNeedsNode(command: "CLIENT TRACKING", isOfSession: true), "ERR", .error,
        names: ["CLIENT TRACKING was not sent", "leave REDIRECT out"]),
    FailureRow(
        .clientNeedsNode(command: "CLIENT KILL"), "ERR", .error,
        names: ["CLIENT KILL was not sent", "@HOST:PORT CLIENT KILL", "CLIENT LIST"]),
    FailureRow(
        .crossSlot([slot("a", at: here), slot("b", at: there)], reason: "several elements"), "CROSSSLOT", .error,
        names: ["2 keys", "elements."]),
    FailureRow(.notTracked(.needsRESP3), "ERR", .error, names: ["CLIENT TRACKING", "HELLO 3"]),
    FailureRow(.notTracked(.cachingNeedsNode), "ERR", .error, names: ["@HOST:PORT CLIENT CACHING"]),
    FailureRow(.notTracked(.wouldFallSilent), "ERR", .error, names: ["HELLO 2", "off first"]),
    FailureRow(.silencesReplies(command: "SYNC"), "ERR", .error, names: ["SYNC"]),
    FailureRow(.noSuchNode(target: "@10.0.0.9:1"), "ERR", .error, names: ["@10.0.0.9:1", ":nodes", "CLUSTER NODES"]),
    FailureRow(
        .noSuchNode(target: "@replicas", butServer: here), "ERR", .error,
        names: ["@replicas", "127.0.0.1:7001", "ROLE"]),
    FailureRow(
        .ambiguousNode(target: "@ab", matches: (0..<12).map { "ab\($0)" }), "ERR", .error,
        names: ["@ab", "12", "ab7", "and 4 more"]),
    FailureRow(.slotWithoutOwner(HashSlot(key: "foo")), "ERR", .error, names: ["12182"]),
    FailureRow(
        .outsideTransaction(command: "GET", transaction: HashSlot(866), key: slot("foo", at: there)), "ERR", .error,
        names: ["GET", "\"foo\"", "12182", "127.0.0.1:7002", "866"]),
    FailureRow(
        .outsideTransaction(command: "DBSIZE", transaction: nil, key: nil), "ERR", .error,
        names: ["DBSIZE", "one node"]),
    FailureRow(
        .notInTransaction(word: ":peek"), "ERR", .error,
        names: [":peek cannot run in a transaction", "EXEC or DISCARD"]),
    FailureRow(.streamNeedsNode(command: "MONITOR"), "ERR", .error, names: ["MONITOR", "@HOST:PORT"]),
    FailureRow(
        .unreachable(here, reason: "Connection refused"), "NOCONN", .noConnection,
        names: ["127.0.0.1:7001: Connection refused.", "whether it expects TLS", ":nodes"]),
    FailureRow(
        .unreachable(NodeAddress(host: "nowhere", port: 1), reason: "Name or service not known", .unknownHost),
        "NOCONN", .noConnection, names: ["nowhere:1: Name or service not known.", "the spelling of the name", "DNS"]),
    FailureRow(
        .noSeed([.init(node: NodeAddress(host: "nowhere", port: 1), reason: "unknown", .unknownHost)]), "NOCONN",
        .noConnection, names: ["nowhere:1: unknown.", "DNS", "-h and -p"]),
    FailureRow(
        .noSeed([.init(node: NodeAddress(socketPath: "/no.sock"), reason: "No such file or directory")]), "NOCONN",
        .noConnection, names: ["/no.sock: No such file or directory.", "\"unixsocket\"", "-h and -p"]),
    FailureRow(
        .notConnectable(here, reason: "The certificate is self-signed"), "NOCONN", .noConnection,
        names: ["Could not connect to 127.0.0.1:7001: The certificate is self-signed."]),
    FailureRow(
        .noSeed([.init(node: here, reason: "Connection refused")]), "NOCONN", .noConnection,
        names: ["Could not connect to 127.0.0.1:7001: Connection refused.", "-h and -p"]),
    FailureRow(
        .noSeed([.init(node: here, reason: "refused"), .init(node: there, reason: "timed out")]), "NOCONN",
        .noConnection, names: ["Neither server answered.", "127.0.0.1:7001: refused", "127.0.0.1:7002: timed out"]),
    FailureRow(
        .retriesExhausted(here, last: "CLUSTERDOWN Hash slot not served"), "NOCONN", .noConnection,
        names: ["127.0.0.1:7001", "CLUSTERDOWN", "--retry-for"]),
    FailureRow(
        .sharedAddress(
            here, announced: [NodeAddress(host: "10.0.0.1", port: 1), NodeAddress(host: "10.0.0.2", port: 2)]),
        "ERR", .error, names: ["127.0.0.1:7001", "10.0.0.1:1", "10.0.0.2:2", "--map"]),
    FailureRow(
        .beyondEndpoint(there, seed: here), "ERR", .error,
        names: ["127.0.0.1:7001 redirected to 127.0.0.1:7002", "--one-endpoint", "--map-to-seed"]),
    FailureRow(.redirectLoop(here), "ERR", .error, names: ["16", "127.0.0.1:7001"]),
    FailureRow(
        .noPassword(.unreadable("/token", reason: "Permission denied")), "NOCONN", .noConnection,
        names: ["\"/token\": Permission denied", "first line"]),
    FailureRow(.noPassword(.empty(isFile: true)), "NOCONN", .noConnection, names: ["--pass-file", "empty"]),
    FailureRow(.noPassword(.empty(isFile: false)), "NOCONN", .noConnection, names: ["--pass-command", "empty"]),
    FailureRow(.noPassword(.commandFailed(status: 7)), "NOCONN", .noConnection, names: ["--pass-command", "status 7"]),
    FailureRow(
        .noPassword(.commandTimedOut(seconds: 30)), "NOCONN", .noConnection, names: ["--pass-command", "30 s"]),
    FailureRow(
        .databaseRefused(here, database: 3, reason: "ERR SELECT is not allowed in cluster mode"), "ERR", .error,
        names: ["127.0.0.1:7001", "3", "not allowed", "this cluster has only 0."]),
    FailureRow(
        .databaseRefused(here, database: 3, reason: "ERR DB index is out of range"), "ERR", .error,
        names: ["Choose one that exists with -n or SELECT."]),
    FailureRow(
        .databaseRefused(here, database: 3, reason: "NOPERM No permissions to access database"), "ERR", .error,
        names: ["This user may not use it: choose another"]),
    FailureRow(
        .databaseRefused(
            here, database: 3, reason: "NOPERM this user has no permissions to run the 'select' command"),
        "ERR", .error, names: ["This user may not run SELECT: leave out -n"]),
    FailureRow(.watchInTransaction, "ERR", .error, names: ["WATCH was not queued", "before MULTI"]),
    FailureRow(.watchRefused(line: "a.txt:3"), "ERR", .error, names: ["not started", "WATCH", "a.txt:3"]),
    FailureRow(
        .transactionLost(here, reason: "TRYAGAIN Multiple keys request during rehashing of slot"), "ERR", .error,
        names: ["Start again with MULTI.", "The slot is moving", ":slots"]),
    FailureRow(
        .transactionLost(here, reason: "MOVED 1 127.0.0.1:7002"), "ERR", .error,
        names: ["127.0.0.1:7001", "MOVED", "None of its commands"]),
    FailureRow(.interrupted, "ERR", .interrupted, names: ["Interrupted"]),
    FailureRow(
        .unknownOutcome(here, reason: "Server closed the connection"), "UNKNOWN", .partial,
        names: ["127.0.0.1:7001", "may or may not", "closed"]),
    FailureRow(
        .replyLost(here, reason: "Connection reset by peer"), "NOCONN", .noConnection,
        names: ["127.0.0.1:7001", "reset", "again"]),
    FailureRow(
        .unknownOutcome(here, reason: "Connection reset by peer", .unanswered), "UNKNOWN", .partial,
        names: ["may or may not", "If 127.0.0.1:7001 expects TLS, it has run nothing: add --tls.", "Check the data"]),
    FailureRow(
        .replyLost(here, reason: "Connection reset by peer", .unanswered), "NOCONN", .noConnection,
        names: ["was lost", "add --tls", "again"]),
    FailureRow(
        .unexpectedReply(here, command: "EXISTS"), "ERR", .error,
        names: ["127.0.0.1:7001", "unexpected reply to EXISTS", "Nothing was changed"]),
    FailureRow(
        .protocolViolation(here, .unknownType(UInt8(ascii: "H"))), "UNKNOWN", .partial,
        names: ["127.0.0.1:7001", "\"H\"", "TLS"]),
    FailureRow(
        .protocolViolation(here, .unknownType(UInt8(ascii: "H")), isFirstReply: true), "NOCONN", .noConnection,
        names: ["127.0.0.1:7001", "\"H\"", "TLS"]),
    FailureRow(
        .originalKept(source: "a", copy: "b", .unconfirmed), "ERR", .partial,
        names: ["\"a\"", "\"b\"", "both keys exist", "no replica"]),
    FailureRow(
        .originalKept(source: "a", copy: "b", .refused("NOPERM x")), "ERR", .partial, names: ["NOPERM x", "again"]),
    FailureRow(
        .elementStaged(stage: "s\n", .contested), "UNKNOWN", .partial,
        names: ["\"s\\n\"", "other clients", "--recover"]),
    FailureRow(
        .elementStaged(stage: "s", .failure(.unknownOutcome(here, reason: "interrupted"))), "UNKNOWN", .partial,
        names: ["may not have reached", "127.0.0.1:7001", "interrupted"]),
]

private let shellErrors: [(error: CLIError, status: ExitStatus, names: [String])] = [
    (.option(.missingValue("-n")), .usage, ["-n"]),
    (.tagNotFound("TAG"), .usage, ["\"TAG\"", "-X"]),
    (
        .invalidLine(.openQuote, SourceLine(file: "load.txt", number: 3)), .error,
        ["load.txt:3: ", "Invalid argument(s)", "quote"]
    ),
    (.invalidLine(.textBehindQuote, nil), .error, ["closing quote", "single quotes, as in '{\"a\":1}'"]),
    (.invalidTarget(.unknown("@nobody")), .error, ["\"@nobody\"", "@masters"]),
    (.invalidTarget(.notASlot("@slot:99999")), .error, ["\"@slot:99999\"", "16383"]),
    (.commandMissing(target: "@all"), .usage, ["\"@all\""]),
    (.secondTarget("@all"), .error, ["one target", "\"@all\""]),
    (.targetOfWord(target: "@all", .nodes), .error, [":nodes takes no target", "without \"@all\""]),
    (.targetOfWord(target: "@7001", .watch), .error, [":watch takes no target", ":watch @7001 COMMAND"]),
    (
        .unknownCommand("gett", at: NodeAddress(host: "127.0.0.1", port: 7001), near: ["GET"]), .error,
        ["\"gett\"", "127.0.0.1:7001", "Did you mean GET?"]
    ),
    (.wrongArgumentCount(of: "GET", usage: "GET key"), .error, ["arguments for GET", "Usage: GET key"]),
    (.answeredLocally(":nodes"), .error, ["\":nodes\"", "help :nodes"]),
    (.noHelp("confg", near: ["help CONFIG"]), .error, ["\"confg\"", "Did you mean help CONFIG?"]),
    (.noHelp("nothing", near: []), .error, ["\"nothing\"", ":help"]),
    (.unknownPreference("timng", known: ["format", "timing"]), .error, ["\"timng\"", "Did you mean timing?"]),
    (.invalidTarget(.unknown("@al")), .error, ["\"@al\"", "Did you mean @all?", "Valid targets: @all"]),
    (.onlyAtPrompt(.edit), .error, [":edit works only at the prompt", "without a command"]),
    (.unknownFormat(";jsn", near: [";json"]), .error, ["\";jsn\"", "Did you mean ;json?", "in quotes"]),
    (
        .badPreference(.badChoice(option: "theme", value: "lihgt", choices: ["dark", "light"])), .error,
        ["expects dark or light, not \"lihgt\"", "Did you mean light?"]
    ),
    (.noAlias("pk", near: ["p"]), .error, ["\"pk\"", "Did you mean p?", ":alias"]),
    (.idleAlias("n"), .error, ["n", "stand for itself", ":alias"]),
    (.endingInAlias("n"), .error, ["alias", "n ;json | sort"]),
    (.unknownWord(":foo"), .error, ["\":foo\"", ":help"]),
    (
        .badPreference(.badValue(option: "timing", value: "x", wanted: "on or off")), .error,
        ["timing expects on or off"]
    ),
    (.cannotOpen(path: "no.lua", reason: "No such file or directory"), .usage, ["no.lua", "No such file"]),
    (.serverNotInstalled, .noConnection, ["redis-server", "valkey-server", "PATH"]),
    (.serverNotFound("valkey"), .usage, ["\"valkey\"", "--server"]),
    (
        .cannotRun(path: "/a/server", reason: "Permission denied"), .usage,
        ["Cannot run \"/a/server\": Permission denied"]
    ),
    (.playgroundFailed(reason: "port 7000 is in use"), .noConnection, ["port 7000 is in use"]),
]

@Suite("Error text")
struct ErrorTextTests {
    private func check(_ message: String, names: [String], line: String) {
        for name in names { #expect(message.contains(name)) }
        for line in message.split(separator: "\n", omittingEmptySubsequences: false) {
            #expect(!line.isEmpty && line.last != " ")
        }
        #expect(!line.contains("\n"))
        #expect(!message.contains("..\n") && !message.hasSuffix(".."))
    }

    @Test("A failure has a code, a status, and a message that says what, where and what next", arguments: failures)
    func failure(row: FailureRow) {
        let failure = row.failure
        #expect(failure.code == row.code)
        #expect(ExitStatus(failure) == row.status)
        #expect(failure.errorText.hasPrefix("\(row.code) "))
        check(failure.message(in: .slotline), names: row.names, line: failure.errorText)
        #expect(!failure.cause.contains("\n"))
    }

    @Test("Of a long value the start is shown, of a path all of it, however long")
    func longPath() {
        let path = ByteString(String(repeating: "/a long\tfolder", count: 9) + "/file")
        let shown = "\"" + String(repeating: "/a long\\tfolder", count: 9) + "/file\""
        let errors: [CLIError] = [
            .cannotWriteTo(path: path, reason: "r"), .untrustedFile(path: path), .cannotOpen(path: path, reason: "r"),
            .noCheckpoint(path: path), .oldCheckpoint(path: path), .checkpointNeedsUser(path: path, user: "u"),
            .cannotKeep(path: path, reason: "r"), .otherInput(path: path), .serverNotFound(path),
            .cannotRun(path: path, reason: "r"),
        ]
        for error in errors { #expect(error.message(in: .slotline).contains(shown)) }
        let password = CommandFailure.noPassword(.unreadable(path, reason: "r"))
        #expect(password.message(in: .slotline).contains(shown))
        #expect(!CLIError.noAlias(path, near: []).message(in: .slotline).contains("file"))
    }

    @Test("On one line, a list stands in parentheses at the end of its sentence")
    func oneLine() {
        let failure = CommandFailure.crossSlot([slot("foo", at: there), slot("a", at: here)])
        #expect(
            failure.errorText == """
                CROSSSLOT The 2 keys are in 2 slots, but this command needs all its keys in one slot \
                ("foo" in slot 12182 at 127.0.0.1:7002; "a" in slot 15495 at 127.0.0.1:7001). \
                Keys with the same hash tag share a slot: {tag}a and {tag}b.
                """)
        let note = Note.partial([.init("k", error: "ERR x", failure: nil)]).message(in: .slotline)
        #expect(MessageText.line(note) == "Not completed for 1 of the keys (\"k\": ERR x).")
        #expect(MessageText.line("a\n  b\n  c d\ne") == "a (b; c d) e" && MessageText.line("") == "")
    }

    @Test("A target is advised only for a command that takes one", arguments: [("WATCH", true), ("UNWATCH", false)])
    func adviceOfTarget(command: String, isGiven: Bool) {
        let failure = CommandFailure.blocked(command: command, reason: "r", instead: "i", isLiftable: true)
        let message = failure.message(in: .slotline)
        #expect(message.contains(":unblock \(command.lowercased()) in the shell"))
        #expect(message.contains("a target") == isGiven)
    }

    @Test("The shell's errors say what and what next", arguments: shellErrors)
    func shellError(error: CLIError, status: ExitStatus, names: [String]) {
        #expect(ExitStatus(error) == status)
        #expect(error.errorText.hasPrefix("ERR "))
        check(error.message(in: .slotline), names: names, line: error.errorText)
    }

    @Test(
        "In place of redis-cli, redis-cli's own words are used",
        arguments: [
            (
                .unreachable(here, reason: "Connection refused"),
                "Could not connect to Redis at 127.0.0.1:7001: Connection refused"
            ),
            (
                .noSeed([.init(node: NodeAddress(socketPath: "/no.sock"), reason: "No such file or directory")]),
                "Could not connect to Redis at /no.sock: No such file or directory"
            ),
            (
                .unreachable(NodeAddress(host: "::1", port: 1), reason: "Connection refused"),
                "Could not connect to Redis at ::1:1: Connection refused"
            ),
            (.unknownOutcome(here, reason: "Server closed the connection"), "Error: Server closed the connection"),
            (.replyLost(here, reason: "Connection reset by peer"), "Error: Connection reset by peer"),
            (.protocolViolation(here, .unknownType(0x48)), "Error: Protocol error, got \"H\" as reply type byte"),
            (.protocolViolation(here, .unknownType(0)), "Error: Protocol error, got \"\\x00\" as reply type byte"),
            (
                .databaseRefused(here, database: 99, reason: "ERR DB index is out of range"),
                "SELECT 99 failed: ERR DB index is out of range"
            ),
            (
                .blocked(command: "WATCH", reason: "of a reason", instead: "use EVAL", isLiftable: true),
                "WATCH is blocked on a cluster because of a reason.\nInstead, use EVAL.\n"
                    + "To run it anyway: --unblock watch or a target that says which node: @HOST:PORT, @key:KEY and the like."
            ),
        ] as [(CommandFailure, String)])
    func redisCLIWords(failure: CommandFailure, words: String) {
        #expect(failure.message(in: .redisCLI) == words)
    }

    @Test(
        "In place of redis-cli, its words are used for the shell's errors",
        arguments: [
            (.tagNotFound("TAG"), "Using -X option but stdin tag not match."),
            (.invalidLine(.openQuote, nil), "Invalid argument(s)"),
            (
                .cannotOpen(path: "f", reason: "No such file or directory"),
                "Can't open file 'f': No such file or directory"
            ),
            (.option(.unrecognized("--x")), "Unrecognized option or bad number of args for: '--x'"),
        ] as [(CLIError, String)])
    func redisCLIWords(error: CLIError, words: String) {
        #expect(error.message(in: .redisCLI) == words)
    }

    @Test("A line that ends a file is named")
    func stopped() {
        let place = SourceLine(file: "stdin", number: 3)
        #expect(CLIError.stopped(at: place, command: "LPUSH k", because: "ERR x") == "stdin:3: LPUSH k: ERR x")
    }

    private static let refused = Note.Failed(
        there, error: nil, failure: .unreachable(there, reason: "Connection refused"))
    private static let answeredBadly = Note.Failed(here, error: "ERR x", failure: nil)

    @Test(
        "--map is named for an address that leads elsewhere, not for this host's other ports or a failed node",
        arguments: [
            ("10.0.0.5", "10.0.0.7:1", .plain, true), ("localhost", "10.0.0.7:1", .plain, true),
            ("localhost", "127.9.9.9:1", .plain, true), ("localhost", "127.0.0.1:1", .plain, false),
            ("::1", "127.0.0.1:1", .plain, false), ("10.0.0.5", "10.0.0.5:1", .plain, false),
            ("10.0.0.5", "10.0.0.7:1", .failedNode, false),
        ] as [(String, String, CommandFailure.ConnectionFault, Bool)])
    func namesMap(seed: String, announced: String, fault: CommandFailure.ConnectionFault, isNamed: Bool) throws {
        let announcer = Announcer(NodeAddress(host: seed, port: 7000))
        let node = try #require(NodeAddress(serverText: announced, by: announcer))
        let failure = CommandFailure.unreachable(node, reason: "x", fault)
        let note = Note.coverage(answered: 1, asked: 2, failed: [.init(node, error: nil, failure: failure)])
        #expect(note.message(in: .slotline).contains("--map") == isNamed)
    }

    @Test("An iterator is suggested where there is one", arguments: [("SCAN", true), ("BLESS SCAN", false)])
    func iterators(command: String, isNamed: Bool) {
        let message = CommandFailure.cursorNeedsNode(command: command).message(in: .slotline)
        #expect(message.contains("@HOST:PORT \(command) CURSOR"))
        #expect(message.contains("_ITER") == isNamed)
    }

    @Test("Some server errors come with advice")
    func advice() {
        #expect(RESPValue.error("NOAUTH Authentication required.").errorAdvice()?.contains("--askpass") == true)
        #expect(RESPValue.error("CLUSTERDOWN Hash slot not served").errorAdvice()?.contains(":nodes") == true)
        #expect(RESPValue.error("TRYAGAIN Multiple keys").errorAdvice()?.contains(":slots") == true)
        #expect(RESPValue.error("ERR NOAUTH").errorAdvice() == nil)
        // A step of a command, not the command itself.
        func steps(of command: String, _ refused: String) -> String? {
            RESPValue.error("NOPERM User c has no permissions to run the '\(refused)' command")
                .errorAdvice(to: CommandTable.row(for: [ByteString(command)]))
        }
        #expect(
            steps(of: "RENAME", "watch")
                == "RENAME over several slots runs in steps, and WATCH is one of them: :explain RENAME ... shows them."
        )
        #expect(steps(of: "RENAME", "rename") == nil && steps(of: "EVAL", "set") == nil)
        #expect(steps(of: "nosuch", "set") == nil)
        #expect(RESPValue.bulk("NOAUTH").errorAdvice() == nil)
    }

    @Test("A note names the first of many nodes and counts the rest")
    func countsNodes() {
        let text = Note.silent(Array(repeating: here, count: 4000)).message(in: .slotline)
        #expect(text.split(separator: "127.0.0.1:7001").count == 13)
        #expect(text.hasSuffix(", and 3988 more (Ctrl-C to give up)"))
    }

    @Test(
        "Notes name the node or the key",
        arguments: [
            (.silent([here]), "Waiting for 127.0.0.1:7001 (Ctrl-C to give up)"),
            (
                .coverage(answered: 5, asked: 6, failed: [refused]),
                "5 of 6 nodes answered.\n  127.0.0.1:7002: Connection refused"
            ),
            (
                .coverage(answered: 6, asked: 6, failed: [answeredBadly]),
                "1 of 6 nodes replied with an error.\n  127.0.0.1:7001: ERR x"
            ),
            (
                .coverage(answered: 2, asked: 3, failed: [refused, answeredBadly]),
                "2 of 3 nodes answered, 1 with an error.\n  127.0.0.1:7002: Connection refused\n"
                    + "  127.0.0.1:7001: ERR x"
            ),
            // An error appears once, with its nodes.
            (
                .coverage(answered: 1, asked: 6, failed: Array(repeating: refused, count: 5)),
                "1 of 6 nodes answered.\n"
                    + "  127.0.0.1:7002, 127.0.0.1:7002, 127.0.0.1:7002, and 2 more: Connection refused"
            ),
            (
                .coverage(
                    answered: 6, asked: 6, failed: (1...6).map { .init(here, error: "ERR \($0)", failure: nil) }),
                "All 6 nodes replied with an error."
                    + (1...3).map { "\n  127.0.0.1:7001: ERR \($0)" }.joined() + "\n  and 3 more"
            ),
            (
                .partial([
                    .init("a", error: "ERR x", failure: nil),
                    .init("b c", error: nil, failure: .unknownOutcome(here, reason: "closed")),
                ]), "Not completed for 2 of the keys.\n  \"a\": ERR x\n  \"b c\": may or may not have run: closed"
            ),
            (
                .leftBehind([.init("a", error: "ERR x", failure: nil)]),
                "1 of the keys may have been set and could not be deleted again.\n  \"a\": ERR x"
            ),
            (
                .oneOfMany(here, of: 6),
                "Sent only to 127.0.0.1:7001, one of 6 nodes; @all sends it to every node."
            ),
            (.localCount(here), "Only subscribers on 127.0.0.1:7001 are counted."),
            (.authenticationFailed(here, error: "WRONGPASS x"), "AUTH failed at 127.0.0.1:7001: WRONGPASS x."),
            (.helloFailed(here, error: "ERR x"), "HELLO 3 failed at 127.0.0.1:7001: ERR x; continuing with RESP2."),
            (
                .emptyMastersHidden(here, error: "NOPERM x"),
                "Masters without slots are left out: this user may run neither CLUSTER SHARDS nor "
                    + "CLUSTER NODES on 127.0.0.1:7001 (NOPERM x)."
            ),
            (
                .topologyRefused(here, error: "NOPERM x"),
                "Using only 127.0.0.1:7001: this user may run neither CLUSTER SHARDS nor CLUSTER "
                    + "SLOTS there (NOPERM x).\nCommands about all keys or nodes leave out the rest of the cluster. To "
                    + "include it: ACL SETUSER NAME +cluster|shards, or another user."
            ),
            (
                .waiting(here, reason: "Connection refused", secondsLeft: 28),
                "127.0.0.1:7001: Connection refused; retrying for 28 s (Ctrl-C to give up)"
            ),
        ] as [(Note, String)])
    func notes(note: Note, words: String) {
        #expect(note.message(in: .slotline) == words)
    }

    @Test("Where each node's reply is shown, a note only counts")
    func noteBesideNodes() {
        let note = Note.coverage(answered: 5, asked: 6, failed: [Self.refused, Self.answeredBadly])
        #expect(
            note.message(in: .slotline, isShown: true) == "5 of 6 nodes answered, 1 with an error.")
        for (count, words) in [
            (1, "The node replied with an error."), (2, "Both nodes replied with the same error."),
            (3, "All 3 nodes replied with the same error."),
        ] {
            let failed = Array(repeating: Self.answeredBadly, count: count)
            let same = Note.coverage(answered: count, asked: count, failed: failed)
            #expect(same.message(in: .slotline, isShown: true) == words)
        }
    }
}

@Suite("Exit status")
struct ExitStatusTests {
    private static let node = Node(address: here, id: "", role: .master, isHealthy: true)
    private static let good = NodeReply(node: node, result: .success(.ok))
    private static let error = NodeReply(node: node, result: .success(.error("ERR x")))
    private static let missing = NodeReply(node: node, result: .failure(.unreachable(here, reason: "x")))

    @Test(
        "The status of a dictionary depends on its nodes",
        arguments: [
            ([good, good], .ok, .ok), ([good, error], .partial, .ok), ([good, missing], .partial, .partial),
            ([error, error], .error, .ok), ([error, missing], .error, .error), ([missing, missing], .error, .error),
        ] as [([NodeReply], ExitStatus, ExitStatus)])
    func dictionary(replies: [NodeReply], strict: ExitStatus, lax: ExitStatus) throws {
        let reply = try Aggregation.reply(to: .perNode, from: replies)
        #expect(ExitStatus(reply, ignoresErrors: false) == strict)
        #expect(ExitStatus(reply, ignoresErrors: true) == lax)
    }

    @Test("The status of a value is 1 for an error, unless errors are ignored, and 0 for nil")
    func value() {
        #expect(ExitStatus(Reply(.error("ERR x")), ignoresErrors: false) == .error)
        #expect(ExitStatus(Reply(.error("ERR x")), ignoresErrors: true) == .ok)
        #expect(ExitStatus(Reply(.null), ignoresErrors: false) == .ok)
        #expect(ExitStatus(Reply(.array([.error("ERR x")])), ignoresErrors: false) == .ok)
    }

    @Test("The status of a file is the highest of its lines")
    func file() {
        #expect([ExitStatus.ok, .error, .partial, .noConnection].max() == .partial)
        #expect([ExitStatus.ok, .error, .noConnection].max() == .noConnection)
        #expect([ExitStatus.partial, .interrupted].max() == .interrupted)
    }

    @Test("The status in place of redis-cli is 0 or 1", arguments: [ExitStatus.error, .usage, .noConnection, .partial])
    func redisCLI(status: ExitStatus) {
        #expect(status.number(in: .redisCLI) == 1)
        #expect(ExitStatus.ok.number(in: .redisCLI) == 0)
    }
}
