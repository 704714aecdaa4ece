import Commands
import Terminal
import Engine
import Options
package import Presentation
import RESP
import Routing

extension Tool {
    /// Runs the tool on the node that the user named first.
    package func run(in session: any ToolSession) -> ExitStatus {
        do {
            defer { session.output.flush() }
            return try carryOut(in: session)
        } catch {
            switch error {
            case .command(.interrupted):
                return session.configuration.dialect.endsToolsByInterrupt ? .ok : .interrupted
            case .command(let failure): return session.fail(failure)
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

    /// On a cluster, makes clear that the tool reports on one node only.
    private func tellOfScope(in session: any ToolSession) {
        if case .intrinsicLatency = self { return }
        guard session.configuration.dialect.hasOwnNotes, !session.configuration.isQuiet,
            session.engine.ensureTopology(), let topology = session.engine.map.topology, topology.masters.count > 1
        else { return }
        session.output.note(ToolText.oneNode(session.engine.map.seed, of: topology.masters.count))
    }

    private func carryOut(in session: any ToolSession) throws(DirectConnection.Failure) -> ExitStatus {
        if session.engine.router.isReadOnly, let option = writingOption {
            throw .command(.readOnly(command: option, alternative: nil))
        }
        if case .diagnosis = self { return Diagnosis(session).run() }
        tellOfScope(in: session)
        let node = DirectConnection(session.engine, to: session.engine.map.seed)
        switch self {
        case .scriptDebugger(let file, let isSynchronous):
            let command: [ByteString]
            do {
                command = try session.evalWords(file)
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
        case .diagnosis: break
        case .replica: try Replication(session: session, node: node).follow()
        }
        return .ok
    }
}
