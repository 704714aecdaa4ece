import Commands
import RESP

/// Pops over several slots: LMPOP, ZMPOP, BLPOP, BRPOP, BZPOPMIN, BZPOPMAX, BLMPOP, BZMPOP.
///
/// The command is sent for one key at a time, so only one node ever pops, and what it pops is the reply. It goes to the
/// first key, which costs one round trip and lets the server check the arguments; if there is nothing, all keys are
/// looked at, and it goes to the first that exists, in the order of the command. A blocking command is sent in a
/// transaction, where it does not block; there is a pause between looks. Clients are therefore not served in the order
/// they came. A command that does not block gives up after other clients have been faster many times, each time taking
/// the key that existed.
///
/// An interruption before the pop, or between two, leaves everything as it is. If the reply to the pop is lost, what it
/// popped may be lost as well, as with the server's own command.
struct PopPlan: SlotPlan {
    private enum Stage { case start, complaining, popping, looking, pausing }

    private static let maximumPops = 17

    private let request: Request
    /// Consecutive indexes among the command's arguments.
    private let keys: [Int]
    private var stage = Stage.start
    /// Nil for a command that does not block.
    private var pauses: PollingPauses?
    private var pops = 0

    /// - Parameter blocks: true for a command with a timeout.
    init(_ request: Request, keys: KeySpecs, blocks: Bool) {
        self.request = request
        self.keys = keys.indexes(in: request.arguments)
        guard blocks else { return }
        let timeout = request.arguments[self.keys[0] > 1 ? 1 : request.arguments.count - 1]
        // A timeout that is not a number is left for the server to refuse, at the first pop.
        pauses = PollingPauses(seconds: Double(timeout.text) ?? 0)
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        do throws(PlanEnding) {
            switch stage {
            case .start:
                // The keys extend to where LEFT or MIN should be: the server says so.
                guard keys[keys.count - 1] + 1 < request.arguments.count else {
                    stage = .complaining
                    return .send([request.aboutFirstKey(keys)])
                }
                return pop(keys[0])
            case .complaining: return .finish(Reply(try outcomes.replies()[0]))
            case .popping:
                let outcome =
                    pauses == nil ? outcomes[0] : TransactionBlock.onlyOutcome(of: outcomes[0], isReadonly: false)
                let reply = try [outcome].replies()[0]
                return reply.kind == .null ? lookAgain() : .finish(Reply(reply))
            case .looking:
                let counts = try outcomes.expecting("EXISTS", isReadonly: true) { $0.amount != nil }.replies()
                let isThere = counts.map { $0.amount != 0 }
                if let (index, _) = zip(keys, isThere).first(where: { $1 }) { return pop(index) }
                return pauses == nil ? .finish(Reply(.null)) : pause()
            case .pausing: return look()
            }
        } catch {
            return error.step
        }
    }

    var timeout: Double? { pauses?.secondsLeft }

    var outline: PlanOutline {
        let name = pauses == nil ? request.name : "MULTI, \(request.name), EXEC"
        let pause = pauses != nil ? "; if none exists, retry after a pause" : ""
        return PlanOutline(
            steps: [
                "\(name) on the first key only",
                "if it is empty, EXISTS on each of \(keys.count) keys, in parallel",
                "\(name) on the first key that exists\(pause)",
            ],
            roundTrips: pauses == nil ? 3 : 5)
    }

    /// Nothing was there. The first time, that says nothing, since no key had been looked at; later, another client was
    /// faster.
    private mutating func lookAgain() -> PlanStep {
        guard pops > 1 else { return look() }
        guard pauses == nil else { return pause() }
        return pops < Self.maximumPops ? look() : .fail(.contested(last: "other clients were faster"))
    }

    private mutating func pause() -> PlanStep {
        guard let seconds = pauses?.pause() else { return .finish(Reply(.null)) }
        stage = .pausing
        return .pause(seconds: seconds)
    }

    private mutating func look() -> PlanStep {
        stage = .looking
        return .send(
            keys.map { index in
                let key = request.arguments[index]
                return Request(arguments: ["EXISTS", key], route: .slot(HashSlot(key: key)), isReadonly: true)
            })
    }

    /// The same command for a single key.
    private mutating func pop(_ index: Int) -> PlanStep {
        stage = .popping
        pops += 1
        let key = request.arguments[index]
        var words = Array(request.arguments[..<keys[0]])
        // Keys that do not follow the command word directly are preceded by their number.
        if keys[0] > 1 { words[keys[0] - 1] = "1" }
        words += [key] + request.arguments[(keys[keys.count - 1] + 1)...]
        let slot = HashSlot(key: key)
        guard pauses != nil else { return .send([Request(arguments: words, route: .slot(slot), isReadonly: false)]) }
        return .send([Request(TransactionBlock([words]), in: slot, isReadonly: false)])
    }
}
