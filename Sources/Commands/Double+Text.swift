extension Double {
    /// With as many decimals as needed: `30`, `0.5`.
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
