import Commands
import Engine
import RESP
import Routing
import TestSupport
import Testing

extension Engine {
    /// An engine for tests: it knows these nodes, gives up soon, and prints nothing.
    ///
    /// - Parameter patience: too short for tests that need an answer, since a busy machine may be as slow.
    convenience init(
        _ seeds: [ScriptedNode], retryFor: Double = 0.3, patience: Double = 60, _ settings: ConnectionSettings = .init()
    ) {
        self.init(seeds: seeds.map(\.address), settings: settings)
        self.retryFor = retryFor
        self.patience = patience
    }

    convenience init(_ cluster: ScriptedCluster, retryFor: Double = 0.3) {
        self.init(cluster.nodes, retryFor: retryFor)
    }

    /// An engine that has asked for the topology already.
    convenience init(knowing cluster: ScriptedCluster, retryFor: Double = 0.3) {
        self.init(cluster, retryFor: retryFor)
        ensureTopology()
    }

    /// Runs a command given as words separated by spaces; a first word with `@` is its target.
    @discardableResult
    func run(_ text: String, emit: ([RESPValue]) -> Void = { _ in }) throws -> Reply {
        let words = text.split(separator: " ").map { ByteString(String($0)) }
        let command = try #require(try Command(words: words))
        return try run(command) { elements, _ in
            emit(elements)
            return true
        }
    }

    /// The single value that a command returns; an error reply is a value like any other.
    func value(_ text: String) throws -> RESPValue {
        guard case .value(let value) = try run(text).body else { throw NotOneValue() }
        return value
    }

    /// The outcome of a command at each node.
    func dictionary(_ text: String) throws -> [NodeReply] {
        guard case .perNode(let replies) = try run(text).body else { throw NotADictionary() }
        return replies
    }

    /// Why a command has no reply; nil when it has one.
    func failure(_ text: String) throws -> CommandFailure? {
        do {
            try run(text)
            return nil
        } catch let failure as CommandFailure {
            return failure
        }
    }

    struct NotOneValue: Error {}
    struct NotADictionary: Error {}
}
