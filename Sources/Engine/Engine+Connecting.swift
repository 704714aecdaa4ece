import RESP
package import Routing

/// The first connection to the seeds, and a change to others.
extension Engine {
    /// Makes the first connection and finds out what is there.
    ///
    /// - Throws: `.unreachable` or `.noSeed` when no seed answers.
    package func connect() throws(CommandFailure) {
        guard router.routesCommands else { return try reach() }
        do {
            try requireTopology(isPatient: false)
        } catch {
            if case .databaseRefused = error, !error.dependsOnUser {
                // A cluster has only database 0. Say so once; the session continues there.
                pool.session.database = 0
                ensureTopology()
            }
            throw error
        }
    }

    /// Why no server can be reached, or why those that were reached refuse the user or the database; nil when one was
    /// usable. Anything else that a server refuses does not count.
    package func firstFailure() -> CommandFailure? {
        defer { pool.closeAll() }
        do {
            try connect()
            return nil
        } catch {
            switch error {
            case .unreachable, .noSeed, .notConnectable, .protocolViolation, .interrupted, .userRefused, .noPassword,
                .databaseRefused:
                return error
            default: return nil
            }
        }
    }

    /// Makes sure that a server is there, and waits for one that is merely slow.
    ///
    /// - Throws: `.unreachable` or `.noSeed` when no seed can be connected to, `.interrupted` after Ctrl-C.
    package func reach() throws(CommandFailure) {
        if router.routesCommands, ensureTopology() { return }
        let ping = Request(arguments: ["PING"], route: .home, isReadonly: true)
        if case .failure(let failure) = exchange([ping])[0] { throw failure }
    }

    /// Closes all connections and starts over with other seeds.
    ///
    /// - Parameter settings: how connections are made from now on, including the session each is brought to; nil to
    ///   keep the current ones.
    package func reconnect(to seeds: [NodeAddress], _ settings: ConnectionSettings? = nil) {
        pool.closeAll()
        if let settings {
            pool.settings = settings
            pool.session = settings.session
        }
        transaction = .none
        learned = [:]
        cache = nil
        router.hasDatabases = false
        map = ClusterMap(seeds: seeds, addresses: map.addresses)
    }
}
