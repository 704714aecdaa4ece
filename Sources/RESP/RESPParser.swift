/// Takes bytes as they arrive from a socket and returns replies, RESP2 and RESP3.
///
/// The parser resumes: it keeps the tape and the stack of open aggregates between reads, so each byte is looked at once
/// however the reply is split across reads. Attributes (`|`) describe the value after them; they are read and left out.
/// Source: the Redis serialization protocol specification.
package struct RESPParser: Sendable {
    /// How deep aggregates may be nested in a reply.
    package static let maximumDepth = 128
    /// Bytes of one bulk string: more than any server holds. Servers have a setting for it, `proto-max-bulk-len`, but
    /// DUMP of a large value exceeds that.
    package static let maximumBulkLength = 1 << 40
    /// Room to reserve for bytes that have only been announced. Memory that is never filled costs nothing.
    private static let roomAhead = 16 << 20
    /// Elements of one aggregate.
    package static let maximumElements = 1 << 30
    /// Elements to reserve room for when they have only been announced.
    private static let elementsAhead = 1 << 20

    private var buffer: [UInt8] = []
    private var state = State()

    package init() {}

    /// True when no reply has been started.
    package var isIdle: Bool { buffer.count == state.start }

    /// Adds bytes that were read.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if buffer.count + bytes.count > buffer.capacity, let needed = state.needed(in: buffer.count) {
            // At least twice the room: an exact reserve for each of many bulk strings would copy all of them each time.
            let room = min(needed, buffer.count + bytes.count + Self.roomAhead)
            buffer.reserveCapacity(max(room, 2 * buffer.capacity))
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next complete reply, or nil when more bytes are needed.
    ///
    /// - Throws: ``ProtocolError`` when the bytes are not RESP or go over a limit.
    package mutating func next() throws(ProtocolError) -> RESPValue? {
        var scan = State()
        swap(&scan, &state)
        let isComplete: Bool
        do {
            isComplete = try scan.parse(buffer.span)
        } catch {
            // Nothing can be made of what follows bytes that are not a reply.
            buffer = []
            throw error
        }
        swap(&scan, &state)
        guard isComplete else {
            dropConsumed()
            return nil
        }
        let bytes: [UInt8]
        if state.start == 0, state.position == buffer.count {
            // The usual one-shot: the reply is all there is, so its buffer becomes the tape's.
            bytes = buffer
            buffer = []
            state.position = 0
        } else {
            bytes = Array(buffer[state.start..<state.position])
        }
        let value = RESPValue(tape: RESPValue.Tape(bytes: bytes, nodes: state.takeNodes()), index: 0)
        state.beginReply()
        return value
    }

    /// What has arrived of a long array, set or map that is not whole yet: the complete elements or pairs, as a
    /// separate aggregate. The rest of the reply is then that much shorter.
    ///
    /// - Parameter length: bytes that must be there for it to be worthwhile.
    package mutating func nextPart(of length: Int = partLength) -> RESPValue? {
        guard buffer.count - state.start >= length, let part = state.takePart() else { return nil }
        let bytes = Array(buffer[part.bytes])
        dropConsumed()
        return RESPValue(tape: RESPValue.Tape(bytes: bytes, nodes: part.nodes), index: 0)
    }

    /// The size in bytes from which a reply is given out in parts.
    package static let partLength = 1 << 20

    /// Takes out all bytes that were not given out as replies, for stretches of a stream that are not RESP.
    package mutating func takeBytes() -> [UInt8] {
        defer {
            buffer = []
            state = State()
        }
        return Array(buffer[state.start...])
    }

    /// Forgets the bytes of replies that were given out.
    private mutating func dropConsumed() {
        guard state.start > 0 else { return }
        buffer.removeFirst(state.start)
        state.position -= state.start
        state.searched -= state.start
        state.start = 0
    }

    /// The scan of one reply. Offsets in `nodes` count from `start`.
    fileprivate struct State: Sendable {
        /// An aggregate whose elements are still being read.
        struct OpenAggregate: Sendable {
            var node: Int
            var missing: Int
            let isAttribute: Bool
        }

        var start = 0
        var position = 0
        /// No line ends before this offset, so a line that arrives in pieces is searched once.
        var searched = 0
        var nodes: [RESPValue.Node] = []
        var open: [OpenAggregate] = []
        /// A bulk string whose header was read: its kind and length.
        var bulk: (kind: RESPValue.Kind, count: Int)?

        mutating func beginReply() {
            start = position
            searched = position
        }

        /// The nodes of the reply that is complete. Few nodes are copied, and their room is kept for the next reply: a
        /// small reply that is kept must not hold the room of the largest one before it.
        mutating func takeNodes() -> [RESPValue.Node] {
            if nodes.count >= 1024 {
                defer { nodes = [] }
                return nodes
            }
            defer { nodes.removeAll(keepingCapacity: true) }
            return nodes.withUnsafeBufferPointer { Array($0) }
        }

        /// Takes out the outermost aggregate's finished elements: their nodes, under one of its kind, and their bytes.
        mutating func takePart() -> (nodes: [RESPValue.Node], bytes: Range<Int>)? {
            guard let outer = open.first, !outer.isAttribute, [.array, .set, .map].contains(nodes[0].kind) else {
                return nil
            }
            // What is still being read begins here.
            var end = open.count > 1 ? open[1].node : nodes.count
            var finished = nodes[0].count - outer.missing
            if nodes[0].kind == .map, finished % 2 == 1 {
                // A key stays with its value.
                finished -= 1
                end = 1
                for _ in 0..<finished { end = nodes[end].end }
            }
            guard finished > 0, end > 1 else { return nil }
            let bytes = start..<(end < nodes.count ? start + nodes[end].offset : position)
            var taken = Array(nodes[..<end])
            taken[0].count = finished
            taken[0].end = end
            nodes.removeSubrange(1..<end)
            nodes[0].count -= finished
            for index in nodes.indices.dropFirst() {
                nodes[index].offset -= bytes.count
                nodes[index].end -= end - 1
            }
            for index in open.indices.dropFirst() { open[index].node -= end - 1 }
            start = bytes.upperBound
            return (taken, bytes)
        }

        /// The buffer size that the bulk string being read needs, or a list if it continues as it began; nil for
        /// neither.
        func needed(in count: Int) -> Int? {
            if let bulk { return max(position + bulk.count + 2, count) }
            guard let outer = open.first, case let finished = nodes[0].count - outer.missing, finished > 0 else {
                return nil
            }
            let mean = min((position - start) / finished + 1, RESPParser.roomAhead)
            return max(start + mean * nodes[0].count, count)
        }

        /// Gets as far as the bytes reach; true when a whole reply lies between `start` and `position`.
        mutating func parse(_ bytes: Span<UInt8>) throws(ProtocolError) -> Bool {
            while true {
                if let bulk {
                    guard position + bulk.count + 2 <= bytes.count else { return false }
                    guard bytes[position + bulk.count] == 0x0d, bytes[position + bulk.count + 1] == 0x0a else {
                        throw .missingTerminator
                    }
                    let prefix = bulk.kind == .verbatimString ? try formatLength(bytes, bulk.count) : 0
                    add(bulk.kind, at: position + prefix, count: bulk.count - prefix)
                    position += bulk.count + 2
                    self.bulk = nil
                } else if !takeStrings(bytes) {
                    guard position < bytes.count else { return false }
                    // Before the end of the line has arrived: what is not RESP may never send one.
                    let kind = try Self.kind(of: bytes[position])
                    guard let line = nextLine(bytes) else { return false }
                    guard try begin(kind, bytes, line) else { continue }
                }
                if closeAggregates() { return true }
            }
        }

        /// Takes the bulk strings that come next in an aggregate and are there in full: lists consist of them, and the
        /// general path takes several times as long.
        ///
        /// - Returns: true when the aggregate's last element was among them; it has not been counted off yet.
        private mutating func takeStrings(_ bytes: Span<UInt8>) -> Bool {
            guard let last = open.indices.last else { return false }
            var missing = open[last].missing
            var next = position
            while missing > 0, next < bytes.count, bytes[next] == UInt8(ascii: "$") {
                var end = next + 1
                var count = 0
                // No more digits than the length of a string that can be there.
                while end < bytes.count, end < next + 10, case let digit = bytes[end] &- 0x30, digit < 10 {
                    count = count * 10 + Int(digit)
                    end += 1
                }
                let first = end + 2
                guard end > next + 1, first + count + 2 <= bytes.count, bytes[end] == 0x0d, bytes[end + 1] == 0x0a,
                    bytes[first + count] == 0x0d, bytes[first + count + 1] == 0x0a
                else { break }
                add(.bulkString, at: first, count: count)
                next = first + count + 2
                missing -= 1
            }
            position = next
            open[last].missing = max(missing, 1)
            return missing == 0
        }

        /// The line at `position` without CR LF, or nil when its end has not arrived yet.
        mutating func nextLine(_ bytes: Span<UInt8>) -> Range<Int>? {
            var end = max(position, searched)
            while end + 1 < bytes.count {
                if bytes[end] == 0x0d, bytes[end + 1] == 0x0a { return position..<end }
                end += 1
            }
            searched = end
            return nil
        }

        /// The kind of value that a type byte announces.
        static func kind(of type: UInt8) throws(ProtocolError) -> RESPValue.Kind {
            switch type {
            case UInt8(ascii: "+"): .simpleString
            case UInt8(ascii: "-"), UInt8(ascii: "!"): .error
            case UInt8(ascii: ":"): .integer
            case UInt8(ascii: "$"): .bulkString
            case UInt8(ascii: "_"): .null
            case UInt8(ascii: ","): .double
            case UInt8(ascii: "#"): .boolean
            case UInt8(ascii: "("): .bigNumber
            case UInt8(ascii: "="): .verbatimString
            case UInt8(ascii: "*"): .array
            case UInt8(ascii: "~"): .set
            case UInt8(ascii: ">"): .push
            case UInt8(ascii: "%"), UInt8(ascii: "|"): .map
            default: throw .unknownType(type)
            }
        }

        /// Reads a type line. False when it only opens something (a bulk string, an aggregate with elements).
        mutating func begin(
            _ kind: RESPValue.Kind, _ bytes: Span<UInt8>, _ line: Range<Int>
        ) throws(ProtocolError) -> Bool {
            let type = bytes[line.lowerBound]
            let body = line.lowerBound + 1..<line.upperBound
            position = line.upperBound + 2
            switch type {
            case UInt8(ascii: "$"), UInt8(ascii: "!"), UInt8(ascii: "="):
                return try beginBulk(kind, bytes, body)
            case UInt8(ascii: "|"):
                return try beginAggregate(kind, bytes, body, isAttribute: true)
            default:
                if kind.isAggregate { return try beginAggregate(kind, bytes, body) }
                try check(kind, bytes, body)
                add(kind, at: body.lowerBound, count: body.count)
                return true
            }
        }

        mutating func add(_ kind: RESPValue.Kind, at offset: Int, count: Int) {
            nodes.append(RESPValue.Node(kind: kind, offset: offset - start, count: count, end: nodes.count + 1))
        }

        mutating func beginBulk(
            _ kind: RESPValue.Kind, _ bytes: Span<UInt8>, _ body: Range<Int>
        ) throws(ProtocolError) -> Bool {
            let count = try number(bytes, body)
            if count == -1, kind == .bulkString {
                add(.null, at: position, count: 0)
                return true
            }
            guard count >= 0 else { throw malformed(bytes, body) }
            guard count <= RESPParser.maximumBulkLength else { throw .tooLong(announced: count) }
            bulk = (kind, count)
            return false
        }

        mutating func beginAggregate(
            _ kind: RESPValue.Kind, _ bytes: Span<UInt8>, _ body: Range<Int>, isAttribute: Bool = false
        ) throws(ProtocolError) -> Bool {
            let announced = try number(bytes, body)
            if announced == -1, kind == .array {
                add(.null, at: position, count: 0)
                return true
            }
            guard announced >= 0 else { throw malformed(bytes, body) }
            guard announced <= RESPParser.maximumElements else { throw .tooLong(announced: announced) }
            let count = kind == .map ? announced * 2 : announced
            guard open.count < RESPParser.maximumDepth else { throw .tooDeep }
            open.append(OpenAggregate(node: nodes.count, missing: count, isAttribute: isAttribute))
            let needed = nodes.count + 1 + min(count, RESPParser.elementsAhead)
            if needed > nodes.capacity { nodes.reserveCapacity(max(needed, 2 * nodes.capacity)) }
            add(kind, at: position, count: count)
            guard count == 0 else { return false }
            // Closed by `closeAggregates`, which counts it off as an element of the aggregate around it.
            open[open.count - 1].missing = 1
            return true
        }

        /// Counts a finished value off the aggregates around it and closes those that are full. True when the reply is
        /// complete.
        mutating func closeAggregates() -> Bool {
            while let last = open.indices.last {
                open[last].missing -= 1
                guard open[last].missing == 0 else { return false }
                let closed = open.removeLast()
                if closed.isAttribute {
                    nodes.removeSubrange(closed.node...)
                    return false
                }
                nodes[closed.node].end = nodes.count
            }
            return true
        }

        func number(_ bytes: Span<UInt8>, _ body: Range<Int>) throws(ProtocolError) -> Int {
            guard let number = bytes.integer(in: body) else { throw malformed(bytes, body) }
            return number
        }

        /// Bytes of the format before a verbatim string's text: three letters and a colon.
        func formatLength(_ bytes: Span<UInt8>, _ count: Int) throws(ProtocolError) -> Int {
            guard count >= 4, bytes[position + 3] == UInt8(ascii: ":") else {
                throw malformed(bytes, position..<position + count)
            }
            return 4
        }

        /// Checks what follows the type byte of a value on a single line.
        func check(_ kind: RESPValue.Kind, _ bytes: Span<UInt8>, _ body: Range<Int>) throws(ProtocolError) {
            let isWellFormed =
                switch kind {
                case .integer: bytes.integer(in: body) != nil
                case .bigNumber: bytes.isInteger(in: body)
                case .double: bytes.isDouble(in: body)
                case .boolean:
                    body.count == 1 && [UInt8(ascii: "t"), UInt8(ascii: "f")].contains(bytes[body.lowerBound])
                case .null: body.isEmpty
                default: true
                }
            guard isWellFormed else { throw malformed(bytes, body) }
        }

        func malformed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> ProtocolError {
            .malformed(ByteString(range.prefix(64).map { bytes[$0] }))
        }
    }
}

extension RESPValue {
    /// A whole reply; nil for anything else.
    package init?(reply bytes: UnsafeRawBufferPointer) {
        var state = RESPParser.State()
        let isWhole = try? state.parse(bytes.bindMemory(to: UInt8.self).span)
        guard isWhole == true, state.position == bytes.count else { return nil }
        self.init(tape: Tape(bytes: Array(bytes), nodes: state.nodes), index: 0)
    }
}
