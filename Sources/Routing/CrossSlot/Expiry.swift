import RESP

/// When a key expires, as a point in time, so that it can be preserved when the key's value moves elsewhere.
enum Expiry: Equatable, Sendable {
    case never
    /// Unix time in milliseconds.
    case at(Int)

    /// Commands whose replies give a key's expiry. PEXPIRETIME is new in Redis 7.0; before that, it has to be computed.
    static func questions(about key: ByteString) -> [[ByteString]] {
        [["PEXPIRETIME", key], ["PTTL", key], ["TIME"]]
    }

    /// - Parameter replies: the replies to the ``questions(about:)``.
    /// - Returns: nil when the key does not exist, or the user may not ask.
    init?(_ replies: ArraySlice<RESPValue>) {
        let replies = Array(replies)
        guard replies.count == 3 else { return nil }
        if let time = replies[0].integer {
            self.init(time, since: 0)
        } else {
            let now = Array(replies[2].elements).compactMap(\.integer)
            guard let left = replies[1].integer, now.count == 2 else { return nil }
            self.init(left, since: now[0].multiplied(by: 1000).adding(now[1] / 1000))
        }
    }

    /// - Parameter time: -1 for a key that does not expire, -2 for a missing key, as servers return it.
    private init?(_ time: Int, since start: Int) {
        switch time {
        case -1: self = .never
        case 0...: self = .at(start.adding(time))
        default: return nil
        }
    }

    /// True for the same time, within the precision of servers that only say how much is left.
    func isAbout(_ other: Expiry?) -> Bool {
        switch (self, other) {
        case (.never, .never): true
        case (.at(let time), .at(let otherTime)): (time - 10...time.adding(10)).contains(otherTime)
        case (_, _): false
        }
    }

    /// Unix time in milliseconds, 0 for never, as RESTORE takes it with ABSTTL.
    var milliseconds: Int {
        switch self {
        case .never: 0
        case .at(let time): time
        }
    }
}
