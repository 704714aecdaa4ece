import Clock
import Commands
import Engine
import Glibc
import Presentation
import RESP
import Routing
import Transport

extension Diagnosis {
    /// What a node says about itself, and how it was reached.
    struct Probe {
        let node: NodeAddress
        /// How far the connection got, with the seconds since the step before.
        let steps: [(step: ConnectionStep, seconds: Double)]
        /// To each ``Question``; fewer where the node took too long.
        let answers: Result<[RESPValue], CommandFailure>
        /// Microseconds since 1970 on this machine, halfway through the questions.
        private let time: Int

        private enum Question: Int, CaseIterable {
            case hello, user, time, id, nodes, server

            var words: [ByteString] {
                switch self {
                case .hello: ["HELLO"]
                case .user: ["ACL", "WHOAMI"]
                case .time: ["TIME"]
                case .id: ["CLUSTER", "MYID"]
                case .nodes: ["CLUSTER", "NODES"]
                case .server: ["INFO", "server"]
                }
            }
        }

        /// The steps of all connections, as they happen.
        private final class Log {
            var steps: [NodeAddress: [(step: ConnectionStep, at: Instant)]] = [:]

            func take(_ trace: Trace) {
                guard case .connection(let node, let step) = trace else { return }
                steps[node, default: []].append((step, .now))
            }
        }

        /// Asks nodes at once, each over a separate connection.
        ///
        /// - Parameter change: how the connections differ from the session's.
        static func probes(
            _ nodes: [NodeAddress], _ session: Engine, _ change: (inout ConnectionSettings) -> Void = { _ in }
        ) -> [Probe] {
            var settings = session.settings
            change(&settings)
            let log = Log()
            settings.trace = { log.take($0) }
            let engine = Engine(seeds: nodes, settings: settings)
            engine.loop.signals = session.loop.signals
            let start = Instant.now
            let before = Instant.wallClock
            let answers = engine.ask(nodes, Question.allCases.map(\.words), waitsForConnect: true)
            let time = before + (Instant.wallClock - before) / 2
            return zip(nodes, answers).map { node, answers in
                var last = start
                let steps = (log.steps[node] ?? []).map { entry in
                    defer { last = entry.at }
                    return (entry.step, entry.at.seconds(since: last))
                }
                return Probe(node: node, steps: steps, answers: answers, time: time)
            }
        }

        // MARK: Findings

        var isReached: Bool {
            if case .success = answers { true } else { false }
        }

        /// True when the connection was made, whatever happened to it.
        var isConnected: Bool { steps.contains { $0.step == .connected } }

        private func answer(_ question: Question) -> RESPValue? {
            guard case .success(let answers) = answers, answers.indices.contains(question.rawValue) else { return nil }
            return answers[question.rawValue]
        }

        private func good(_ question: Question) -> RESPValue? {
            answer(question).flatMap { $0.isError ? nil : $0 }
        }

        /// Why nothing may be asked.
        var refusal: String? { error { $0 == "NOAUTH" || $0 == "WRONGPASS" } }

        /// Why the node runs no commands now: it is running a script, or loading its data. Commands that the user may
        /// not run are not such a reason.
        var trouble: String? { refusal == nil ? error { $0 != "NOPERM" } : nil }

        /// The error to a question that every node should answer.
        private func error(where isMeant: (ByteString) -> Bool) -> String? {
            answer(.time).flatMap { answer in
                answer.serverError.flatMap { isMeant($0.code) ? answer.text : nil }
            }
        }

        var user: String? { good(.user)?.text }

        /// Why the node does not say who the user is.
        var userError: String? { answer(.user).flatMap { $0.isError ? $0.text : nil } }

        var id: String? { good(.id)?.text }

        /// `redis 7.0.15`. A user who may not run INFO may run HELLO.
        var version: String? {
            let info = ServerText.object(good(.server) ?? .null, .sections)[field: "server"]
            if let version = info?[field: "valkey_version"]?.text { return "valkey \(version)" }
            if let version = info?[field: "redis_version"]?.text { return "redis \(version)" }
            guard let hello = good(.hello), let version = hello[field: "version"]?.text else { return nil }
            return "\(hello[field: "server"]?.text ?? "redis") \(version)"
        }

        var protocols: String { good(.hello) == nil ? "RESP2" : "RESP2 and RESP3" }

        /// Seconds by which the node's clock is ahead of this machine's.
        var clockSkew: Double? {
            let parts = good(.time).map { $0.elements.map(\.integer) } ?? []
            guard parts.count == 2, let seconds = parts[0], let microseconds = parts[1] else { return nil }
            return Double(seconds.multipliedReportingOverflow(by: 1_000_000).partialValue &+ microseconds &- time) / 1e6
        }

        /// What the node says of all nodes.
        var lines: [ClusterNodeLine] { good(.nodes).map { ClusterNodeLine.lines(of: $0.text) } ?? [] }

        /// What the node says about itself, including slots on the move.
        var ownLines: [ClusterNodeLine] { lines.filter { $0.flags.contains("myself") } }

        /// The ID of each slot's owner; nil where the node does not say.
        var slots: [String?]? {
            guard !lines.isEmpty else { return nil }
            var owners = [String?](repeating: nil, count: HashSlot.count)
            for line in lines { for range in line.slots { for slot in range { owners[slot] = line.id } } }
            return owners
        }
    }
}
