package import RESP

/// The reply to CLUSTER SHARDS for masters that share the slots evenly.
package enum ShardsReply {
    /// - Parameter health: for each master; all are online unless it is given.
    package static func value(_ masters: [(host: String, port: Int)], health: [String] = []) -> RESPValue {
        let share = 16384 / masters.count
        return .array(
            masters.enumerated().map { place, master in
                let last = place == masters.count - 1 ? 16383 : (place + 1) * share - 1
                let id = String(repeating: "\(place)", count: 40)
                let fields: [(String, RESPValue)] = [
                    ("id", .bulk(ByteString(id))), ("port", .integer(master.port)),
                    ("ip", .bulk(ByteString(master.host))), ("role", .bulk("master")),
                    ("health", .bulk(ByteString(health.isEmpty ? "online" : health[place]))),
                ]
                let node = RESPValue.array(fields.flatMap { [.bulk(ByteString($0)), $1] })
                return .array([
                    .bulk("slots"), .array([.integer(place * share), .integer(last)]), .bulk("nodes"), .array([node]),
                ])
            })
    }

    package static func value(ports: [Int], health: [String] = []) -> RESPValue {
        value(ports.map { ("127.0.0.1", $0) }, health: health)
    }
}
