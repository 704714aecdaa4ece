import Commands
import Engine
import Presentation
import Routing
package import RESP
import Routing
import Transport

/// A mode that measures, samples or copies one node instead of running commands.
package enum Tool: Equatable, Sendable {
    case latency(LatencyView)
    case statistics
    /// The biggest keys by number of elements.
    case bigKeys
    /// The biggest keys by memory, taken from so many elements of each; 0 for the server's own number.
    case memoryKeys(samples: Int)
    case keyStatistics(KeyStatistics)
    /// So many of the keys that are used most.
    case hotKeys(count: Int)
    case lruTest(keys: Int)
    case intrinsicLatency(seconds: Int)
    /// A copy of the data, or of the functions alone, into a file; `-` is stdout.
    case snapshot(file: ByteString, functionsOnly: Bool)
    case replica
    /// The script in the file, in the server's debugger; the words behind the options are its keys and arguments.
    case scriptDebugger(file: ByteString, isSynchronous: Bool)

    package enum LatencyView: Equatable, Sendable {
        case summary, history
        case spectrum(isMonochrome: Bool)
    }

    /// Runs the tool on the node that the user named first.
    func run(in session: Session) -> ExitStatus {
        do {
            defer { session.output.flush() }
            return try carryOut(in: session)
        } catch {
            switch error {
            // Ctrl-C is how the long ones are meant to end; redis-cli takes it as success.
            case .command(.interrupted): return session.isDropIn ? .ok : .interrupted
            case .command(let failure): return session.fail(failure, of: Command([]), at: nil)
            case .refused(let error): return session.fail(.toolRefused(error: error.text))
            }
        }
    }

    /// The option of a tool that changes data.
    private var writingOption: String? {
        switch self {
        case .lruTest: "--lru-test"
        case .scriptDebugger: "--ldb"
        default: nil
        }
    }

    /// On a cluster it should not look as if the tool told of all of it.
    private func tellOfScope(in session: Session) {
        if case .intrinsicLatency = self { return }
        guard !session.isDropIn, session.engine.ensureTopology(), let topology = session.engine.map.topology,
            topology.masters.count > 1
        else { return }
        session.output.note(ToolText.oneNode(session.engine.map.seed, of: topology.masters.count))
    }

    private func carryOut(in session: Session) throws(DirectConnection.Failure) -> ExitStatus {
        if session.engine.router.isReadOnly, let option = writingOption {
            throw .command(.readOnly(command: option, alternative: nil))
        }
        tellOfScope(in: session)
        let node = DirectConnection(session.engine, to: session.engine.map.seed)
        switch self {
        case .scriptDebugger(let file, let isSynchronous):
            let command: [ByteString]
            do {
                command = try OneShot.evalWords(file, session.configuration.command)
            } catch {
                return session.fail(error)
            }
            try ScriptDebugger(session: session, command: command, isSynchronous: isSynchronous).run()
        case .latency(let view): try LatencyProbe(session: session, node: node).run(view)
        case .statistics: try StatisticsFeed(session: session, node: node).run()
        case .bigKeys: try KeySampling(session: session, node: node).biggest(memorySamples: nil)
        case .memoryKeys(let samples): try KeySampling(session: session, node: node).biggest(memorySamples: samples)
        case .keyStatistics(let statistics): try statistics.run(in: session, on: node)
        case .hotKeys(let count): try KeySampling(session: session, node: node).hottest(count)
        case .lruTest(let keys): try CacheSimulation(session: session, node: node).run(keys: keys)
        case .intrinsicLatency(let seconds): IntrinsicLatency(session: session).run(seconds: seconds)
        case .snapshot(let file, let functionsOnly):
            return try Replication(session: session, node: node).copy(to: file, functionsOnly: functionsOnly)
        case .replica: try Replication(session: session, node: node).follow()
        }
        return .ok
    }
}
