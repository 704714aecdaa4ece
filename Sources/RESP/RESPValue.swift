/// A reply from a server, RESP2 or RESP3: a view into a flat tape, walked like a tree.
///
/// A value is one node of its tape; the elements of an aggregate are the nodes after it. Copies are cheap, since they
/// share the tape. Source: the Redis serialization protocol specification.
package struct RESPValue: Sendable {
    /// The kind of a reply. RESP2's null bulk string and null array are both `.null`, RESP3's bulk error is `.error`.
    package enum Kind: UInt8, Sendable {
        case simpleString, error, integer, bulkString, null
        case double, boolean, bigNumber, verbatimString
        case array, set, push
        /// Keys and values in turn: twice as many elements as pairs.
        case map

        package var isAggregate: Bool { rawValue >= Kind.array.rawValue }
    }

    /// One node of the tape.
    struct Node: Sendable {
        var kind: Kind
        /// Offset of the payload in the tape's bytes; unused for aggregates.
        var offset: Int
        /// Bytes of the payload, or elements of the aggregate.
        var count: Int
        /// The tape index after this node and all nodes within it.
        var end: Int
    }

    final class Tape: Sendable {
        let bytes: [UInt8]
        let nodes: [Node]

        init(bytes: [UInt8], nodes: [Node]) {
            self.bytes = bytes
            self.nodes = nodes
        }
    }

    let tape: Tape
    let index: Int

    var node: Node { tape.nodes[index] }

    package var kind: Kind { node.kind }

    package var isError: Bool { kind == .error }

    /// Elements of an aggregate (a map counts keys and values), or bytes of a scalar.
    package var count: Int { node.count }

    /// The bytes of a scalar: the text of a string, the digits of a number, `t` or `f` of a boolean. A verbatim string
    /// comes without its format prefix (`txt:`). Empty for null and for aggregates.
    package var payload: ArraySlice<UInt8> {
        let node = node
        return node.kind.isAggregate ? [] : tape.bytes[node.offset..<node.offset + node.count]
    }

    package var byteString: ByteString { ByteString(payload) }

    /// The payload as text; for messages and for protocol words, never for data.
    package var text: String { String(decoding: payload, as: UTF8.self) }

    /// The number of an integer reply, or of a string of decimal digits (RESP2 sometimes gives numbers as strings).
    package var integer: Int? { kind.isAggregate ? nil : Int(asciiDecimal: payload) }

    /// The error of an error reply, otherwise nil.
    package var serverError: ServerError? { isError ? ServerError(payload) : nil }

    /// The elements of an aggregate in order, keys and values of a map in turn; none for a scalar.
    package var elements: Elements { Elements(value: self) }

    package struct Elements: Sequence {
        let value: RESPValue

        package struct Iterator: IteratorProtocol {
            let tape: Tape
            var position: Int
            let end: Int

            package mutating func next() -> RESPValue? {
                guard position < end else { return nil }
                defer { position = tape.nodes[position].end }
                return RESPValue(tape: tape, index: position)
            }
        }

        package func makeIterator() -> Iterator {
            Iterator(tape: value.tape, position: value.index + 1, end: value.node.end)
        }

        package var underestimatedCount: Int { value.kind.isAggregate ? value.count : 0 }
    }

    /// The pairs of a map, or of an array that lists keys and values in turn, as RESP2 does.
    package var pairs: [(key: RESPValue, value: RESPValue)] {
        var pairs: [(key: RESPValue, value: RESPValue)] = []
        var iterator = elements.makeIterator()
        while let key = iterator.next(), let value = iterator.next() { pairs.append((key, value)) }
        return pairs
    }

    /// The value under a field name of a map, or of an array that lists fields and values in turn.
    package subscript(field field: StaticString) -> RESPValue? {
        var rest = elements.makeIterator()
        while let name = rest.next(), let value = rest.next() { if name.payload.matches(field) { return value } }
        return nil
    }
}

extension RESPValue: Equatable {
    package static func == (left: RESPValue, right: RESPValue) -> Bool {
        guard left.kind == right.kind, left.count == right.count else { return false }
        return left.kind.isAggregate ? left.elements.elementsEqual(right.elements) : left.payload == right.payload
    }
}
