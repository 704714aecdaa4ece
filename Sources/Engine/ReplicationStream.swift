import Clock
package import RESP
import Transport

/// What a master sends to a replica: a snapshot of its data, then each write as it happens. Source: Redis
/// documentation, "Redis replication".
package struct ReplicationStream {
    /// How the master announces the snapshot.
    package enum Announcement {
        case bytes(Int)
        /// Of unknown length, ended by a mark of 40 random bytes.
        case mark([UInt8])

        /// Nil when a mark ends the snapshot instead.
        package var byteCount: Int? {
            if case .bytes(let count) = self { count } else { nil }
        }
    }

    private let channel: DirectConnection
    /// When to tell the master again that its replica is alive.
    private var nextAcknowledgement = Instant.now
    private static let markLength = 40
    /// Seconds.
    private static let acknowledgementInterval = 1.0

    package init(_ channel: DirectConnection) {
        self.channel = channel
    }

    /// Asks for the snapshot and waits until it is announced.
    ///
    /// - Parameter conditions: name-value pairs sent with REPLCONF beforehand, such as `rdb-only 1`.
    package func begin(
        conditions: [(name: ByteString, value: ByteString)]
    ) throws(DirectConnection.Failure) -> Announcement {
        _ = try channel.replies(to: ([("capa", "eof")] + conditions).map { ["REPLCONF", $0.name, $0.value] })
        channel.link.sendLine("SYNC")
        channel.link.takesBytes = true
        var bytes: [UInt8] = []
        while true {
            bytes += try channel.nextBytes()
            // While the master prepares, it sends only line feeds, to keep the connection alive.
            let line = bytes.drop { $0 == 0x0a }
            guard let end = line.firstIndex(of: 0x0a) else { continue }
            channel.link.giveBack(line[(end + 1)...])
            return try Self.announcement(String(decoding: line[..<end].filter { $0 != 0x0d }, as: UTF8.self))
        }
    }

    private static func announcement(_ line: String) throws(DirectConnection.Failure) -> Announcement {
        if line.hasPrefix("$EOF:"), line.utf8.count == "$EOF:".utf8.count + markLength {
            return .mark(Array(line.utf8.suffix(markLength)))
        }
        if line.hasPrefix("$"), let count = Int(line.dropFirst()), count >= 0 { return .bytes(count) }
        throw .refused(.error(line.hasPrefix("-") ? String(line.dropFirst()) : line))
    }

    /// Passes on the bytes of the snapshot as they arrive, up to its end.
    ///
    /// - Parameter take: returns false when it wants no more.
    /// - Returns: how many bytes were passed on, not counting a mark.
    package func receiveSnapshot(
        _ announcement: Announcement, _ take: (ArraySlice<UInt8>) -> Bool
    ) throws(DirectConnection.Failure) -> Int {
        var count = 0
        // The end of what has arrived may be the start of the mark.
        var kept: [UInt8] = []
        var bytes: [UInt8] = []
        while true {
            let end: Int?
            switch announcement {
            case .bytes(let total):
                end = count + bytes.count >= total ? total - count : nil
                kept = []
            case .mark(let mark):
                end = Self.position(of: mark, in: bytes)
                kept = end == nil ? Array(bytes.suffix(Self.markLength - 1)) : []
            }
            let body = bytes[..<(end ?? bytes.count - kept.count)]
            count += body.count
            guard take(body) else { return count }
            if let end {
                var rest = bytes[end...]
                if case .mark = announcement { rest = rest.dropFirst(Self.markLength) }
                channel.link.takesBytes = false
                channel.link.giveBack(rest)
                return count
            }
            bytes = try kept + channel.nextBytes()
        }
    }

    private static func position(of mark: [UInt8], in bytes: [UInt8]) -> Int? {
        var start = 0
        while let candidate = bytes[start...].firstIndex(of: mark[0]), candidate + mark.count <= bytes.count {
            if bytes[candidate..<candidate + mark.count].elementsEqual(mark) { return candidate }
            start = candidate + 1
        }
        return nil
    }

    /// Waits for the next write after the snapshot, meanwhile telling the master that its replica is there: a master
    /// sends no writes to a replica that does not report, and does not listen until it is done with the snapshot.
    package mutating func nextCommand() throws(DirectConnection.Failure) -> RESPValue {
        while true {
            if nextAcknowledgement.hasPassed {
                // This gets no reply.
                channel.link.sendLine("REPLCONF ACK 0")
                nextAcknowledgement = Instant(seconds: Self.acknowledgementInterval)
            }
            if let command = try channel.nextMessage(until: nextAcknowledgement) { return command }
        }
    }
}
