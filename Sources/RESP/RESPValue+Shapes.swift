/// Replies read in the shapes that commands return. A server may send anything: nil for what is not of that shape.
extension RESPValue {
    package var isOK: Bool { !kind.isAggregate && !isError && payload.elementsEqual("OK".utf8) }

    /// A count, which is not negative.
    package var amount: Int? { kind == .integer ? integer.flatMap { $0 < 0 ? nil : $0 } : nil }

    /// The bytes of a string.
    package var string: ByteString? {
        switch kind {
        case .simpleString, .bulkString, .verbatimString: byteString
        default: nil
        }
    }

    /// The elements of an array with exactly this many.
    package func elements(_ count: Int) -> [RESPValue]? {
        kind == .array && self.count == count ? Array(elements) : nil
    }

    /// True for an array or a set of scalars.
    package var isFlatList: Bool {
        (kind == .array || kind == .set) && node.end - index - 1 == count
            && tape.nodes[(index + 1)..<node.end].allSatisfy { !$0.kind.isAggregate }
    }

    /// What SCAN and its kind return: where to continue, and what was found.
    package var page: (cursor: ByteString, found: RESPValue)? {
        guard let parts = elements(2), let cursor = parts[0].integerText, parts[1].kind.isAggregate else { return nil }
        return (cursor, parts[1])
    }

    /// The digits of a number, as a number or a string; it may be larger than any `Int`.
    private var integerText: ByteString? {
        let digits = kind == .integer ? byteString : string ?? ""
        return !digits.isEmpty && digits.bytes.allSatisfy { 0x30...0x39 ~= $0 } ? digits : nil
    }
}
