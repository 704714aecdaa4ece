package import Commands
import RESP

/// How to route a command whose row and keys alone decide where it goes: to one slot. Such commands can be sent by the
/// million, back to back, without a plan for each. A class, so that it is not copied for each one either.
package final class SlotRule: Sendable {
    package let isReadonly: Bool
    /// See ``Request/isScript``.
    package let isScript: Bool
    private let arity: Int
    private let keys: KeySpecs

    package enum Place: Equatable, Sendable {
        case slot(Int)
        /// A plan has to decide: the keys span slots, there is no key, or the server will refuse the number of words.
        case planned
    }

    /// Nil for a row whose commands have to run one at a time: fan-outs, blocking commands, those that change the
    /// session or destroy a lot, and those that plans execute. Whether the row is blocked is not checked.
    package init?(_ row: CommandSpec) {
        guard row.request == .keyed, !row.keys.isEmpty, row.effect == .none, row.iterates == nil,
            row.flags.isDisjoint(with: [.blocking, .text]), row.destruction == nil, !row.crossSlot.concernsOneSlot
        else { return nil }
        arity = row.arity
        keys = row.keys
        isReadonly = row.flags.contains(.readonly)
        isScript = row.flags.contains(.script)
    }

    /// Where a command goes.
    ///
    /// - Parameter words: ranges of `bytes`, the command word first.
    package func place(of words: [Range<Int>], in bytes: RawSpan, _ hasher: SlotHasher) -> Place {
        guard CommandSpec.accepts(argumentCount: words.count, arity: arity) else { return .planned }
        if let (first, last, step) = keys.onlyRange(argumentCount: words.count) {
            guard first <= last else { return .planned }
            let slot = hasher.slot(ofKey: words[first], in: bytes)
            var index = first + step
            while index <= last {
                if hasher.slot(ofKey: words[index], in: bytes) != slot { return .planned }
                index += step
            }
            return .slot(slot)
        }
        let arguments = words.map { bytes.byteString($0) }
        let slots = Set(keys.indexes(in: arguments).map { HashSlot(key: arguments[$0]) })
        guard slots.count == 1, let slot = slots.first else { return .planned }
        return .slot(slot.number)
    }
}
