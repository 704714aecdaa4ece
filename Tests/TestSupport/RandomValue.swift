package import RESP

/// Random values, with every payload that their kind allows.
package enum RandomValue {
    package static let kinds: [RESPValue.Kind] = [
        .simpleString, .error, .integer, .bulkString, .null, .double, .boolean, .bigNumber, .verbatimString, .array,
        .set, .push, .map,
    ]

    /// - Parameters:
    ///   - kinds: what the value and those within it may be.
    ///   - depth: how many aggregates may be nested.
    package static func make(
        of kinds: [RESPValue.Kind] = kinds, depth: Int, using random: inout SeededRandom
    ) -> RESPValue {
        let kind = kinds.filter { depth > 0 || !$0.isAggregate }.randomElement(using: &random) ?? .null
        if kind.isAggregate {
            let count = Int.random(in: 0...5, using: &random) * (kind == .map ? 2 : 1)
            return .aggregate(kind, (0..<count).map { _ in make(of: kinds, depth: depth - 1, using: &random) })
        }
        return .scalar(kind, payload(of: kind, using: &random))
    }

    private static func payload(of kind: RESPValue.Kind, using random: inout SeededRandom) -> [UInt8] {
        let number = Int.random(in: .min ... .max, using: &random)
        switch kind {
        case .simpleString: return random.bytes(Int.random(in: 0...20, using: &random)).filter { $0 != 0x0d }
        case .integer: return Array("\(number)".utf8)
        case .double:
            let double = Double(bitPattern: UInt64(bitPattern: Int64(number)))
            return Array((double.isNaN ? "nan" : "\(double)").utf8)
        case .boolean: return number < 0 ? [UInt8(ascii: "t")] : [UInt8(ascii: "f")]
        case .bigNumber: return Array("\(number)\(number.magnitude)".utf8)
        case .null, .array, .set, .push, .map: return []
        case .error, .bulkString, .verbatimString: return random.bytes(Int.random(in: 0...60, using: &random))
        }
    }
}
