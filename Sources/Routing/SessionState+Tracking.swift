package import Commands
import RESP

/// Client-side caching: what CLIENT TRACKING can deliver, given that it is requested once and applies at every node and
/// on every connection. Source: Redis documentation, "Client-side caching reference".
extension SessionState {
    /// Why a command would not do what it asks for, though every server would say OK.
    package enum TrackingFault: CaseIterable, Sendable {
        /// A RESP2 connection is not told of changed keys.
        case needsRESP3
        /// CLIENT CACHING applies to the next command on its connection, which may be at any node.
        case cachingNeedsNode
        /// HELLO 2 while keys are tracked.
        case wouldFallSilent
    }

    /// - Parameter isCluster: true where commands go to many nodes.
    package func trackingFault(of command: Command, isCluster: Bool) -> TrackingFault? {
        let words = command.arguments
        if words.count > 1, words[0].matches("HELLO") {
            return words[1] == "2" && protocolVersion == 3 && tracksKeys && !tracksForAnother ? .wouldFallSilent : nil
        }
        guard words.count > 2, words[0].matches("CLIENT") else { return nil }
        if words[1].matches("CACHING") {
            return isCluster && command.target?.isManyNodes ?? true ? .cachingNeedsNode : nil
        }
        // It applies to the session, and takes no target.
        guard words[1].matches("TRACKING"), words[2].matches("ON"), command.target == nil else { return nil }
        return protocolVersion == 2 && !ClientIDs.redirection.areNamed(in: words) ? .needsRESP3 : nil
    }

    /// True while servers report changed keys.
    package var tracksKeys: Bool { !tracking.isEmpty }

    /// True while each master reports all changed keys, whoever has read them.
    package var tracksAllKeys: Bool { tracking.contains { $0.contains { $0.matches("BCAST") } } }

    private var tracksForAnother: Bool { tracking.contains { ClientIDs.redirection.areNamed(in: $0) } }

    private var tracking: [[ByteString]] { settings.filter { $0.settingName == "TRACKING" } }
}
