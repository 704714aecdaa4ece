import Tools
import Playground
import Terminal
import Options
import CLibedit
import Clock
import Commands
import Engine
import Glibc
import Presentation
import RESP
import Routing
import Transport

/// The program: reads the command line, connects, and takes one of the three ways in.
package enum App {
    /// Does what the command line says.
    ///
    /// - Returns: the exit status.
    package static func main() -> Int32 {
        // Arguments may be arbitrary bytes, which `CommandLine.arguments` does not preserve; and without /proc it is
        // empty.
        let arguments = (0..<cle_argument_count()).compactMap { index in
            cle_argument(index).map { ByteString(cString: $0) }
        }
        FileDescriptor.fillStandardDescriptors()
        cle_keep_freed_memory()
        let dialect = Configuration.dialect(ofProgram: arguments.first ?? "")
        let output = Output(joinsNotes: !dialect.hasRedisCLIWords)
        let configuration: Configuration
        do {
            configuration = try Configuration.parse(
                arguments: arguments, environment: variable, profiles: UserConfiguration.read)
        } catch {
            return tell(error, in: dialect, output)
        }
        var secret = configuration.secret
        while let shown = secret {
            cle_hide_argument(Int32(shown.argument), shown.bytes.lowerBound, shown.bytes.count)
            secret = shown.previous
        }
        // Not for the programs that are started from here: a pager, an editor, `| command`.
        cle_restore_environment()
        for variable in ["REDISCLI_AUTH", "VALKEYCLI_AUTH"] { unsetenv(variable) }
        var status = run(configuration, output)
        output.flush()
        if let failure = output.failure, failure != EINTR {
            output.note(CLIError.cannotWrite(reason: String(errno: failure)).message(in: .slotline))
            status = max(status, .error)
        }
        // A shell ends its script when a program dies of SIGINT, but carries on when the program only exits with that
        // status.
        if status == .interrupted { SignalPipe.dieOfInterrupt() }
        return status.number(in: configuration.dialect)
    }

    private static func run(_ configuration: Configuration, _ output: Output) -> ExitStatus {
        switch configuration.mode {
        case .help(let category):
            let columns = Terminal.size(of: STDOUT_FILENO)?.columns ?? 80
            output.write(UsageText.help(for: configuration, category, width: columns))
            return .ok
        case .version:
            output.write(UsageText.version(in: configuration.dialect, libraries: Libraries.names))
            return .ok
        case .manual:
            output.write(ManualPage.text(settings: Preferences.help))
            return .ok
        case .completions(let script):
            output.write(script.text)
            return .ok
        case .candidates:
            output.write(CompletionScript.candidates(for: configuration.command).map { $0 + "\n" }.joined())
            return .ok
        case .explainConfiguration:
            let window = Window(columns: .max, width: Terminal.columns(of:))
            output.write(configuration.explanation?.table.text(in: window) ?? "")
            return .ok
        case .writeConfiguration:
            do {
                output.note("Wrote \(try UserConfiguration.writeSample().text).")
                return .ok
            } catch {
                output.note(error.message(in: configuration.dialect))
                return ExitStatus(error)
            }
        case .command, .eval, .scan, .load, .recover, .tool: break
        }
        if !configuration.isQuiet { for warning in configuration.warnings { output.note(warning.message) } }
        var playground: Playground?
        if let shape = configuration.playground {
            do {
                playground = try Playground(
                    shape, server: configuration.playgroundServer?.text, isEncrypted: configuration.tls != nil)
            } catch {
                output.note(CLIError(error).message(in: .slotline))
                return ExitStatus(CLIError(error))
            }
        }
        defer { playground?.stop() }
        let credentials: SessionState.Credentials?
        switch password(configuration) {
        case .text(let password): credentials = .init(user: configuration.user, password: password)
        // A token is fetched when a connection is made.
        case nil where configuration.passwordOrigin != nil && playground == nil:
            credentials = .init(user: configuration.user)
        case nil: credentials = nil
        case .canceled: return .interrupted
        case .endOfInput:
            output.note(CLIError.noPassword.message(in: configuration.dialect))
            return .error
        }
        if case .file(let path)? = configuration.passwordOrigin, playground == nil {
            let path = InputFile.expandingHome(path)
            if access(path.cString, R_OK) != 0 {
                let error = CLIError.cannotOpen(path: path, reason: String(errno: errno))
                output.note(error.message(in: configuration.dialect))
                return ExitStatus(error)
            }
        }
        let tls: TLSContext?
        do {
            if let playground {
                tls = playground.tls
            } else if let options = configuration.tls {
                tls = try TLSContext(options, seed: configuration.seeds.first)
            } else {
                tls = nil
            }
        } catch {
            let error = CLIError.unusableEncryption(reason: error.reason)
            output.note(error.message(in: configuration.dialect))
            return ExitStatus(error)
        }
        let session = session(
            configuration, output, seeds: playground?.nodes ?? configuration.seeds, credentials: credentials,
            tls: tls)
        let runner = LineRunner(session)
        switch configuration.mode {
        case .recover: return session.recover(as: "--recover", at: nil)
        case .tool(let tool): return tool.run(in: session)
        case .load(let load):
            return read(session) { path, descriptor throws(CLIError) in
                try BulkLoad(session, load, path: path, descriptor: descriptor).run()
            }
        case .command where configuration.command.isEmpty: break
        default: return session.endStream(after: OneShot(runner: runner).run())
        }
        session.presenter.tellsSlowCommands = true
        if configuration.inputFile == nil, Terminal.isTerminal(STDIN_FILENO) {
            session.engine.replyTimeout = configuration.replyTimeout(isAtPrompt: true)
            return Interactive(runner, playground: playground).run()
        }
        return read(session) { path, descriptor in
            session.endStream(after: CommandFile(path: path, descriptor: descriptor, runner).run())
        }
    }

    /// Opens the file of commands, or takes stdin, which has no path.
    private static func read(
        _ session: Session, _ body: (_ path: ByteString?, _ descriptor: Int32) throws(CLIError) -> ExitStatus
    ) -> ExitStatus {
        do {
            guard let path = session.configuration.inputFile, path != "-" else {
                if Terminal.isTerminal(STDIN_FILENO), session.dialect.hasOwnNotes, session.presenter.showsNotes {
                    session.presenter.note(CLIError.readsTerminal)
                }
                return try body(nil, STDIN_FILENO)
            }
            let file = try InputFile(path)
            return try body(path, file.descriptor)
        } catch {
            return session.fail(error)
        }
    }

    /// The password for connections, if any. A playground has none.
    private static func password(_ configuration: Configuration) -> LineEditor.Line? {
        guard configuration.playground == nil else { return nil }
        guard configuration.asksPassword else { return configuration.password.map { .text($0) } }
        return Terminal.readPassword(prompt: "Please input password: ")
    }

    private static func session(
        _ configuration: Configuration, _ output: Output, seeds: [NodeAddress],
        credentials: SessionState.Credentials?, tls: TLSContext?
    ) -> Session {
        // A test that fakes a terminal expects the bytes of the program that slotline stands in for.
        let isScreen = Terminal.isTerminal(STDOUT_FILENO)
        let isTerminal = Terminal.isOutput
        let isLaidOut = isTerminal && configuration.dialect.laysOutReplies
        let surroundings = Theme.Surroundings(
            isTerminal: isLaidOut && !Terminal.isDumb, refusesColor: Terminal.refusesColor, isLight: Terminal.isLight)
        var style = Style(
            format: configuration.format ?? (isLaidOut ? .table : isTerminal ? .terminal : .raw),
            elementDelimiter: configuration.elementDelimiter, replyDelimiter: configuration.replyDelimiter,
            isOnTerminal: isScreen || isTerminal && !configuration.dialect.keepsBytesInJSON,
            isUTF8: isTerminal && Terminal.localeIsUTF8, keepsBytes: configuration.dialect.keepsBytesInJSON,
            palette: configuration.theme.palette(in: surroundings), readsObjects: configuration.readsObjects,
            indentsJSON: isScreen && isLaidOut)
        if isScreen { style.longestValue = Preferences.longestValue }
        var settings = ConnectionSettings()
        settings.connectTimeout = configuration.connectTimeout
        settings.addressFamily = configuration.ipVersion.map { $0 == .version4 ? .version4 : .version6 }
        settings.session.database = configuration.database
        settings.session.protocolVersion = configuration.protocolVersion ?? (style.format.isJSON ? 3 : 2)
        settings.session.credentials = credentials
        settings.tokens = tokens(configuration)
        settings.tls = tls
        settings.addresses = configuration.addresses
        settings.toleratesRefusedUser = configuration.dialect.toleratesRefusedUser
        if !configuration.traced.isEmpty {
            settings.trace = { [unowned output, traced = configuration.traced] trace in
                guard traced.contains(trace.category) else { return }
                output.note(TraceLine.text(trace, at: Instant.wallClock))
            }
        }
        let engine = Engine(seeds: seeds, settings: settings)
        engine.retryFor = configuration.retryTime
        engine.replyTimeout = configuration.replyTimeout(isAtPrompt: false)
        engine.guardsCrossSlotCommands = true
        if configuration.keepsNodes, configuration.playground == nil {
            engine.cache = TopologyCache { UserConfiguration.cachedNodes(of: seeds.first, isEncrypted: tls != nil) }
        }
        engine.router.routesCommands = configuration.routesCommands
        engine.router.mapsAddresses = configuration.addresses != AddressMap()
        engine.router.readFrom = configuration.readFrom
        engine.router.isStrict = configuration.isStrict
        engine.router.isReadOnly = configuration.isReadOnly
        engine.router.unblocked = configuration.unblocked
        engine.router.aggregation = configuration.aggregation
        engine.router.keyPrefix = configuration.keyPrefix
        return Session(configuration, engine: engine, output: output, style: style, surroundings: surroundings)
    }

    private static func tokens(_ configuration: Configuration) -> TokenSource? {
        switch configuration.passwordOrigin {
        case .file(let path): TokenSource(.file(InputFile.expandingHome(path)))
        case .command(let command, let age): TokenSource(.command(command, longestAge: age))
        case nil: nil
        }
    }

    private static func tell(_ error: OptionError, in dialect: Dialect, _ output: Output) -> Int32 {
        let message = error.message(in: dialect)
        if error.isOnStandardOutput(in: dialect) {
            output.write(message + "\n")
            output.flush()
        } else {
            output.note(message)
        }
        return ExitStatus.usage.number(in: dialect)
    }

    private static func variable(_ name: StaticString) -> ByteString? {
        getenv("\(name)").map { ByteString(cString: $0) }
    }
}

extension CLIError {
    init(_ error: PlaygroundError) {
        switch error {
        case .noServer(nil): self = .serverNotInstalled
        case .noServer(let name?): self = .serverNotFound(ByteString(name))
        case .cannotRun(let path, let number, let near):
            self = .cannotRun(path: ByteString(path), reason: String(errno: number), near: near)
        case .system(let what, let number):
            self = .playgroundFailed(reason: "\(what): \(String(errno: number))")
        case .didNotStart(let server, let reason): self = .playgroundFailed(reason: "\(server): \(reason)")
        }
    }
}
