/// Values that slotline makes itself: merged replies, and answers given without a server.
extension RESPValue {
    package static let null = scalar(.null, [])

    package static let ok = status("OK")

    package static func status(_ text: String) -> RESPValue { scalar(.simpleString, Array(text.utf8)) }

    package static func bulk(_ bytes: ByteString) -> RESPValue { scalar(.bulkString, bytes.bytes) }

    package static func integer(_ number: Int) -> RESPValue { scalar(.integer, Array(String(number).utf8)) }

    package static func boolean(_ isTrue: Bool) -> RESPValue { scalar(.boolean, [UInt8(ascii: isTrue ? "t" : "f")]) }

    /// A bulk string, or null for nothing.
    package static func text(_ text: String?) -> RESPValue { text.map { .bulk(ByteString($0)) } ?? .null }

    /// An integer, or null for nothing.
    package static func number(_ number: Int?) -> RESPValue { number.map { .integer($0) } ?? .null }

    /// An error reply; `text` begins with its code (`ERR no such key`).
    package static func error(_ text: String) -> RESPValue { scalar(.error, Array(text.utf8)) }

    package static func array(_ elements: [RESPValue]) -> RESPValue { aggregate(.array, elements) }

    /// A map of keys and values in turn.
    package static func map(_ elements: [RESPValue]) -> RESPValue { aggregate(.map, elements) }

    package static func scalar(_ kind: Kind, _ payload: [UInt8]) -> RESPValue {
        let node = Node(kind: kind, offset: 0, count: payload.count, end: 1)
        return RESPValue(tape: Tape(bytes: payload, nodes: [node]), index: 0)
    }

    /// An aggregate with copies of `elements`, which may be from different replies. A map drops a key without a value.
    package static func aggregate(_ kind: Kind, _ elements: [RESPValue]) -> RESPValue {
        let elements = kind == .map ? elements.prefix(elements.count / 2 * 2) : elements[...]
        var bytes: [UInt8] = []
        var nodes = [Node(kind: kind, offset: 0, count: elements.count, end: 0)]
        nodes.reserveCapacity(elements.count + 1)
        for element in elements {
            let shift = nodes.count - element.index
            let tape = element.tape
            tape.bytes.withUnsafeBufferPointer { source in
                for index in element.index..<element.node.end {
                    var node = tape.nodes[index]
                    node.end += shift
                    if !node.kind.isAggregate {
                        let payload = UnsafeBufferPointer(rebasing: source[node.offset..<node.offset + node.count])
                        node.offset = bytes.count
                        bytes.append(contentsOf: payload)
                    }
                    nodes.append(node)
                }
            }
        }
        nodes[0].end = nodes.count
        return RESPValue(tape: Tape(bytes: bytes, nodes: nodes), index: 0)
    }
}
