import Commands
import RESP
import Testing

/// Rules that every row of the table follows, and the groups of commands that slotline promises.
struct CommandTableTests {
    private static let rows = CommandTable.rows

    private static func row(_ name: String) throws -> CommandSpec {
        try #require(CommandTable.row(for: words(name)), "no row for \(name)")
    }

    private static func words(_ text: String) -> [ByteString] {
        text.split(separator: " ").map { ByteString(String($0)) }
    }

    private static func wordCount(_ row: CommandSpec) -> Int { words(row.name.description).count }

    // MARK: Names

    @Test("Names are one or two words, in capitals and unique") func namesAreOneOrTwoWordsInCapitalsAndUnique() {
        var seen: Set<String> = []
        for row in Self.rows {
            let name = row.name.description
            #expect(seen.insert(name).inserted, "\(name) stands twice")
            #expect(1...2 ~= name.split(separator: " ", omittingEmptySubsequences: false).count, "\(name)")
            #expect(name == name.uppercased())
        }
    }

    @Test("Every row is found in any case") func everyRowIsFoundInAnyCase() throws {
        for row in Self.rows {
            let found = try Self.row(row.name.description.lowercased() + " argument")
            #expect(found.name.description == row.name.description)
        }
    }

    @Test("An unknown subcommand falls back to the command") func anUnknownSubcommandFallsBackToTheCommand() throws {
        #expect(try Self.row("SENTINEL no-such-word").name.description == "SENTINEL")
        #expect(CommandTable.row(for: ["CONFIG", "no-such-word"]) == nil)
        #expect(CommandTable.row(for: ["NO-SUCH-WORD"]) == nil)
    }

    // MARK: Arity, syntax and keys

    /// Commands of which the server accepts more words than its own syntax says.
    private static let looseArity: Set<String> = ["COMMAND", "PSYNC", "QUIT", "CLUSTER REPLICATE", "AROP"]

    @Test(
        "Syntax agrees with arity",
        arguments: rows) func syntaxAgreesWithArity(_ row: CommandSpec)
    {
        guard !Self.looseArity.contains(row.name.description) else { return }
        var syntax = Syntax(row.syntax.description)
        let least = Self.wordCount(row) + syntax.leastWords()
        #expect(syntax.isAtEnd, "unbalanced: \(row.name) \(row.syntax)")
        #expect(abs(row.arity) == least, "\(row.name) \(row.syntax)")
        #expect((row.arity < 0) == row.syntax.description.contains("["), "\(row.name) \(row.syntax)")
    }

    @Test(
        "Keys come after the name and are among the words",
        arguments: rows) func keysComeAfterTheNameAndAreAmongTheWords(_ row: CommandSpec)
    {
        let count = row.arity < 0 ? -row.arity + 2 : row.arity
        for keyword in ["1", "STREAMS", "STORE", "STOREDIST", "KEYS"] as [ByteString] {
            for place in Self.wordCount(row)..<max(count, Self.wordCount(row) + 1) {
                var arguments = Self.words(row.name.description)
                while arguments.count < count { arguments.append(arguments.count == place ? keyword : "1") }
                let indexes = row.keys.indexes(in: arguments)
                #expect(indexes.allSatisfy { Self.wordCount(row)..<count ~= $0 }, "\(row.name): \(arguments)")
                #expect(Set(indexes).count == indexes.count, "\(row.name): \(arguments)")
            }
        }
    }

    @Test(
        "Keys are found",
        arguments: [
            ("BITOP AND d a b", [2, 3, 4]),
            ("XREADGROUP GROUP streams c STREAMS a >", [5]),
            ("SORT a BY store GET get LIMIT 0 1 STORE d", [1, 10]),
            ("GEORADIUSBYMEMBER a m 1 m STOREDIST d", [1, 6]),
            ("DEBUG OBJECT a", [2]),
            ("SPUBLISH a m", [1]),
            ("HSCAN_ITER a", [1]),
            ("MSETEX 2 a 1 b 2 NX EX 5", [2, 4]),
            ("MSETEX 3 a 1 b 2", []),
            ("SUNIONCARD 2 a b APPROX LIMIT 3", [2, 3]),
            ("SDIFFCARD 2 a b", [2, 3]),
            ("LMOVEM s d LEFT RIGHT COUNT 3 BULK", [1, 2]),
            ("BLMOVEM s d LEFT RIGHT 0", [1, 2]),
            ("ZMOVE s d BYSCORE 1 2", [1, 2]),
            ("BZMOVE s d MIN 0 COUNT 2", [1, 2]),
            ("ZMOVEMEMBER s d NX MEMBERS 1 m", [1, 2]),
            ("XREADGROUP GROUP g c CLAIM 10 STREAMS a b > >", [7, 8]),
            ("XREAD MAXCOUNT 3 STREAMS a 0", [4]),
            ("BLESS SET a NO-EVICT", [2]),
            ("HIMPORT SET a fields 1", [2]),
            ("CLUSTERSCAN 0-{06S}-0 COUNT 10", [1]),
            ("JSON.MGET a b $.x", [1, 2]),
            ("JSON.MSET a $ 1 b $ 2", [1, 4]),
            ("JSON.DEBUG MEMORY a", [2]),
            ("TS.MADD a 1 1 b 2 2", [1, 4]),
            ("TS.NRANGE 2 a b - +", [2, 3]),
            ("TS.CREATERULE a b AGGREGATION avg 60", [1, 2]),
            ("CMS.MERGE d 2 a b WEIGHTS 1 2", [1, 3, 4]),
            ("TDIGEST.MERGE d 2 a b OVERRIDE", [1, 3, 4]),
            ("VADD a FP32 x y", [1]),
            ("ARSET a 0 x y", [1]),
            ("PHSET a /p FIELDS 1 f v", [1]),
            ("SEXPIRE a 10 MEMBERS 1 m", [1]),
            ("FT.SUGADD a s 1", [1]),
        ] as [(String, [Int])]
    )
    func keysAreFound(_ line: String, _ places: [Int]) throws {
        #expect(try Self.row(line).keys.indexes(in: Self.words(line)) == places)
    }

    @Test("MIGRATE takes its keys from after KEYS when the key is empty")
    func migrateTakesItsKeysFromAfterKEYSWhenTheKeyIsEmpty() throws {
        let arguments: [ByteString] = ["MIGRATE", "h", "1", "", "0", "10", "AUTH", "keys", "KEYS", "a", "b"]
        #expect(try Self.row("MIGRATE").keys.indexes(in: arguments) == [9, 10])
    }

    // MARK: Policies

    @Test(
        "Replies of many nodes have a merge policy",
        arguments: rows) func repliesOfManyNodesHaveAMergePolicy(_ row: CommandSpec)
    {
        let isFanOut = row.request == .masters || row.request == .allNodes
        // The iterators stream their elements, so nothing is merged.
        let isMerged = isFanOut && row.iterates == nil
        #expect((row.response != .single) == isMerged, "\(row.name)")
        #expect(isMerged || row.aggregate == .perNode, "\(row.name)")
        #expect((row.request == .keyed) == !row.keys.isEmpty, "\(row.name)")
        if row.response != .perNode, isMerged { #expect(row.aggregate == row.response, "\(row.name)") }
    }

    @Test("Every value of every column is used") func everyValueOfEveryColumnIsUsed() {
        let requests: [RequestPolicy] = [
            .keyed, .slot(argument: 2), .anyNode, .sessionNode, .randomNode, .weightedMaster, .masters, .allNodes,
        ]
        for policy in requests { #expect(Self.rows.contains { $0.request == policy }, "\(policy)") }
        for policy in ResponsePolicy.allCases {
            #expect(Self.rows.contains { $0.response == policy || $0.aggregate == policy }, "\(policy)")
        }
        for effect in SessionEffect.allCases { #expect(Self.rows.contains { $0.effect == effect }, "\(effect)") }
        for kind in Sensitivity.allCases { #expect(Self.rows.contains { $0.sensitivity == kind }, "\(kind)") }
        for kind in Destruction.allCases { #expect(Self.rows.contains { $0.destruction == kind }, "\(kind)") }
        for kind in ClientIDs.allCases { #expect(Self.rows.contains { $0.clients == kind }, "\(kind)") }
        for group in CommandGroup.allCases { #expect(Self.rows.contains { $0.group == group }, "\(group)") }
        let flags: [CommandSpec.Flags] = [.readonly, .write, .blocking, .text, .cursor, .namesSettings]
        for flag in flags { #expect(Self.rows.contains { $0.flags.contains(flag) }, "\(flag)") }
        #expect(!Self.rows.contains { $0.flags.isSuperset(of: [.readonly, .write]) })
    }

    @Test("Blocked rows say why, and what to do instead") func blockedRowsSayWhyAndWhatToDoInstead() {
        for case (let name, let block?) in Self.rows.map({ ($0.name, $0.block) }) {
            #expect(!block.reason.description.isEmpty && !block.instead.description.isEmpty, "\(name)")
        }
        let liftable = Self.rows.filter { $0.block?.isLiftable == true }.map(\.name.description)
        #expect(Set(liftable) == ["BITOP", "CLUSTER MIGRATION", "RESTORE", "SCRIPT KILL", "WATCH", "UNWATCH"])
    }

    @Test("Iterators name a command with a cursor") func iteratorsNameACommandWithACursor() throws {
        for case (let row, let command?) in Self.rows.map({ ($0, $0.iterates) }) {
            let target = try Self.row(command.description)
            #expect(row.name.description == "\(target.name)_ITER" && row.group == .slotline)
            #expect(target.syntax.description.contains("cursor"))
        }
    }

    // MARK: The groups of commands that slotline promises

    /// Properties that all rows of a group share.
    struct Group: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let commands: [String]
        let holds: @Sendable (CommandSpec) -> Bool

        init(_ description: String, _ commands: [String], _ holds: @escaping @Sendable (CommandSpec) -> Bool) {
            testDescription = description
            self.commands = commands
            self.holds = holds
        }
    }

    private static let groups = [
        Group(
            "a dictionary of all nodes",
            [
                "bgrewriteaof", "bgsave", "client getname", "client list", "client setname", "config get",
                "config resetstat", "config rewrite", "config set", "dbsize", "echo", "info", "lastsave", "ping",
                "save", "slowlog get", "slowlog len", "slowlog reset", "time",
            ],
            { $0.request == .allNodes && $0.response == .perNode && $0.block == nil }),
        Group(
            "a dictionary of all nodes, good if one is",
            ["client kill"], { $0.request == .allNodes && $0.response == .perNodeOneSucceeded }),
        Group(
            "one sorted list of all nodes", ["pubsub channels"],
            { $0.request == .allNodes && $0.response == .sortedUnion }),
        Group(
            "sums by name over all nodes", ["pubsub numsub"],
            { $0.request == .allNodes && $0.response == .sumByField }),
        Group("a sum over all nodes", ["pubsub numpat"], { $0.request == .allNodes && $0.response == .sum }),
        Group("one list of all masters", ["keys"], { $0.request == .masters && $0.response == .union }),
        Group(
            "a dictionary of all masters", ["flushall", "flushdb", "scan"],
            { $0.request == .masters && $0.response == .perNode }),
        Group("one node by lot", ["publish"], { $0.request == .randomNode }),
        Group(
            "all masters must succeed", ["script load", "script flush"],
            { $0.request == .masters && $0.response == .allSucceeded }),
        Group(
            "true if true at all masters", ["script exists"],
            { $0.request == .masters && $0.response == .logicalAnd }),
        Group("the node of the keys", ["eval", "evalsha", "hscan", "sscan", "zscan"], { $0.request == .keyed }),
        Group(
            "run to the end at the node of the key", ["hscan_iter", "sscan_iter", "zscan_iter"],
            { $0.request == .keyed && $0.iterates != nil }),
        Group("run to the end at all masters", ["scan_iter"], { $0.request == .masters && $0.iterates != nil }),
        Group(
            "blocked",
            [
                "bitop", "move", "restore", "script kill", "sentinel", "sentinel get-master-addr-by-name",
                "sentinel master", "sentinel masters", "sentinel monitor", "sentinel remove", "sentinel sentinels",
                "sentinel set", "sentinel slaves", "sentinel no-such-word", "shutdown", "slaveof", "replicaof",
                "unwatch", "watch",
            ], { $0.block != nil }),
        Group(
            "keyed, and neither merged nor blocked",
            [
                "brpoplpush", "mget", "mset", "msetnx", "pfmerge", "rename", "renamenx", "rpoplpush", "sdiff",
                "sdiffstore", "sinter", "sinterstore", "smove", "sort", "sunion", "sunionstore", "zinterstore",
                "zunionstore",
            ], { $0.request == .keyed && $0.block == nil }),
        Group(
            "the owner of a slot", ["cluster countkeysinslot", "cluster getkeysinslot"],
            { $0.request == .slot(argument: 2) }),
        Group(
            "a question, and the owner of a slot", ["cluster flushslot", "sflush"],
            { if case .slot = $0.request { $0.destruction == .slots } else { false } }),
        Group("the owner of the first slot", ["cluster migrateslots"], { $0.request == .slot(argument: 3) }),
        Group(
            "each node's own",
            [
                "commandlog get", "commandlog len", "commandlog reset", "hotkeys get", "hotkeys start", "hotkeys stop",
                "hotkeys reset", "backup start", "backup seal", "backup status", "backup list", "backup abort",
                "backup cleanup", "client pause", "client unpause", "module list", "module load", "module loadex",
                "module unload",
            ], { $0.request == .allNodes && $0.response == .perNode }),
        Group(
            "the session's node alone, as a note says",
            [
                "acl getuser", "acl list", "acl users", "cluster count-failure-reports", "cluster forget",
                "cluster links",
                "cluster saveconfig", "debug", "debug client-eviction", "debug htstats", "debug sleep", "function dump",
                "function list", "role", "script show",
            ], { $0.request == .sessionNode }),
        Group(
            "one node, which the operator is to choose",
            [
                "asking", "client caching", "client capa", "client unblock", "cluster addslots",
                "cluster addslotsrange",
                "cluster bumpepoch", "cluster delslots", "cluster delslotsrange", "cluster failover",
                "cluster flushslots",
                "cluster meet", "cluster replicate", "cluster reset", "cluster set-config-epoch", "cluster setslot",
                "failover", "pfselftest", "quit", "replconf", "script debug", "swapdb",
            ], actsAtAnyNode),
        Group("one master's key", ["randomkey"], { $0.request == .weightedMaster && $0.block == nil }),
    ]

    @Test(
        "Commands are in their group",
        arguments: groups) func commandsAreInTheirGroup(_ group: Group) throws
    {
        for command in group.commands { #expect(group.holds(try Self.row(command)), "\(command)") }
    }

    private static let actsAtAnyNode: @Sendable (CommandSpec) -> Bool = {
        $0.request == .anyNode && !$0.flags.contains(.readonly) && $0.effect == .none && $0.block == nil
            && !$0.name.description.contains(".")
    }

    @Test("No other command changes one node, whichever it is") func noOtherCommandChangesOneNode() {
        let known = Set(Self.groups.flatMap(\.commands))
        let others = Self.rows.filter(Self.actsAtAnyNode).map { $0.name.description.lowercased() }
        #expect(others.filter { !known.contains($0) } == [])
    }

    @Test(
        "Only arguments that destroy something are asked about",
        arguments: [
            ("CLUSTER FAILOVER", false), ("CLUSTER FAILOVER force", true), ("CLUSTER FAILOVER TAKEOVER", true),
            ("FAILOVER", false), ("FAILOVER TO h 1 FORCE TIMEOUT 5", true), ("REPLICAOF h 1", true),
            ("REPLICAOF no one", false), ("SLAVEOF h 1", true), ("slaveof NO one", false), ("FUNCTION FLUSH", true),
            ("SHUTDOWN", true), ("SHUTDOWN NOSAVE NOW", true), ("SHUTDOWN abort", false), ("DEBUG SEGFAULT x", true),
            ("FUNCTION RESTORE x", false), ("FUNCTION RESTORE x flush", true), ("FLUSHALL", true),
        ])
    func destruction(line: String, isMeant: Bool) throws {
        #expect(try (Self.row(line).destruction(by: Self.words(line)) != nil) == isMeant)
    }

    @Test("No other command is blocked") func noOtherCommandIsBlocked() {
        let allowed = Set([
            "SENTINEL", "SLAVEOF", "REPLICAOF", "MOVE", "SHUTDOWN", "BITOP", "RESTORE", "WATCH", "UNWATCH", "HIMPORT",
        ])
        let subcommands = ["SCRIPT KILL", "CLUSTER MIGRATION"]
        for row in Self.rows where row.block != nil && !subcommands.contains(row.name.description) {
            #expect(allowed.contains(Self.words(row.name.description)[0].text), "\(row.name)")
        }
    }

    // MARK: Secrets

    @Test(
        "Lines with a secret are recognized",
        arguments: [
            "AUTH p", "acl setuser bob >p", "ACL DELUSER bob", "ACL GETUSER bob", "CONFIG SET requirepass p",
            "CONFIG SET maxmemory 1 tls-key-file-pass p", "HELLO 3 AUTH default p", "MIGRATE h 1 k 0 1 AUTH2 u p",
            "SENTINEL SET m auth-pass p", "SENTINEL CONFIG SET sentinel-pass p",
        ])
    func linesWithASecretAreRecognized(_ line: String) throws {
        #expect(try Self.row(line).sensitivity.isSecret(Self.words(line)))
    }

    @Test(
        "Lines without a secret are recognized",
        arguments: ["ACL LIST", "CONFIG SET maxmemory 1", "HELLO 3", "MIGRATE h 1 k 0 1", "SENTINEL SET m quorum 1"])
    func linesWithoutASecretAreRecognized(_ line: String) throws {
        #expect(try !Self.row(line).sensitivity.isSecret(Self.words(line)))
    }

    @Test("Every row's reply pattern is parsed in full, and prints as it was written")
    func replyPatterns() {
        func text(_ pattern: ReplyPattern) -> String {
            switch pattern {
            case .plain: ""
            case .again: "^"
            case .list(let inner): "[\(text(inner))]"
            case .named(let heading, let inner): "<\(heading.map { "\($0):" } ?? "")\(text(inner))>"
            case .values(let fields, let lastRepeats):
                "(\(fields.map { $0.name + ($0.pattern == .plain ? "" : ":") + text($0.pattern) }.joined(separator: ",")))"
                    + (lastRepeats ? "+" : "")
            case .either(let first, let second): "\(text(first))|\(text(second))"
            case .pairs(let fields): "{\(fields.map { "\($0.key):\(text($0.value))" }.sorted().joined(separator: ","))}"
            }
        }
        for row in CommandTable.rows {
            guard case .nested(let pattern) = row.shape else { continue }
            // Without its condition, which these arguments meet.
            let word = "\(pattern)".prefix { $0.isUppercase }
            let rest = "\(pattern)".dropFirst(word.count)
            let arguments = rest.first == "?" ? [ByteString("\(word)")] : []
            let read = text(ReplyPattern(pattern, arguments))
            #expect(read.count == rest.count - (word.isEmpty ? 0 : 1), "\(row.name): \(read)")
        }
    }
}

/// Parses an argument syntax: `[a b]` may be left out, `<a b|c>` is a choice, every other word occurs once.
private struct Syntax {
    private var rest: Substring

    init(_ text: String) {
        rest = text[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// The number of words that cannot be left out, up to the end or to the bracket that closes a choice.
    mutating func leastWords(isChoice: Bool = false) -> Int {
        var least = Int.max
        var count = 0
        while let character = rest.first, character != "]", character != ">" {
            if isChoice, character == "|" {
                rest.removeFirst()
                least = min(least, count)
                count = 0
            } else {
                count += item(isChoice: isChoice)
            }
        }
        return min(least, count)
    }

    private mutating func item(isChoice: Bool) -> Int {
        switch rest.first {
        case "[":
            rest.removeFirst()
            _ = leastWords(isChoice: true)
            rest = rest.dropFirst()
            return 0
        case "<":
            rest.removeFirst()
            let least = leastWords(isChoice: true)
            rest = rest.dropFirst()
            return least
        case " ":
            rest.removeFirst()
            return 0
        default:
            rest = rest.drop { !" []<>".contains($0) && !(isChoice && $0 == "|") }
            return 1
        }
    }
}
