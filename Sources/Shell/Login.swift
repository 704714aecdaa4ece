import Engine
import Routing

/// Who the user is at one server or cluster, and where a password for that came from. A password is sent only to the
/// servers that it was given for; coming back to them logs in as before.
struct Login {
    let credentials: SessionState.Credentials?
    let tokens: TokenSource?
    private let map: ClusterMap
    private let isEncrypted: Bool

    /// That of the engine's session, as it is now.
    init(_ engine: Engine) {
        credentials = engine.session.credentials
        tokens = engine.settings.tokens
        map = engine.map
        isEncrypted = engine.settings.tls != nil
    }

    /// True when the password was given for all of these servers, and would be no less protected on its way.
    func isMeant(for seeds: [NodeAddress], isEncrypted: Bool) -> Bool {
        seeds.allSatisfy(map.knows) && (isEncrypted || !self.isEncrypted)
    }

    /// True for one at the same server, which this one replaces.
    func replaces(_ other: Login) -> Bool { other.map.seeds == map.seeds }
}
