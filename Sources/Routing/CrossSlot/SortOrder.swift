import RESP

/// The order that SORT puts elements in, as their indexes.
///
/// ALPHA compares bytes, as the server does with STORE; without STORE, the server uses its own locale.
enum SortOrder {
    static let noNumber = RESPValue.error("ERR One or more scores can't be converted into double")

    /// By numbers; equal ones by the elements' bytes.
    ///
    /// - Parameter weights: one for each element.
    static func numeric(_ elements: [RESPValue], by weights: [Double], descending: Bool) -> [Int] {
        // Sorts indexes: moving a million elements around would retain and release each of them many times.
        weights.enumerated().sorted { left, right in
            let (left, right) = descending ? (right, left) : (left, right)
            guard left.element == right.element else { return left.element < right.element }
            return elements[left.offset].payload.lexicographicallyPrecedes(elements[right.offset].payload)
        }.map(\.offset)
    }

    /// By bytes; equal ones keep their order.
    ///
    /// - Parameter weights: one for each element; null comes first.
    static func alphabetic(by weights: [RESPValue], descending: Bool) -> [Int] {
        weights.indices.sorted { left, right in
            let (left, right) = descending ? (weights[right], weights[left]) : (weights[left], weights[right])
            guard left.kind != .null, right.kind != .null else { return left.kind == .null && right.kind != .null }
            return left.payload.lexicographicallyPrecedes(right.payload)
        }
    }
}
