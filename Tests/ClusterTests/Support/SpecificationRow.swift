import Commands
import RESP
import Routing
import TestSupport
import Testing

/// A command of the specification and its expected outcome.
struct SpecificationRow: Sendable, CustomTestStringConvertible {
    enum Expectation: Sendable {
        /// A dictionary of all six nodes, each with this reply.
        case nodes(Shape)
        /// A dictionary of the three masters.
        case masters(Shape)
        case one(Shape)
    }

    let command: String
    let expected: Expectation
    /// Lines of a file that is run first.
    let given: [String]
    let status: Int32

    init(_ command: String, _ expected: Expectation, given: [String] = [], status: Int32 = 0) {
        self.command = command
        self.expected = expected
        self.given = given
        self.status = status
    }

    var testDescription: String { command }

    /// The command with its name in lower case.
    private var lowercased: String {
        let words = command.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let row = CommandTable.row(for: words.map { ByteString($0) })
        let count = row.map { "\($0.name)".split(separator: " ").count } ?? 0
        return (words.prefix(count).map { $0.lowercased() } + words.dropFirst(count)).joined(separator: " ")
    }

    /// Runs the command in each of the ways that do not use a terminal.
    func check(on cluster: TestCluster) throws {
        try check("one-shot", on: cluster) { try cluster.run($0, command: command) }
        try check("file", on: cluster) { try cluster.run($0, file: lowercased + "\n") }
    }

    private func check(_ way: String, on cluster: TestCluster, run: (String) throws -> Subprocess.Result) throws {
        for options in ["", "--json"] {
            let isJSON = options == "--json"
            let place: Comment = "\(way) \(options)"
            if !given.isEmpty {
                let result = try cluster.run(file: given.joined(separator: "\n"))
                try #require(result.exitStatus == 0, "\(place) \(result.outputText) \(result.errorText)")
            }
            try cluster.waitForSaves()
            let result = try run(options)
            #expect(result.exitStatus == status, "\(place)")
            #expect(result.errorText == "" || status != 0, "\(place)")
            switch expected {
            case .one(let shape):
                let isMatch = isJSON ? shape.matches(try JSON(result.text)) : shape.matches(result.lines)
                #expect(isMatch, "\(place): \(result.outputText)")
            case .nodes(let shape):
                try check(result, isJSON, is: shape, from: cluster.nodes.map(\.description), place)
            case .masters(let shape):
                try check(result, isJSON, is: shape, from: cluster.masters.map(\.description), place)
            }
        }
    }

    private func check(
        _ result: Subprocess.Result, _ isJSON: Bool, is shape: Shape, from nodes: [String], _ place: Comment
    ) throws {
        if isJSON {
            let members = try JSON(result.text).members
            #expect(members.keys.sorted() == nodes.sorted(), "\(place)")
            for (node, reply) in members { #expect(shape.matches(reply), "\(place): \(node) \(reply)") }
        } else {
            let replies = try result.linesByNode()
            #expect(replies.keys.sorted() == nodes.sorted(), "\(place)")
            for (node, lines) in replies { #expect(shape.matches(lines), "\(place): \(node) \(lines)") }
        }
    }
}

extension TestCluster {
    /// Waits until no node is saving its data, since it would refuse to start again.
    fileprivate func waitForSaves() throws {
        for node in nodes {
            let client = try client(node)
            while case let state = try client.send("INFO", "persistence").text,
                state.contains("rdb_bgsave_in_progress:1") || state.contains("aof_rewrite_in_progress:1")
            {}
        }
    }
}
