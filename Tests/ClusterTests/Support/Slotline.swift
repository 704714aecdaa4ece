import Foundation
import RESP
import TestSupport

/// The program as a user calls it.
enum Slotline {
    /// - Parameters:
    ///   - program: a link to slotline, when its name matters.
    ///   - environment: changes to the environment of the tests.
    static func run(
        _ arguments: [ByteString], input: [UInt8] = [], program: String = BuiltProduct.slotline,
        environment: [String: String] = [:], timeout: Duration = patience
    ) throws -> Subprocess.Result {
        try Subprocess.run(
            program, arguments, input: input, environment: self.environment(environment), timeout: timeout)
    }

    /// The environment of the tests without anything that changes how slotline behaves: the user's files and a
    /// password.
    static func environment(_ changes: [String: String] = [:]) -> [String] {
        let changes = ["HOME": "/nonexistent", "LC_ALL": "C.UTF-8"].merging(changes) { $1 }
        let kept = ChildProcess.ownEnvironment.filter { entry in
            let name = String(entry.prefix { $0 != "=" })
            return name != "REDISCLI_AUTH" && !name.hasPrefix("SLOTLINE_") && changes[name] == nil
        }
        return kept + changes.map { "\($0.key)=\($0.value)" }
    }
}

extension Subprocess.Result {
    /// The exit status as a shell reports it.
    var exitStatus: Int32 {
        switch status {
        case .exited(let code): code
        case .signalled(let signal): 128 + signal
        }
    }

    /// Standard output without its last line feed.
    var text: String { outputText.hasSuffix("\n") ? String(outputText.dropLast()) : outputText }

    /// The lines of standard output.
    var lines: [String] { outputText.isEmpty ? [] : text.components(separatedBy: "\n") }

    /// Standard output as one JSON value per line.
    func json() throws -> [JSON] {
        try lines.map { try JSON($0) }
    }

    /// The lines of a raw per-node dictionary, by node.
    func linesByNode() throws -> [String: [String]] {
        var lines: [String: [String]] = [:]
        for line in self.lines {
            guard let tab = line.firstIndex(of: "\t") else { throw NoNode(line: line) }
            lines[String(line[..<tab]), default: []].append(String(line[line.index(after: tab)...]))
        }
        return lines
    }

    struct NoNode: Error {
        let line: String
    }
}

extension ByteString {
    /// As a word in a command file, with every byte escaped.
    var escaped: String {
        "\"" + bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\""
    }
}
