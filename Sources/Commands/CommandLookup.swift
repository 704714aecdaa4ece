package import RESP

extension CommandTable {
    /// The row of a command: by its first two words, else by its first, in any case. Nil when the table has none.
    package static func row(for arguments: [ByteString]) -> CommandSpec? {
        guard let first = arguments.first else { return nil }
        let both = arguments.count > 1 ? first + " " + arguments[1] : nil
        for family in families {
            if let row = row(both, first, in: family()) { return row }
        }
        return nil
    }

    /// No index: a program that runs one command would take far longer to build it than to look through the rows.
    private static func row(_ both: ByteString?, _ first: ByteString, in rows: [CommandSpec]) -> CommandSpec? {
        both.flatMap { both in rows.first { both.matches($0.name) } } ?? rows.first { first.matches($0.name) }
    }

    /// The command that does the same as this one and cannot write, as SORT_RO for SORT; nil where there is none.
    package static func readOnlyVariant(of row: CommandSpec) -> CommandSpec? {
        self.row(for: [ByteString("\(row.name)_RO")])
    }

    /// The rows whose block a user can lift.
    package static var liftable: [CommandSpec] { rows.filter { $0.block?.isLiftable == true } }

    /// The first words of all names, each once.
    package static var firstWords: [String] {
        var seen: Set<String> = []
        return rows.map { "\($0.name)".prefix { $0 != " " } }.map(String.init).filter { seen.insert($0).inserted }
    }

    /// The second words of the names that begin with this one, in any case.
    package static func subcommands(of word: ByteString) -> [String] {
        let begin = word.uppercased.text + " "
        return rows.map { "\($0.name)" }.filter { $0.hasPrefix(begin) }.map { String($0.dropFirst(begin.count)) }
    }

    /// True for a word that stands in front of subcommands.
    package static func hasSubcommands(_ word: ByteString) -> Bool {
        let prefix = word.uppercased.bytes + [0x20]
        return rows.contains { row in row.name.withUTF8Buffer { $0.starts(with: prefix) } }
    }

    /// The first of the candidates that a word is nearest to, if it is not far from it.
    package static func nearest(to word: ByteString, of candidates: [String]) -> String? {
        let word = word.uppercased.bytes
        let farthest = max(1, word.count / 3)
        return candidates.lazy.map { ($0, distance(word, Array($0.uppercased().utf8))) }
            .filter { 1...farthest ~= $0.1 }.min { $0.1 < $1.1 }?.0
    }

    /// How many bytes were left out, put in, replaced or swapped with the next: the optimal string alignment distance.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(last[column + 1] + 1, current[column] + 1, last[column] + (byte == other ? 0 : 1))
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
