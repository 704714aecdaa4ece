// Numbers as redis-cli's reports write them.

extension Double {
    /// With as many decimals as it takes: `30`, `0.5`.
    package var shortText: String { self == rounded() ? text(decimals: 0) : "\(self)" }

    /// With a fixed number of decimals.
    package func text(decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        guard let scaled = Int(exactly: (self * scale).rounded()) else { return "\(self)" }
        let digits = String(scaled.magnitude)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let sign = scaled < 0 ? "-" : ""
        return decimals == 0 ? sign + padded : "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }
}

extension Int {
    /// A number of bytes for people: `512B`, `1.50K`, `1.42M`, `3.00G`.
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
    /// Padded with spaces on the right, up to a width.
    package func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }

    /// Padded with spaces on the left, up to a width.
    package func aligned(to width: Int) -> String {
        String(repeating: " ", count: Swift.max(0, width - count)) + self
    }
}
