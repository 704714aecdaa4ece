import Commands
import RESP
import Routing
import Testing

/// The plan of a command over several slots, driven by hand.
struct ScriptedPlan {
    private(set) var plan: Plan
    private(set) var requests: [Request] = []
    private(set) var isRace = false

    /// - Parameters:
    ///   - line: words separated by spaces; the keys are in several slots.
    ///   - hasReplica: whether a replica has to confirm what is copied.
    init(_ line: String, hasReplica: Bool = false) throws {
        let arguments = line.split(separator: " ").map { ByteString(String($0)) }
        let node = Node(address: here, id: "", role: .master, isHealthy: true)
        let replica = Node(
            address: NodeAddress(host: "127.0.0.1", port: 7001), id: "", role: .replica, isHealthy: true)
        let nodes = hasReplica ? [node, replica] : [node]
        let topology = Topology(shards: [.init(slots: [0...16_383], nodes: nodes)])
        let plan = try Router().plan(
            for: Command(arguments, target: nil), row: CommandTable.row(for: arguments), view: .cluster(topology),
            owners: SlotMap(topology), home: here)
        self.plan = try #require(plan)
    }

    init(_ plan: Plan) {
        self.plan = plan
    }

    /// The words of the next requests; several commands of one request are separated by ` | `.
    mutating func start() throws -> [String] { try send([]) }

    mutating func send(_ outcomes: RequestOutcome...) throws -> [String] { try send(outcomes) }

    private mutating func send(_ outcomes: [RequestOutcome]) throws -> [String] {
        switch plan.advance(outcomes) {
        case .send(let requests, _): (self.requests, isRace) = (requests, false)
        case .race(let requests): (self.requests, isRace) = (requests, true)
        case let step: throw UnexpectedStep(step: step)
        }
        return requests.map { request in
            request.commands.map { $0.map(\.text).joined(separator: " ") }.joined(separator: " | ")
        }
    }

    mutating func ending(_ outcomes: RequestOutcome...) throws -> Reply { try ending(outcomes) }

    private mutating func ending(_ outcomes: [RequestOutcome]) throws -> Reply {
        let step = plan.advance(outcomes)
        guard case .finish(let reply, _) = step else { throw UnexpectedStep(step: step) }
        return reply
    }

    /// The reply of a plan that ends without any notes.
    mutating func finish(_ outcomes: RequestOutcome...) throws -> RESPValue {
        let reply = try ending(outcomes)
        let value = try #require(reply.value)
        #expect(reply.notes.isEmpty && reply.outcome == (value.isError ? .failed : .succeeded))
        return value
    }

    mutating func pause(_ outcomes: RequestOutcome...) throws -> Double {
        let step = plan.advance(outcomes)
        guard case .pause(let seconds) = step else { throw UnexpectedStep(step: step) }
        return seconds
    }

    mutating func failure(_ outcomes: RequestOutcome...) -> CommandFailure? {
        guard case .fail(let failure) = plan.advance(outcomes) else { return nil }
        return failure
    }

    struct UnexpectedStep: Error {
        let step: PlanStep
    }
}

private let here = NodeAddress(host: "127.0.0.1", port: 7000)

extension Reply {
    var value: RESPValue? {
        guard case .value(let value) = body else { return nil }
        return value
    }
}

extension RequestOutcome {
    static func reply(_ value: RESPValue) -> RequestOutcome { .reply(value, from: here) }

    static let zero = RequestOutcome.reply(.integer(0))

    /// The replies to a block from MULTI to EXEC around one command.
    static func block(_ value: RESPValue) -> RequestOutcome {
        .reply(.array([.ok, .status("QUEUED"), .array([value])]))
    }
}

extension CommandFailure {
    /// A failure before anything was carried out.
    static let lost = CommandFailure.unreachable(here, reason: "refused")
    static let unclear = CommandFailure.unknownOutcome(here, reason: "closed")
}
