import Commands
import Clock
import Engine
import Glibc
import Options
import Presentation
import RESP
import Routing
import Terminal
import Transport

/// `--diagnose`: follows the path that commands take, from the seeds to every node, and reports how far each step got.
/// It only asks; nothing is changed anywhere.
struct Diagnosis {
    private let session: any ToolSession
    private var report = DiagnosisReport()
    /// What the nodes have said, in the order in which they were asked.
    private var probes: [Probe] = []

    /// Clocks further apart than this, in seconds, make a difference to EXPIREAT and the like.
    private static let tolerableSkew = 1.0

    init(_ session: any ToolSession) {
        self.session = session
    }

    consuming func run() -> ExitStatus {
        let seeds = session.engine.map.seeds
        var reached = examine(seeds).compactMap { $0.isReached ? $0.node : nil }
        // The session may know others that are still there.
        let others = (session.engine.map.topology?.nodes ?? []).map(\.address).filter { !seeds.contains($0) }
        if reached.isEmpty, !others.isEmpty { reached = examine(others).compactMap { $0.isReached ? $0.node : nil } }
        if reached.isEmpty, let probe = probes.first(where: { !$0.isConnected }) {
            report.advise(
                session.isShell ? "connect HOST:PORT" : "-h HOST -p PORT",
                because: "Nothing answers at \(probe.node): start it, or use another server.")
        }
        let tellsOfCluster = Set(probes.filter { $0.slots != nil }.map(\.node))
        if let seed = reached.first(where: tellsOfCluster.contains) ?? reached.first { examineCluster(from: seed) }
        if session.style.format.isForPeople {
            session.output.write(report.text(in: Window(columns: Terminal.size(of: STDOUT_FILENO)?.columns ?? 100)))
        } else {
            session.output.write { session.renderer.append(report.value, isText: false, to: &$0) }
        }
        session.output.flush()
        return reached.isEmpty ? .noConnection : report.verdict == .failed ? .error : .ok
    }

    // MARK: Single nodes

    /// Asks nodes at once, and reports how far each got.
    @discardableResult
    private mutating func examine(_ nodes: [NodeAddress]) -> [Probe] {
        let found = Probe.probes(nodes, session.engine)
        for probe in found {
            tellOfSteps(probe)
            if probe.isReached { tellOfServer(probe) }
        }
        probes += found
        return found
    }

    private mutating func tellOfSteps(_ probe: Probe) {
        let node = probe.node
        for (step, seconds) in probe.steps {
            switch step {
            case .resolved(let addresses):
                report.add("name", at: node, addresses.joined(separator: ", "), seconds: seconds)
            case .connected: report.add(node.isSocket ? "socket" : "TCP", at: node, "connected", seconds: seconds)
            case .encrypted(let tls):
                report.add(
                    "TLS", at: node, "\(tls.version), \(tls.cipher), certificate for \(tls.names) until \(tls.end)",
                    seconds: seconds)
            case .failed(.unresolved(let reason)):
                report.add("name", at: node, reason, .failed, seconds: seconds)
            case .failed(.encryption(let failure)):
                report.add("TLS", at: node, failure.reason, .failed, seconds: seconds)
                mend(failure, at: node)
            case .failed where probe.isConnected: break
            case .failed(let error):
                report.add("TCP", at: node, error.reason, .failed, seconds: seconds)
            }
        }
        guard case .failure(let failure) = probe.answers else { return }
        switch failure {
        case .userRefused(_, let reason):
            report.add("user", at: node, reason, .failed)
            if failure.needsNoPassword {
                report.advise("without a password", because: "\(node) has none.")
            } else {
                report.advise("--user NAME --askpass", because: "\(node) refused the user or the password.")
            }
        case .databaseRefused(_, let database, let reason):
            report.add("database", at: node, reason, .failed)
            report.advise("-n NUMBER", because: "\(node) refused database \(database).")
        case .unreachable, .notConnectable:
            if probe.isConnected, session.engine.settings.tls == nil { silentPort(probe, failure.cause) }
        default: silentPort(probe, failure.cause)
        }
    }

    /// A port that accepts connections but does not answer in RESP: it may speak TLS.
    private mutating func silentPort(_ probe: Probe, _ reason: String) {
        report.add("protocol", at: probe.node, reason, .failed)
        guard session.engine.settings.tls == nil, encryption(at: probe.node) != nil else { return }
        report.advise("--tls", because: "\(probe.node) speaks TLS.")
    }

    private mutating func mend(_ failure: TLSFailure, at node: NodeAddress) {
        switch failure {
        case .notTLS, .noAnswer, .closed, .other:
            let plain = Probe.probes([node], session.engine) { $0.tls = nil }
            if plain[0].isReached { report.advise("without --tls", because: "\(node) does not speak TLS.") }
        case .wrongName(let host, let names):
            let certain = encryption(at: node)?.names ?? names
            let name = certain.split(separator: ",").map { $0.filter { $0 != " " } }.first { !$0.contains("*") }
            report.advise(
                "--tls-name \(name ?? "NAME")",
                because: "The certificate of \(node) is for \(names), not for \(host).")
        case .unknownIssuer, .selfSigned:
            report.advise(
                "--cacert FILE", because: "FILE holds the certificate of the authority that issued \(node)'s.")
        case .certificateWanted:
            report.advise("--cert FILE --key FILE", because: "\(node) requires a client certificate.")
        case .expired, .notYetValid, .unusable: break
        }
    }

    /// What TLS negotiates with a node when any certificate will do; nil where there is no TLS.
    private func encryption(at node: NodeAddress) -> TLSSummary? {
        var settings = TLSSettings()
        settings.verifies = false
        guard let tls = try? TLSContext(settings) else { return nil }
        for (step, _) in Probe.probes([node], session.engine, { $0.tls = tls })[0].steps {
            if case .encrypted(let summary) = step { return summary }
        }
        return nil
    }

    private mutating func tellOfServer(_ probe: Probe) {
        let node = probe.node
        if let refusal = probe.refusal {
            report.add("user", at: node, refusal, .failed)
            report.advise("--user NAME --askpass", because: "\(node) requires a user or a password.")
            return
        }
        if let user = probe.user { report.add("user", at: node, user) }
        report.add("server", at: node, "\(probe.version ?? "of unknown version"), \(probe.protocols)")
        if let trouble = probe.trouble { report.add("commands", at: node, trouble, .failed) }
        guard let skew = probe.clockSkew else { return }
        let isGood = abs(skew) <= Self.tolerableSkew
        let text =
            isGood
            ? "agrees with this machine's"
            : "\(abs(skew).text(decimals: 1)) s \(skew > 0 ? "ahead of" : "behind") this machine"
        report.add("clock", at: node, text, isGood ? .ok : .warning)
    }

    // MARK: The cluster

    private mutating func examineCluster(from seed: NodeAddress) {
        tellOfRights(at: seed)
        guard session.engine.router.routesCommands else {
            return report.add("topology", "not asked: everything goes to \(seed)")
        }
        let engine = Engine(seeds: [seed], settings: session.engine.settings)
        let start = Instant.now
        do {
            try engine.connect()
        } catch {
            return report.add("topology", error.errorText, .failed)
        }
        guard let topology = engine.map.topology else {
            guard !engine.map.isStandalone else {
                return report.add("topology", "a standalone server", seconds: start.secondsAgo)
            }
            let refusal = try? engine.topologyRefusal(by: seed)
            if refusal?.hasPrefix("NOPERM") == true {
                report.advise(
                    "--user NAME",
                    because: "For finding the nodes, a user is needed that may run CLUSTER SHARDS or CLUSTER SLOTS.")
            }
            return report.add(
                "topology", "\(seed) did not return the topology\(refusal.map { ": \($0)" } ?? "")", .failed,
                seconds: start.secondsAgo)
        }
        report.add(
            "topology",
            "\(topology.masters.count.of("master")) and \(topology.replicas.count.of("replica")), according to \(seed)",
            seconds: start.secondsAgo)
        let known = Set(probes.compactMap(\.id))
        let asked = Set(probes.map(\.node))
        examine(
            topology.nodes.filter { !known.contains($0.id) && !asked.contains($0.address) }.map(\.address))
        for probe in probes {
            guard let node = topology.node(at: probe.node) else { continue }
            if !probe.isReached {
                if isDown(node) {
                    adviseStart(of: node, in: topology)
                } else {
                    lookElsewhere(for: node, in: topology, from: seed)
                }
            }
            if let id = probe.id, id != node.id, !node.id.isEmpty {
                report.add("identity", at: probe.node, "another node answers there: \(id), not \(node.id)", .failed)
                report.advise(
                    "--map \(node.address.announcement?.address ?? node.address)=HOST:PORT",
                    because: "The address leads to another node.")
            }
        }
        tellOfViews(topology, seed)
    }

    /// True for a node that the others do not reach either, so it is not elsewhere.
    private func isDown(_ node: Node) -> Bool {
        !node.isHealthy
            || probes.flatMap(\.lines).contains { line in
                line.id == node.id && (line.linkState == "disconnected" || line.flags.contains("fail?"))
            }
    }

    private mutating func adviseStart(of node: Node, in topology: Topology) {
        let slots = topology.slots(heldBy: node)
        if slots > 0 {
            report.advise(
                "restart \(node.address)",
                because: "No node serves its \(slots.of("slot")) until it is back or a replica has taken over.")
        } else {
            report.advise(
                "@all CLUSTER FORGET \(node.id)",
                because: "Start \(node.address) again, or have the other nodes forget it.")
        }
    }

    /// A node that is not where it was announced may be next to the seed, at its own port or at the same distance from
    /// the seed's.
    private mutating func lookElsewhere(for node: Node, in topology: Topology, from seed: NodeAddress) {
        guard let announced = node.address.announcement?.address else { return }
        let seedID = probes.first { $0.node == seed }?.id
        let own = topology.nodes.first { $0.id == seedID }?.address.announcement?.address
        let ports = [announced.port] + (own.map { [announced.port - $0.port + seed.port] } ?? [])
        let candidates = ports.filter { 1...65535 ~= $0 }.map { NodeAddress(host: seed.tcpHost, port: $0) }
        let found = Probe.probes(candidates, session.engine).first { $0.id == node.id }
        let reason = "\(node.address) was announced by \(seed) and cannot be reached"
        if let found {
            report.advise(announced.mapOption(to: found.node), because: "\(reason); \(found.node) is that node.")
        } else {
            report.advise(
                "--map \(announced)=HOST:PORT",
                because: "\(reason). HOST:PORT stands for its address as seen from here.")
        }
    }

    /// Who owns the slots, in each node's own view.
    private mutating func tellOfViews(_ topology: Topology, _ seed: NodeAddress) {
        let views = probes.compactMap { probe in probe.slots.map { (node: probe.node, owners: $0) } }
        guard let first = views.first else { return }
        for view in views.dropFirst() {
            let count = zip(view.owners, first.owners).count { $0 != $1 }
            guard count > 0 else { continue }
            report.add("views", "\(view.node) and \(first.node) disagree about \(count.of("slot"))", .warning)
        }
        if views.count > 1, views.allSatisfy({ $0.owners == first.owners }) {
            let nodes = views.count == 2 ? "both nodes" : "all \(views.count) nodes"
            report.add("views", "\(nodes) that answer agree about the slots")
        }
        let uncovered = first.owners.count { $0 == nil }
        let failed = topology.nodes.filter { !$0.isHealthy }
        let unserved = failed.reduce(0) { $0 + topology.slots(heldBy: $1) }
        let lines = probes.flatMap(\.ownLines)
        let moving = Set(lines.flatMap { $0.migrating.keys }).union(lines.flatMap { $0.importing.keys }).sorted()
        let troubles = [
            uncovered > 0 ? "\(uncovered) without an owner" : nil,
            unserved > 0 ? "\(unserved) not served, because their master has failed" : nil,
        ].compactMap(\.self)
        report.add(
            "slots",
            ((troubles.isEmpty ? ["all have an owner"] : troubles)
                + (moving.isEmpty ? [] : ["being moved: \(moving.map(String.init).joined(separator: ", "))"]))
                .joined(separator: "; "),
            !troubles.isEmpty ? .failed : moving.isEmpty ? .ok : .warning)
        if !failed.isEmpty {
            let names = failed.map(\.address.description).joined(separator: ", ")
            report.add("health", "marked as failed by the cluster: \(names)", .warning)
        }
        for node in failed { adviseStart(of: node, in: topology) }
        let versions = Set(probes.compactMap(\.version)).sorted()
        if versions.count > 1 { report.add("versions", versions.joined(separator: ", "), .warning) }
    }

    /// Which of the commands that slotline sends on its own the user may not run. ACL DRYRUN runs nothing.
    private mutating func tellOfRights(at seed: NodeAddress) {
        guard let probe = probes.first(where: { $0.node == seed }), probe.refusal == nil else { return }
        guard let user = probe.user else {
            guard let error = probe.userError, error.hasPrefix("NOPERM") else { return }
            return report.add("rights", at: seed, "unknown, because ACL WHOAMI was refused: \(error)", .warning)
        }
        let rules = try? session.engine.ask(seed, for: ["ACL", "GETUSER", ByteString(user)]).get()
        let granted = rules?[field: "commands"]?.text
        if let granted { report.add("rights", at: seed, "\(user): \(granted)") }
        let key = "\(session.engine.router.keyPrefix.text)x"
        let needs = DiagnosisReport.needs.map { need in
            (
                need.purpose,
                need.commands.map { $0.map { $0.split(separator: " ").map { $0 == "KEY" ? key : String($0) } } }
            )
        }
        let commands = needs.flatMap { $0.1.flatMap { $0 } }
        let questions = commands.map { ["ACL", "DRYRUN", ByteString(user)] + $0.map { ByteString($0) } }
        guard case .success(let replies) = session.engine.ask([seed], questions)[0], replies.count == questions.count
        else { return }
        if let error = replies.first, error.isError {
            if granted == "+@all" { return }
            return report.add("rights", at: seed, "unknown, because ACL DRYRUN was refused: \(error.text)", .warning)
        }
        // A refusal of a database or of a key says nothing of the command.
        let refusals = replies.filter { $0.text.contains("no permissions to access ") }.map(\.text)
        if refusals.contains(where: { $0.contains(" access database ") }) {
            let database = session.engine.session.database
            report.add("rights", at: seed, "\(user) may not use database \(database)", .failed)
            let others = rules?[field: "databases"].map { ": \($0.text)" } ?? ""
            report.advise("-n NUMBER", because: "Choose a database that \(user) may use\(others).")
        } else if !refusals.isEmpty {
            let prefix = session.engine.router.keyPrefix.text
            report.add(
                "rights", at: seed, "\(user) may not use keys that begin with \(prefix), for cross-slot commands",
                .warning)
            report.advise(
                "--key-prefix PREFIX",
                because: "Cross-slot commands create temporary keys, which the key patterns of \(user) must allow.")
        }
        let allowed = Set(
            zip(commands, replies).filter { $1.isOK || $1.isError || refusals.contains($1.text) }.map(\.0))
        for (purpose, alternatives) in needs {
            let missing = alternatives.filter { $0.allSatisfy { !allowed.contains($0) } }
                .map { $0[0].prefix { $0 != key && $0 != "0" && $0 != "1" }.joined(separator: " ") }
            guard !missing.isEmpty else { continue }
            report.add(
                "rights", at: seed, "\(user) may not run \(missing.joined(separator: ", ")), for \(purpose)", .warning)
            report.advise(
                "--user NAME",
                because: "For \(purpose), a user is needed that may run \(missing.joined(separator: ", ")).")
        }
    }
}
