import RESP

extension LineGrammar {
    private static let mostAliases = 1000

    /// True when a password may stand in a text that was entered, so that it is not to be kept. It is read with less care
    /// than when it runs: a line that fails holds a password all the same.
    package func mayHoldSecret(_ text: [UInt8]) -> Bool {
        lines(text).contains { line in
            let words = try? Tokenizer.words(line.bytes, upTo: endsCommand).words
            // One that cannot be split counts by its words between blanks.
            return mayHoldSecret(words: words ?? line.bytes.split { $0 <= 0x20 }.map { ByteString($0) })
        }
    }

    private func mayHoldSecret(words: [ByteString]) -> Bool {
        var lines = [words]
        var seen: Set<[ByteString]> = []
        while let line = lines.popLast() {
            let words = Array(line.drop { $0.integer != nil || Target.isTarget($0) })
            let first = words.first ?? ""
            // Behind a word of the shell, and in a comment, a command may begin anywhere.
            let starts = first.hasPrefix(":") || first.hasPrefix("#") ? words.indices : 0..<min(1, words.count)
            for start in starts {
                let rest = Array(words[start...].drop { $0.integer != nil || Target.isTarget($0) })
                if CommandTable.row(for: rest)?.sensitivity.isSecret(rest) ?? false { return true }
                if ShellWord(rest.first ?? "") == .connect, rest.contains(where: \.mayHoldPassword) { return true }
                guard let alias = rest.first.flatMap({ aliases[$0] }) else { continue }
                // Aliases may go round in a circle, and grow on the way.
                if seen.count == Self.mostAliases { return true }
                let line = alias + rest.dropFirst()
                if seen.insert(line).inserted { lines.append(line) }
            }
        }
        return false
    }
}

extension ByteString {
    /// True for a URI with a user, and for what was meant to be one.
    fileprivate var mayHoldPassword: Bool { bytes.contains(UInt8(ascii: "@")) }
}
