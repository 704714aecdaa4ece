import Commands
import RESP

/// MSETNX, and MSETEX with NX, over several slots: checks whether a key exists, then sets slot by slot in ascending
/// order, so that one of two clients wins at the first slot they share. If a slot refuses, what was set before is
/// rolled back, key by key and only where the value is still the command's own.
///
/// An interruption while slots are being set, or before the rollback is complete, leaves some of the new keys; no key
/// is ever overwritten. If a slot's reply is lost, everything is rolled back as well. Keys that may remain are named:
/// those that could not be rolled back, and those of that slot that did not exist, since what was lost may still
/// arrive.
struct MSETNXPlan: SlotPlan {
    private enum Stage {
        case start, complaining, lookingForKeys
        /// The group at this index.
        case setting(Int)
        /// - lost: the slot whose reply was lost.
        case takingBack(because: RequestOutcome, keys: [ByteString], lost: HashSlot?)
    }

    private let request: Request
    private let keys: [Int]
    private let width: Int
    private let lacksValue: Bool
    /// By slot, in ascending order.
    private let groups: [KeyGroup]
    private var stage = Stage.start

    init(_ request: Request, keys: KeySpecs) {
        self.request = request
        self.keys = keys.indexes(in: request.arguments)
        width = keys.step
        lacksValue = keys.lackWords(in: request.arguments)
        groups = KeyGroup.bySlot(self.keys, of: request.arguments).sorted { $0.slot < $1.slot }
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        do throws(PlanEnding) {
            switch stage {
            case .start:
                // A key without its value: the server says so before anything is written.
                if lacksValue {
                    stage = .complaining
                    return .send([request.aboutFirstKey(keys)])
                }
                stage = .lookingForKeys
                return .send(
                    groups.map { group in
                        let words = ["EXISTS"] + group.keys.map { request.arguments[$0] }
                        return Request(arguments: words, route: .slot(group.slot), isReadonly: true)
                    })
            case .complaining: return .finish(Reply(try outcomes.replies()[0]))
            case .lookingForKeys:
                let counts = try outcomes.expecting("EXISTS", isReadonly: true) { $0.amount != nil }.replies()
                return counts.contains { $0.amount != 0 } ? .finish(Reply(.integer(0))) : set(0)
            case .setting(let index):
                let outcome = outcomes[0].expecting(request.name, isReadonly: false) { 0...1 ~= $0.amount ?? -1 }
                if outcome.value?.amount == 1 {
                    return index + 1 < groups.count ? set(index + 1) : .finish(Reply(.integer(1)))
                }
                guard outcome.failure?.isUnclear == true else { return takeBack(groups[..<index], because: outcome) }
                return takeBack(groups[...index], because: outcome, lost: groups[index].slot)
            case .takingBack(let cause, let keys, let lost):
                let checked = outcomes.expecting("EVAL", isReadonly: false) { $0.amount != nil }
                let left = zip(keys, checked).compactMap { key, outcome in
                    let mayArrive = HashSlot(key: key) == lost && outcome.value?.amount == 0
                    return (mayArrive ? cause : outcome).failed(key)
                }
                let value = cause.value ?? cause.error ?? .incompleteWrite
                guard !left.isEmpty else { return lost == nil ? Self.end(cause) : .finish(Reply(value)) }
                return .finish(Reply(body: .value(value), outcome: .partial, notes: [.leftBehind(left)]))
            }
        } catch {
            return error.step
        }
    }

    var outline: PlanOutline {
        PlanOutline(
            steps: [
                "EXISTS in each of \(groups.count) slots, in parallel; 0 if a key exists",
                "\(request.name) in one slot after another; if one does not return 1, EVAL of GET and DEL of the keys"
                    + " set so far, unless changed since",
            ],
            roundTrips: 1 + groups.count)
    }

    private mutating func set(_ index: Int) -> PlanStep {
        stage = .setting(index)
        let group = groups[index]
        let words = group.command(of: request.arguments, keys: keys, width: width)
        return .send([Request(arguments: words, route: .slot(group.slot), isReadonly: false)])
    }

    private mutating func takeBack(
        _ set: ArraySlice<KeyGroup>, because cause: RequestOutcome, lost: HashSlot? = nil
    ) -> PlanStep {
        // For a key given twice, the last value counts.
        let single = set.flatMap { $0.byKey(of: request.arguments) }.map { $0.keys[$0.keys.endIndex - 1] }
        guard !single.isEmpty else { return Self.end(cause) }
        stage = .takingBack(because: cause, keys: single.map { request.arguments[$0] }, lost: lost)
        return .send(
            single.map { index in
                let (key, value) = (request.arguments[index], request.arguments[index + width - 1])
                return Request(
                    arguments: ["EVAL", Self.deleteIfEqual, "1", key, value], route: .slot(HashSlot(key: key)),
                    isReadonly: false, isScript: true)
            })
    }

    private static func end(_ outcome: RequestOutcome) -> PlanStep {
        switch outcome {
        case .reply(let value, _): .finish(Reply(value))
        case .failure(let failure): .fail(failure)
        }
    }

    private static let deleteIfEqual: ByteString =
        "return redis.pcall('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0"
}
