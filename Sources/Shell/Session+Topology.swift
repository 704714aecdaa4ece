import Terminal
import Commands
import Engine
import Glibc
import Presentation
import RESP
import Routing

// The cluster at a glance.
extension Session {
    /// `:nodes`.
    func showNodes(at place: SourceLine?) -> ExitStatus {
        withTopology(for: .nodes, at: place) { topology in
            show(NodeTable.table(topology, ask(topology.nodes, ["INFO"])))
        }
    }

    /// `:slots`.
    func showSlots(at place: SourceLine?) -> ExitStatus {
        withTopology(for: .slots, at: place) { topology in
            let picture = SlotPicture(
                topology, ask(topology.masters, ["CLUSTER", "NODES"], keeping: ClusterNodeLine.own))
            guard style.format.isForPeople else { return show(picture.table) }
            return presenter.show(picture.text(isColored: style.palette != nil, in: presenter.window))
        }
    }

    /// Shows one of slotline's own tables: columns for people, values for programs.
    func show(_ table: Table) -> ExitStatus {
        switch style.format {
        case .table, .terminal: return presenter.show(table.text(in: presenter.window, presenter.columns))
        case .raw: return presenter.show(table.withoutBlanks.text(in: presenter.window, presenter.columns))
        case .json, .quotedJSON: return show(table.value)
        case .csv:
            for line in table.lists { presenter.show(message: line) }
            output.flush()
            return .ok
        }
    }

    func show(_ value: RESPValue) -> ExitStatus {
        presenter.show(message: value)
        output.flush()
        return .ok
    }

    /// What each node says within a second: a glance does not wait for slow nodes.
    private func ask(
        _ nodes: [Node], _ words: [ByteString], keeping: (RESPValue) -> RESPValue = { $0 }
    ) -> [NodeReply] {
        let replies = engine.ask(nodes.map(\.address), for: words, keeping: keeping)
        return zip(nodes, replies).map { NodeReply(node: $0, result: $1) }
    }

    private func withTopology(
        for word: ShellWord, at place: SourceLine?, _ body: (Topology) -> ExitStatus
    ) -> ExitStatus {
        if !engine.refreshTopology(), engine.map.topology == nil {
            do {
                try engine.reach()
            } catch {
                return fail(error, of: Command([ByteString(word.name)]), at: place)
            }
        }
        engine.tellOfMissingNodes()
        guard let topology = engine.map.topology else {
            let home = engine.map.home
            if engine.map.isStandalone { return fail(.notACluster(home), at: place) }
            do {
                return fail(.topologyUnknown(home, reason: try engine.topologyRefusal(by: home)), at: place)
            } catch {
                return fail(error, of: Command([ByteString(word.name)]), at: place)
            }
        }
        return body(topology)
    }
}
