package import Commands
package import RESP

/// What the user has set for the session. It applies at every node: before each command, its connection is brought to
/// this state.
package struct SessionState: Equatable, Sendable {
    package struct Credentials: Equatable, Sendable {
        /// Nil for the default user.
        package var user: ByteString?
        /// Empty for a token.
        package var password: ByteString
        /// True if the password may differ from one connection to the next, and is fetched when a connection is made.
        package var usesToken = false

        package init(user: ByteString?, password: ByteString) {
            self.user = user
            self.password = password
        }

        /// With a token as the password.
        package init(user: ByteString?) {
            self.init(user: user, password: "")
            usesToken = true
        }
    }

    /// Nil for the user that a connection starts as.
    package var credentials: Credentials?
    /// 2, or 3 for HELLO 3.
    package var protocolVersion = 2
    package var database = 0
    package var clientName: ByteString?
    /// What CLIENT and READONLY have switched on and nothing has switched off since: the commands, in order.
    package var settings: [[ByteString]] = []

    package init() {}

    /// The same state for a connection that is not listened to while it is idle.
    package var withoutTracking: SessionState {
        var state = self
        state.settings.removeAll { $0.settingName == "TRACKING" }
        return state
    }

    /// A command that brings a connection closer to the state.
    package enum Step: Equatable, Sendable {
        /// AUTH and SELECT have to be accepted before anything else is sent.
        case user, database
        /// HELLO (the connection stays in RESP2 if it is refused) and CLIENT SETNAME.
        case version, name
        /// One of ``SessionState/settings``.
        case setting

        package var isAwaited: Bool { self == .user || self == .database }
    }

    /// The commands that bring a connection from this state to another; nil when only a new connection can have that
    /// state.
    ///
    /// - Parameter token: the password where the credentials have none.
    package func steps(
        to state: SessionState, token: ByteString = ""
    ) -> [(step: Step, command: [ByteString])]? {
        var steps: [(Step, [ByteString])] = []
        if state.credentials != credentials {
            guard let credentials = state.credentials else { return nil }
            steps.append(
                (
                    .user,
                    ["AUTH"] + (credentials.user.map { [$0] } ?? []) + [
                        credentials.usesToken ? token : credentials.password
                    ]
                ))
        }
        if state.protocolVersion != protocolVersion {
            steps.append((.version, ["HELLO", ByteString(String(state.protocolVersion))]))
        }
        if state.clientName != clientName { steps.append((.name, ["CLIENT", "SETNAME", state.clientName ?? ""])) }
        if state.database != database {
            steps.append((.database, ["SELECT", ByteString(String(state.database))]))
        }
        return steps + settings(to: state).map { (.setting, $0) }
    }

    /// The state of a connection on which a step was not carried out: in this respect it is as it began.
    package mutating func undo(_ step: Step) {
        let first = SessionState()
        switch step {
        case .user: credentials = first.credentials
        case .version: protocolVersion = first.protocolVersion
        case .name: clientName = first.clientName
        case .database: database = first.database
        case .setting: settings = first.settings
        }
    }

    private func settings(to state: SessionState) -> [[ByteString]] {
        guard settings != state.settings else { return [] }
        var commands: [[ByteString]] = []
        var names: [ByteString] = []
        for name in (settings + state.settings).map(\.settingName) where !names.contains(name) {
            names.append(name)
            let old = settings.filter { $0.settingName == name }
            let new = state.settings.filter { $0.settingName == name }
            if new.starts(with: old) {
                commands += new.dropFirst(old.count)
            } else {
                commands += [name == "READONLY" ? ["READWRITE"] : ["CLIENT", name, "OFF"]] + new
            }
        }
        return commands
    }
}

extension SessionState {
    /// Records what a successful command has set.
    ///
    /// - Parameter first: the state that RESET leads back to.
    package mutating func take(_ arguments: [ByteString], _ effect: SessionEffect, resetting first: SessionState) {
        switch effect {
        case .authenticate:
            credentials = Credentials(
                user: arguments.count > 2 ? arguments[1] : nil, password: arguments[arguments.count - 1])
        case .hello: takeHello(arguments)
        case .select: database = arguments[1].integer ?? 0
        case .setName: clientName = arguments[2].isEmpty ? nil : arguments[2]
        case .setting:
            let name = arguments.settingName
            settings.removeAll { arguments.switchesOff ? $0.settingName == name : $0 == arguments }
            if !arguments.switchesOff { settings.append(arguments) }
        case .reset:
            self = SessionState()
            credentials = first.credentials
        case .none, .multi, .exec, .discard, .watch, .unwatch, .subscribe, .unsubscribe, .monitor, .shutdown, .silence:
            break
        }
    }

    /// HELLO [version [AUTH user password] [SETNAME name]]
    private mutating func takeHello(_ arguments: [ByteString]) {
        guard arguments.count > 1, let version = arguments[1].integer else { return }
        protocolVersion = version
        var words = arguments.dropFirst(2)
        while let word = words.popFirst() {
            if word.matches("AUTH"), words.count > 1 {
                credentials = Credentials(user: words.removeFirst(), password: words.removeFirst())
            } else if word.matches("SETNAME"), let name = words.popFirst() {
                clientName = name.isEmpty ? nil : name
            }
        }
    }
}

extension [ByteString] {
    /// What a command in ``SessionState/settings`` switches: `TRACKING`; `READONLY` for READONLY and READWRITE.
    var settingName: ByteString { count > 1 ? self[1].uppercased : "READONLY" }

    fileprivate var switchesOff: Bool { count > 1 ? self[2].matches("OFF") : self[0].matches("READWRITE") }
}
