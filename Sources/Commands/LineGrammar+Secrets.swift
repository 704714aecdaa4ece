import RESP

extension LineGrammar {
    private static let mostAliases = 1000

    /// True when a text that was entered may contain a password, so that it must not be kept. It is read less strictly
    /// than when it runs: a line that fails may still contain a password.
    package func mayHoldSecret(_ text: [UInt8]) -> Bool {
        lines(text).contains { line in
            let words = try? Tokenizer.words(line.bytes, upTo: endsCommand).words
            // A line that cannot be split is judged by its words between blanks.
            return mayHoldSecret(words: words ?? line.bytes.split { $0 <= 0x20 }.map { ByteString($0) })
        }
    }

    private func mayHoldSecret(words: [ByteString]) -> Bool {
        if words.contains(where: \.mayHoldPassword) { return true }
        var lines = [words]
        var seen: Set<[ByteString]> = []
        while let line = lines.popLast() {
            var words = Array(line.drop { $0.integer != nil || Target.isTarget($0) })
            let first = words.first ?? ""
            if first.hasPrefix("#") { words[0] = ByteString(first.bytes.drop { $0 == UInt8(ascii: "#") }) }
            // After a shell word, and in a comment, a command may start anywhere.
            let starts = first.hasPrefix(":") || first.hasPrefix("#") ? words.indices : 0..<min(1, words.count)
            for start in starts {
                let rest = Array(words[start...].drop { $0.integer != nil || Target.isTarget($0) })
                let commands = starts.count > 1 ? [rest] : Self.meant(by: rest)
                if commands.contains(where: CommandTable.isSecret) { return true }
                if ShellWord(rest.first ?? "") == .connect, rest.contains(where: { $0.bytes.contains(Self.at) }) {
                    return true
                }
                guard let alias = rest.first.flatMap({ aliases[$0] }) else { continue }
                // Aliases may be circular, and grow on the way.
                if seen.count == Self.mostAliases { return true }
                let line = alias + rest.dropFirst()
                if seen.insert(line).inserted { lines.append(line) }
            }
        }
        return false
    }

    private static let at = UInt8(ascii: "@")

    /// A command, or those that a mistyped one may have been meant as.
    private static func meant(by words: [ByteString]) -> [[ByteString]] {
        guard let first = words.first, CommandTable.row(for: words) == nil else { return [words] }
        let subcommands = CommandTable.subcommands(of: first)
        if words.count > 1, !subcommands.isEmpty {
            return Suggestions.near(words[1], of: subcommands).map { [first, ByteString($0)] + words.dropFirst(2) }
        }
        return Suggestions.near(first, of: CommandTable.firstWords).map { [ByteString($0)] + words.dropFirst() }
    }
}

extension ByteString {
    /// True for a URI with a user.
    fileprivate var mayHoldPassword: Bool {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return bytes[(colon + 1)...].starts(with: "//".utf8) && bytes.contains(UInt8(ascii: "@"))
    }
}
