import Commands
import Engine
import Presentation
import RESP
import Routing
import Transport

/// A line of `--debug`.
enum TraceLine {
    /// - Parameter microseconds: since 1970.
    static func text(_ trace: Trace, at microseconds: Int) -> String {
        let fraction = String(microseconds % 1_000_000)
        let time =
            Units.date(seconds: microseconds / 1_000_000) + "." + String(repeating: "0", count: 6 - fraction.count)
        return "\(time)\(fraction) \(trace.category.rawValue): \(text(trace))"
    }

    private static func text(_ trace: Trace) -> String {
        switch trace {
        case .connection(let node, let step): "\(node): \(text(step))"
        case .session(let node, let step, let state, let error):
            "\(node): \(text(step, state)): \(error ?? "ok")"
        case .topology(let node, let view): "\(node): \(text(view))"
        case .noTopology(let node, let failure): "\(node): \(failure.cause)"
        case .sent(let name, let route, let node):
            "\(Quoting.utf8.word(name))\(route.slot.map { " in slot \($0.number)" } ?? "") to \(node)"
        case .decided(let event, let decision): "\(text(event)): \(text(decision))"
        case .step(let number, let names):
            "step \(number): \(names.map { Quoting.utf8.word($0) }.joined(separator: ", "))"
        }
    }

    private static func text(_ step: ConnectionStep) -> String {
        switch step {
        case .resolved(let addresses): "resolved to \(addresses.joined(separator: ", "))"
        case .connected: "connected"
        case .encrypted(let tls): "\(tls.version), \(tls.cipher), certificate for \(tls.names) until \(tls.end)"
        case .failed(let error): error.reason
        }
    }

    private static func text(_ step: SessionState.Step, _ state: SessionState) -> String {
        switch step {
        case .user: "AUTH as \(state.credentials?.user.map { Quoting.utf8.word($0) } ?? "the default user")"
        case .database: "SELECT \(state.database)"
        case .version: "HELLO \(state.protocolVersion)"
        case .name: "CLIENT SETNAME"
        case .setting: "CLIENT or READONLY"
        }
    }

    private static func text(_ view: ClusterView) -> String {
        switch view {
        case .unknown: "did not return the topology"
        case .standalone: "a standalone server"
        case .cluster(let topology):
            topology.shards.map { shard in
                let slots = shard.slots.map(\.text)
                return shard.nodes.map { node in
                    let announced = node.address.announcement?.address
                    let name = announced.map { $0 == node.address ? "" : " (announced as \($0))" } ?? ""
                    return "\(node.role.rawValue) \(node.address)\(name)\(node.isHealthy ? "" : " failed")"
                }.joined(separator: ", ") + (slots.isEmpty ? "" : " slots \(slots.joined(separator: ","))")
            }.joined(separator: "; ")
        }
    }

    private static func text(_ event: Delivery.Event) -> String {
        switch event {
        case .redirected(_, let node, let text, _): "\(node) says \(text)"
        case .lost(let node, let reason, _, _, _): "\(node): \(reason)"
        case .silent(let node, _): "\(node) has not replied, and no longer serves the slot"
        case .timedOut(let node, let seconds, _): "\(node): no reply for \(seconds.shortText) s"
        case .interrupted(let node, _): "\(node.map { "\($0): " } ?? "")interrupted"
        }
    }

    private static func text(_ decision: Delivery.Decision) -> String {
        switch decision {
        case .reply: "taken as the reply"
        case .confirm: "the node is asked for its view of the slot"
        case .send(let isAsking): isAsking ? "sent again, with ASKING" : "sent again"
        case .wait: "trying again after a pause"
        case .fail(let failure): "gave up, \(failure.code)"
        }
    }
}
