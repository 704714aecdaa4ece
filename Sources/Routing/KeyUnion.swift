import Commands
import RESP

/// Merges the keys that many masters list as they arrive, without keeping them.
///
/// A key listed by the owner of its slot is emitted at once. A key listed by another master is on its way to a new
/// owner, or was left behind by such a move: these keys are kept until all masters have answered, and emitted once.
/// Their owner may have listed them as well.
package struct KeyUnion: Sendable {
    private let owners: SlotMap
    /// Nil until the first keys come.
    private var hasher: SlotHasher?
    private var seen: Set<ByteString> = []
    /// The keys that were kept.
    private(set) var strays: [RESPValue] = []

    package init(_ owners: SlotMap) {
        self.owners = owners
    }

    var hasBegun: Bool { hasher != nil }

    /// - Parameter keys: an array of strings; anything else in it is emitted as is.
    /// - Returns: what to emit at once.
    mutating func take(_ keys: RESPValue, from node: NodeAddress) -> [RESPValue] {
        let hasher = hasher ?? SlotHasher()
        self.hasher = hasher
        let place = owners.place(of: node)
        var own: [RESPValue] = []
        own.reserveCapacity(keys.count)
        for key in keys.elements {
            let payload = key.payload
            let slot = hasher.slot(ofKey: 0..<payload.count, in: payload.span.bytes)
            if let place, owners.place(ofSlot: slot) == place {
                own.append(key)
            } else if seen.insert(key.byteString).inserted {
                // Copied, so that the part that it came in is not kept with it.
                strays.append(.bulk(key.byteString))
            }
        }
        return own
    }
}
