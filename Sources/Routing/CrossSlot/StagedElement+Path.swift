import Commands
import RESP

extension StagedElement {
    /// How elements move.
    enum Path: String, CaseIterable, Sendable {
        case headToHead = "LL"
        case headToTail = "LR"
        case tailToHead = "RL"
        case tailToTail = "RR"
        /// One after the other to the same end, so that their order in the stage is the reverse of that in the source.
        case headToHeadInTurn = "LLO"
        case tailToTailInTurn = "RRO"
        case member = "S"
        /// Members of a sorted set, with their scores.
        case scored = "Z"
        /// The same, if the destination has none of them, or all of them.
        case scoredIfNew = "ZN"
        case scoredIfKnown = "ZX"

        /// - Parameter inTurn: true when each element moves on its own, so that the first ends up beneath the last.
        init(fromHead: Bool, toHead: Bool, inTurn: Bool) {
            self =
                switch (fromHead, toHead) {
                case (true, true): inTurn ? .headToHeadInTurn : .headToHead
                case (true, false): .headToTail
                case (false, true): .tailToHead
                case (false, false): inTurn ? .tailToTailInTurn : .tailToTail
                }
        }

        /// The command that adds the elements to their destination.
        var push: ByteString {
            switch self {
            case .headToHead, .tailToHead, .headToHeadInTurn: "LPUSH"
            case .headToTail, .tailToTail, .tailToTailInTurn: "RPUSH"
            case .member: "SADD"
            case .scored, .scoredIfNew, .scoredIfKnown: "ZADD"
            }
        }

        /// The command that puts them back where they came from. A score set there in the meantime is kept.
        var putBack: ByteString {
            switch self {
            case .headToHead, .headToTail, .headToHeadInTurn: "LPUSH"
            case .tailToHead, .tailToTail, .tailToTailInTurn: "RPUSH"
            case .member: "SADD"
            case .scored, .scoredIfNew, .scoredIfKnown: "ZADD"
            }
        }

        /// What has to be true of every member at the destination, as an option of ZADD; nil for no condition.
        var condition: ByteString? {
            switch self {
            case .scoredIfNew: "NX"
            case .scoredIfKnown: "XX"
            default: nil
            }
        }

        /// The command that returns the size of such a key, and refuses one of another type.
        var size: ByteString {
            switch self {
            case .member: "SCARD"
            case .scored, .scoredIfNew, .scoredIfKnown: "ZCARD"
            default: "LLEN"
            }
        }

        /// The command that returns the elements of a stage.
        func elements(of stage: ByteString) -> [ByteString] {
            switch size {
            case "SCARD": ["SMEMBERS", stage]
            case "ZCARD": ["ZRANGE", stage, "0", "-1", "WITHSCORES"]
            default: ["LRANGE", stage, "0", "-1"]
            }
        }

        /// - Parameter reply: the reply to ``elements(of:)``.
        /// - Returns: the elements, each score before its member; nil for any other reply.
        func elements(in reply: RESPValue) -> [ByteString]? {
            guard size == "ZCARD" else { return reply.isFlatList ? reply.elements.map(\.byteString) : nil }
            guard reply.kind == .array else { return nil }
            var elements: [ByteString] = []
            elements.reserveCapacity(reply.count)
            if reply.isFlatList {
                // RESP2 alternates members and scores; RESP3 returns pairs of them.
                guard reply.count.isMultiple(of: 2) else { return nil }
                for (member, score) in reply.pairs { elements += [score.byteString, member.byteString] }
                return elements
            }
            for pair in reply.elements {
                guard pair.isFlatList, let parts = pair.elements(2) else { return nil }
                elements += [parts[1].byteString, parts[0].byteString]
            }
            return elements
        }

        /// The elements of a stage in the order in which ``push`` takes them: LPUSH reverses them.
        func pushed(_ elements: [ByteString]) -> [ByteString] {
            push == "LPUSH" ? elements.reversed() : elements
        }

        /// The same for ``putBack``.
        func returned(_ elements: [ByteString]) -> [ByteString] {
            let isTurned = self == .headToHeadInTurn || self == .tailToTailInTurn
            return (putBack == "LPUSH") != isTurned ? elements.reversed() : elements
        }
    }
}
