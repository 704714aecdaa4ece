import Commands
import RESP
import Routing
import Testing

/// What `:explain` shows, compared with what plans send.
struct CrossSlotOutlineTests {
    private static let rounds: UInt64 = 12
    private static let maximumSteps = 60

    @Test("Every command that a plan sends is in its outline", arguments: LyingServerTests.lines)
    func namesCommands(line: String) throws {
        guard case .crossSlot(let outlined, _) = try ScriptedPlan(line, hasReplica: true).plan else { return }
        let words = Set(
            outlined.outline.steps.joined(separator: " ").split { !$0.isLetter && $0 != "_" }.map(String.init))
        for request in try Self.requests(of: line) {
            for command in request.commands {
                let name = command[0].uppercased.text
                // ASKING, SELECT and the like are about connections, not about keys.
                guard name != "ASKING" else { continue }
                #expect(words.contains(name), "\(line) sends \(name)")
            }
        }
    }

    @Test(
        "Blocks and requests that watch keys never use the connection that commands share",
        arguments: LyingServerTests.lines)
    func staysApart(line: String) throws {
        for request in try Self.requests(of: line) {
            let names = request.commands.map { $0[0].uppercased.text }
            #expect(request.opening == names.firstIndex(of: "MULTI"))
            if names.contains(where: { ["MULTI", "EXEC", "WATCH", "UNWATCH", "DISCARD"].contains($0) }) {
                #expect(request.connection != .shared, "\(names)")
            }
        }
    }

    /// Everything that the plan sends to servers that are mostly honest.
    private static func requests(of line: String) throws -> [Request] {
        var sent: [Request] = []
        for seed in 0..<rounds {
            var plan = try ScriptedPlan(line, hasReplica: true).plan
            var server = OddReplies(seed: seed, honesty: seed.isMultiple(of: 2) ? 100 : 97)
            var outcomes: [RequestOutcome] = []
            steps: for _ in 0..<maximumSteps {
                switch plan.advance(outcomes) {
                case .send(let requests, _), .race(let requests):
                    sent += requests
                    outcomes = requests.map { server.outcome(of: $0) }
                case .pause: outcomes = []
                case .finish, .fail: break steps
                }
            }
        }
        return sent
    }
}
