import Glibc

/// What a longer run by hand sets.
enum Environment {
    /// A whole number.
    static func number(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }
    }

    /// True for a run by hand that takes every point: `SLOTLINE_CHAOS`.
    static let isChaos = getenv("SLOTLINE_CHAOS") != nil

    /// The seeds of random tests: `SLOTLINE_SEED` alone if it is set.
    static func seeds(_ fixed: [UInt64]) -> [UInt64] {
        number("SLOTLINE_SEED").map { [UInt64($0)] } ?? fixed
    }
}
