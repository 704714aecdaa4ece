import Commands
import RESP

/// What TAB offers: commands, the shell's own words, and behind `help` the groups too.
enum Completion {
    /// - Parameter line: the text up to the cursor.
    /// - Returns: whole lines that may stand in its place.
    static func candidates(for line: ByteString) -> [ByteString] {
        let typed = line.text
        if let topic = helpTopic(typed) {
            let groups = CommandGroup.allCases.map { "@\($0.rawValue)" }
            return matching(topic, groups + commands).map { ByteString("help \($0)") }
        }
        return matching(typed, commands + words + targets).map { ByteString($0) }
    }

    private static func helpTopic(_ line: String) -> String? {
        let lowered = line.lowercased()
        guard lowered.hasPrefix("help ") else { return nil }
        return String(line.dropFirst(5))
    }

    private static func matching(_ typed: String, _ candidates: [String]) -> [String] {
        let prefix = typed.uppercased()
        return candidates.filter { $0.uppercased().hasPrefix(prefix) }
    }

    private static var commands: [String] { CommandTable.rows.map { "\($0.name)" } }

    private static var words: [String] { ShellWords.rows.map { "\($0.name)" } }

    private static let targets = ["@all", "@masters", "@replicas", "@random", "@slot:", "@key:"]
}
