package import RESP

/// What may have been meant by a word that matches none of the known ones.
package enum Suggestions {
    /// More suggestions than this are of no help.
    private static let most = 3

    /// The candidates closest to a word, if one typing error lies between them, or two in a long word; otherwise the
    /// shortest ones that start with it.
    package static func near(_ word: ByteString, of candidates: [String]) -> [String] {
        let word = word.uppercased.bytes
        guard word.count > 1 else { return [] }
        var nearest: (distance: Int, names: [String]) = (word.count < 8 ? 1 : 2, [])
        var begun: [String] = []
        for candidate in candidates {
            let name = Array(candidate.uppercased().utf8)
            if name.starts(with: word), name.count > word.count { begun.append(candidate) }
            // No edit makes up for a greater difference in length. With a letter more or less, two are another word.
            guard abs(name.count - word.count) <= min(nearest.distance, word.count - 2) else { continue }
            let distance = distance(word, name)
            if 1..<nearest.distance ~= distance { nearest = (distance, []) }
            if distance == nearest.distance { nearest.names.append(candidate) }
        }
        let names = nearest.names.isEmpty ? begun.sorted { $0.utf8.count < $1.utf8.count } : nearest.names
        return Array(names.prefix(most))
    }

    /// How many bytes were deleted, inserted, replaced or swapped with the next: the optimal string alignment distance.
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
