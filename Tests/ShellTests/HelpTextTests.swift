import Clock
import Foundation
import Commands
import Options
import Presentation
import RESP
import Routing
import Testing

/// The contents of `:help`, `--help` and the manual page.
struct HelpTextTests {
    private static let settings = [HelpTopic.Entry("timing", "show how long each command takes (on, off)")]
    private static let facts = HelpTopic.Facts(settings: settings)

    @Test(
        "Every topic fits its window and says something of its own", arguments: HelpTopic.allCases, [20, 40, 80, 300])
    func topics(topic: HelpTopic, width: Int) {
        let text = topic.text(Self.facts, width: width)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines {
            // A single word that is longer than the window is not broken.
            #expect(line.count <= width || line.split(separator: " ").count == 1, "\(line)")
            #expect(!line.hasSuffix(" "))
        }
        if width == 300 { #expect(lines.contains { $0.count > 80 }) }
        let expected: [HelpTopic: String] = [
            .targets: "@PORT", .routing: "WATCH", .settings: "timing", .keys: "Ctrl-R", .files: "SLOTLINE_RCFILE",
            .safety: "--read-only",
        ]
        #expect(text.contains(expected[topic] ?? "nothing"))
    }

    @Test("Routing names each command that is blocked, and each that works over several slots")
    func routing() {
        let text = HelpTopic.routing.text(Self.facts).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for row in CommandTable.rows where row.block != nil || row.crossSlot != .refuse {
            // Where subcommands are blocked for the same reason, the command is listed instead.
            #expect(text.contains(row.block == nil ? "\(row.name)" : "\(row.name)".prefix { $0 != " " }), "\(row.name)")
        }
    }

    @Test("Routing omits commands that the server lacks, and groups the subcommands of a command")
    func availability() {
        let all = HelpTopic.routing.text(Self.facts, width: 1000)
        #expect(all.contains("BACKUP (ABORT, ") && all.contains("  HIMPORT\n") && all.contains("MSETEX"))
        let facts = HelpTopic.Facts(settings: []) { row in
            ["BACKUP", "HIMPORT", "MSETEX"].allSatisfy { !"\(row.name)".hasPrefix($0) }
        }
        let some = HelpTopic.routing.text(facts, width: 1000)
        #expect(["BACKUP", "HIMPORT", "MSETEX"].allSatisfy { !some.contains($0) } && some.contains("MSETNX"))
    }

    @Test("The README lists the commands of each kind as help does")
    func page() throws {
        let path = URL(fileURLWithPath: #filePath).appending(path: "../../../README.md").standardized
        let page = try String(contentsOf: path, encoding: .utf8)
        for entry in HelpTopic.otherNodes() + HelpTopic.crossSlot() + HelpTopic.blocks() {
            #expect(page.contains("\n| \(entry.name) | \(entry.text) |"))
        }
    }

    @Test("The manual page holds options, shell commands, topics, settings, statuses and examples")
    func manual() {
        let page = ManualPage.text(settings: Self.settings)
        for section in ["OPTIONS", "SHELL COMMANDS", "EXIT STATUS", "EXAMPLES"] {
            #expect(page.contains("\n.SH \(section)\n"), "\(section)")
        }
        for topic in HelpTopic.allCases { #expect(page.contains("\n.SH \(topic.rawValue.uppercased())\n")) }
        for word in ShellWord.listed { #expect(page.contains("\\fB\(word.name)"), "\(word.name)") }
        #expect(page.contains("\\fBtiming\\fR"))
    }

    @Test(
        "Every shell command has a section, a sentence and an example that begins with it", arguments: ShellWord.listed)
    func words(word: ShellWord) {
        #expect(word.row.description.hasSuffix("."))
        #expect(word.row.example.description.hasPrefix(word.name))
        #expect("\(word.row.help)".count <= 50)
    }

    @Test("One group of options is shown on its own")
    func group() throws {
        let text = UsageText.help(for: try parse(["--help"]), .load)
        #expect(text.contains("--pipe") && !text.contains("--playground"))
        let narrow = UsageText.help(for: try parse(["--help"]), width: 40).split(separator: "\n")
        #expect(narrow.allSatisfy { $0.count <= 40 || $0.split(separator: " ").count == 1 })
        #expect(throws: OptionError.self) { try parse(["--help=nosuch"]) }
    }

    @Test(
        "A similar option is suggested",
        arguments: [
            ("--jsn", ["--json"]), ("-json", ["--json"]), ("-jsn", ["--json"]), ("--palyground", ["--playground"]),
            ("--play", ["--playground"]), ("--nothing-like-it", []), ("-ö", []),
        ] as [(ByteString, [String])])
    func suggestions(typed: ByteString, expected: [String]) {
        #expect(throws: OptionError.unrecognized(typed, near: expected)) { try parse([typed]) }
    }

    // MARK: The greeting

    @Test("Without a server in the options, the playground is mentioned; a port is enough to name one")
    func namesServer() throws {
        #expect(try !parse().namesServer)
        for words in [["-h", "h"], ["-p", "1"], ["-s", "/s"], ["-u", "redis://h"]] as [[ByteString]] {
            #expect(try parse(words).namesServer)
        }
        #expect(Greeting.wayOut.contains("slotline --playground"))
    }

    private static func map(masters: Int, replicas: Int) -> ClusterMap {
        var map = ClusterMap(seeds: [NodeAddress(host: "127.0.0.1", port: 7000)])
        let node = { (number: Int, role: Role) in
            Node(
                address: NodeAddress(host: "127.0.0.1", port: 7000 + number), id: "\(number)", role: role,
                isHealthy: true)
        }
        let nodes = (0..<replicas).map { node(masters + $0, .replica) }
        let shards = (0..<masters).map { Shard(slots: [], nodes: [node($0, .master)] + ($0 == 0 ? nodes : [])) }
        map.learn(masters > 0 ? Topology(shards: shards) : nil, at: Instant(nanoseconds: 1))
        return map
    }

    @Test("The greeting describes the cluster or server in a phrase")
    func greeting() {
        let server = ServerVersion(name: "valkey", version: "9.1.2")
        func text(
            _ map: ClusterMap, isConnected: Bool = true, refusal: String? = nil, playground: String? = nil
        ) -> String {
            let whole = Greeting(
                isConnected: isConnected, server: server, map: map, refusal: refusal, playground: playground
            ).text
            return String(whole.drop { $0 != ":" }.dropFirst(2))
        }
        #expect(
            text(Self.map(masters: 3, replicas: 1))
                == "a cluster of 3 masters and 1 replica, Valkey 9.1.2. Type :help for help.")
        #expect(text(Self.map(masters: 0, replicas: 0)) == "a standalone server, Valkey 9.1.2. Type :help for help.")
        let seeds = ClusterMap(seeds: [NodeAddress(host: "127.0.0.1", port: 7000)])
        #expect(text(seeds) == "a single node, Valkey 9.1.2. Type :help for help.")
        #expect(
            text(seeds, refusal: "NOPERM x")
                == "a node of a cluster (this user may not see the others), Valkey 9.1.2. Type :help for help.")
        #expect(text(seeds, isConnected: false).hasPrefix("not connected"))
        #expect(
            text(Self.map(masters: 1, replicas: 0), playground: "/usr/bin/valkey-server").contains(
                "a throwaway cluster of 1 master and no replicas, Valkey 9.1.2 from /usr/bin/valkey-server, deleted when you leave."
            ))
    }
}
