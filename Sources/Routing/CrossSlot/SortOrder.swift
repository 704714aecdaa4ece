import RESP

/// The order that SORT gives to elements.
///
/// ALPHA is by bytes, as the server's STORE does it; without STORE the server goes by its own locale.
enum SortOrder {
    static let noNumber = RESPValue.error("ERR One or more scores can't be converted into double")

    /// By numbers; equal ones by the elements' bytes.
    ///
    /// - Parameter weights: one for each element; null counts as 0.
    /// - Returns: nil when a weight is not a number.
    static func numeric(_ elements: [RESPValue], by weights: [RESPValue], descending: Bool) -> [RESPValue]? {
        var scored: [(score: Double, element: RESPValue)] = []
        scored.reserveCapacity(elements.count)
        for (element, weight) in zip(elements, weights) {
            guard let score = weight.kind == .null ? 0 : number(weight.payload) else { return nil }
            scored.append((score, element))
        }
        return scored.sorted { left, right in
            let (left, right) = descending ? (right, left) : (left, right)
            return left.score == right.score
                ? left.element.payload.lexicographicallyPrecedes(right.element.payload) : left.score < right.score
        }.map(\.element)
    }

    /// By bytes; equal ones stay in their order.
    ///
    /// - Parameter weights: one for each element; null comes first.
    static func alphabetic(_ elements: [RESPValue], by weights: [RESPValue], descending: Bool) -> [RESPValue] {
        zip(elements, weights).sorted { left, right in
            let (left, right) = descending ? (right.1, left.1) : (left.1, right.1)
            guard left.kind != .null, right.kind != .null else { return left.kind == .null && right.kind != .null }
            return left.payload.lexicographicallyPrecedes(right.payload)
        }.map(\.0)
    }

    /// A number as C's strtod reads it, up to the first 0; nothing at all is 0.
    private static func number(_ bytes: ArraySlice<UInt8>) -> Double? {
        let text = bytes.prefix { $0 != 0 }
        guard !text.isEmpty else { return 0 }
        let digits = text.drop { $0 == 0x20 || 0x09...0x0d ~= $0 }
        guard let number = Double(String(decoding: digits, as: UTF8.self)), !number.isNaN else { return nil }
        let isTooLarge = number.isInfinite && digits.contains { 0x30...0x39 ~= $0 }
        return isTooLarge ? nil : number
    }
}
