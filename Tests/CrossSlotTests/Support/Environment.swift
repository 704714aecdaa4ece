import Glibc
import RESP
import TestSupport

/// Settings for longer runs by hand.
enum Environment {
    /// A whole number.
    static func number(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }
    }

    /// How many points to try in a test that starts a cluster for each: `SLOTLINE_POINTS`; nil for a small sample.
    static let points = number("SLOTLINE_POINTS")

    /// The seeds of random tests: only `SLOTLINE_SEED` if it is set.
    static func seeds(_ fixed: [UInt64]) -> [UInt64] {
        number("SLOTLINE_SEED").map { [UInt64($0)] } ?? fixed
    }

    /// True when the server under test has the command.
    static func serverKnows(_ name: ByteString) throws -> Bool {
        try server.get().client().send("COMMAND", "INFO", name).elements.contains { $0.kind == .array }
    }

    private static let server = Result { try RedisServer() }
}
