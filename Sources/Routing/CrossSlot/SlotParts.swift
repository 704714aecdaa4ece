import Commands
import RESP

/// A command that is sent slot by slot, to all slots at once, each with its own keys.
///
/// Keys are grouped by slot rather than by node, so a slot that moves in the meantime takes only its own part
/// elsewhere. While it moves, a server cannot work on several of its keys at once (TRYAGAIN); they are then sent one by
/// one.
struct SlotParts: Sendable {
    let request: Request
    /// Indexes among the command's arguments.
    let keys: [Int]
    private let width: Int
    /// What is left to send; empty when each part has an outcome.
    private(set) var groups: [KeyGroup]
    private(set) var done: [(group: KeyGroup, outcome: RequestOutcome)] = []

    /// - Parameters:
    ///   - keys: indexes among the request's arguments.
    ///   - width: how many words each key takes, with what belongs to it.
    init(_ request: Request, keys: [Int], width: Int = 1) {
        self.request = request
        self.keys = keys
        self.width = width
        groups = KeyGroup.bySlot(keys, of: request.arguments)
    }

    var requests: [Request] {
        groups.map { group in
            let words = group.command(of: request.arguments, keys: keys, width: width)
            var part = Request(arguments: words, route: .slot(group.slot), isReadonly: request.isReadonly)
            part.waitsForMigration = !group.isDivisible(of: request.arguments)
            return part
        }
    }

    /// - Parameters:
    ///   - outcomes: the outcomes of ``requests``.
    ///   - isExpected: false for a reply that the command does not return.
    mutating func take(_ outcomes: [RequestOutcome], expecting isExpected: (RESPValue, KeyGroup) -> Bool) {
        let name = request.name
        var single: [KeyGroup] = []
        done.reserveCapacity(done.count + groups.count)
        for (group, outcome) in zip(groups, outcomes) {
            if let error = outcome.error?.serverError, error.code == "TRYAGAIN",
                group.isDivisible(of: request.arguments)
            {
                single += group.byKey(of: request.arguments)
            } else {
                let checked = outcome.expecting(name, isReadonly: request.isReadonly) { isExpected($0, group) }
                done.append((group, checked))
            }
        }
        groups = single
    }
}
