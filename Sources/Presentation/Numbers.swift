import Commands

// Numbers as redis-cli's reports write them.

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
