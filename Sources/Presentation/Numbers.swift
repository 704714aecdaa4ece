import Commands

// Numbers as redis-cli's reports write them, and for messages.

extension Int {
    /// A human-readable number of bytes: `512B`, `1.50K`, `1.42M`, `3.00G`.
    package var byteText: String {
        var rest = Double(self)
        for unit in ["B", "K", "M", "G", "T"] {
            if rest < 1024 || unit == "T" { return rest.text(decimals: unit == "B" ? 0 : 2) + unit }
            rest /= 1024
        }
        return ""
    }

    /// This many of a thing: `1 key`, `2 keys`.
    package func of(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}

extension ClosedRange<Int> {
    /// As CLUSTER NODES writes a range of slots: `5`, `0-99`.
    package var text: String { count == 1 ? "\(lowerBound)" : "\(lowerBound)-\(upperBound)" }
}

extension String {
    /// Padded with spaces on the right, to a width.
    package func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }

    /// Padded with spaces on the left, to a width.
    package func aligned(to width: Int) -> String {
        String(repeating: " ", count: Swift.max(0, width - count)) + self
    }
}
