import Commands
package import RESP

/// A line of CLUSTER NODES. Source: Redis documentation, "CLUSTER NODES", "Serialization format".
package struct ClusterNodeLine: Equatable, Sendable {
    package let id: String
    /// `host:port`, without the bus port and the name.
    package let address: String
    package let busPort: Int?
    package let hostname: String?
    package let flags: [String]
    /// The ID of a replica's master.
    package let master: String?
    /// Milliseconds since 1970; 0 when no ping is pending.
    package let pingSent: Int
    package let pongReceived: Int
    package let configEpoch: Int
    package let linkState: String
    package let slots: [ClosedRange<Int>]
    /// Slots migrating away from this node, reported only by the node itself, each with the ID of the node they go to.
    package let migrating: [Int: String]
    /// Slots that this node is importing, each with the ID of the node they come from.
    package let importing: [Int: String]

    /// Nil for a line of another form.
    package init?(_ line: some StringProtocol) {
        let fields = String(line).split { $0 == " " }.map { String($0) }
        guard fields.count >= 8, let ping = Int(fields[4]), let pong = Int(fields[5]), let epoch = Int(fields[6]) else {
            return nil
        }
        let names = fields[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let place = names[0].split(separator: "@").map(String.init)
        id = fields[0]
        address = place.first ?? ""
        busPort = place.count > 1 ? Int(place[1]) : nil
        hostname = names.count > 1 && !names[1].isEmpty && !names[1].contains("=") ? names[1] : nil
        flags = fields[2].split(separator: ",").map(String.init)
        master = fields[3] == "-" ? nil : fields[3]
        (pingSent, pongReceived, configEpoch) = (ping, pong, epoch)
        linkState = fields[7]
        var slots: [ClosedRange<Int>] = []
        var migrating: [Int: String] = [:]
        var importing: [Int: String] = [:]
        for part in fields[8...] {
            if part.hasPrefix("["), part.hasSuffix("]") {
                let move = part.dropFirst().dropLast()
                let number = move.prefix { $0 != "-" }
                guard let slot = Int(number), HashSlot(slot) != nil else { continue }
                let rest = move.dropFirst(number.count)
                if rest.hasPrefix("->-") { migrating[slot] = String(rest.dropFirst(3)) }
                if rest.hasPrefix("-<-") { importing[slot] = String(rest.dropFirst(3)) }
            } else {
                let ends = part.split(separator: "-").compactMap { Int($0) }
                if let range = HashSlot.range(from: ends.first, to: ends.last) { slots.append(range) }
            }
        }
        (self.slots, self.migrating, self.importing) = (slots, migrating, importing)
    }

    /// Reduces a whole reply to the line about the node that sent it, the only part that no other node knows; another
    /// reply is returned as it is.
    ///
    /// In a large cluster, each node sends a line for every node, so they are searched as bytes.
    package static func own(in reply: RESPValue) -> RESPValue {
        guard let text = reply.string?.bytes else { return reply }
        let own = text.split(separator: UInt8(ascii: "\n")).first { line in
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 3)
            return fields.count > 2 && fields[2].starts(with: "myself".utf8)
        }
        return .bulk(own.map { ByteString($0) } ?? "")
    }

    /// The lines of a whole reply.
    package static func lines(of text: String) -> [ClusterNodeLine] {
        text.split(whereSeparator: \.isNewline).compactMap { ClusterNodeLine($0) }
    }
}
