import Clock
import Commands
import Engine
import Glibc
import Presentation
import RESP
import Routing
import Transport

/// The words that slotline answers itself. Everything else is a command for a server.
struct ShellWords {
    /// One word: how it is typed and what it does.
    struct Row: Sendable {
        let name: StaticString
        let arguments: StaticString
        let help: StaticString
        var completes = Completes.nothing
        /// Whether this many arguments make it the word; other counts go to the server, as in redis-cli.
        let accepts: @Sendable (Int) -> Bool
        let run: @Sendable (_ arguments: [ByteString], _ runner: LineRunner, _ place: SourceLine?) -> LineRunner.Outcome
    }

    /// What Tab offers behind the word.
    enum Completes {
        case nothing
        case values([String])
        case preferences
        case file
        case key
        /// What `help` has something on.
        case topic
        /// A command that begins with the argument of this number.
        case command(at: Int)
    }

    private let session: Session

    init(_ session: Session) {
        self.session = session
    }

    static let rows: [Row] = [
        Row(
            name: "help", arguments: "[COMMAND | @group]", help: "syntax and routing of a command", completes: .topic,
            accepts: { _ in true }
        ) { words, runner, _ in
            .done(HelpText.show(words, for: runner.session))
        },
        Row(name: "?", arguments: "[COMMAND | @group]", help: "like help", completes: .topic, accepts: { _ in true }) {
            words, runner, _ in
            .done(HelpText.show(words, for: runner.session))
        },
        Row(name: "clear", arguments: "", help: "clear the screen", accepts: { $0 == 0 }) { _, runner, _ in
            if !Terminal.isDumb { runner.session.output.write("\u{1b}[H\u{1b}[2J") }
            runner.session.output.flush()
            return .done(.ok)
        },
        Row(name: "connect", arguments: "HOST PORT", help: "use another server or cluster", accepts: { $0 == 2 }) {
            words, runner, place in
            connect(words, runner, at: place)
        },
        Row(name: "quit", arguments: "", help: "leave the shell", accepts: { _ in true }) { _, _, _ in .quit },
        Row(name: "exit", arguments: "", help: "leave the shell", accepts: { _ in true }) { _, _, _ in .quit },
        Row(
            name: ":set", arguments: "[NAME [VALUE]]", help: "show or change preferences", completes: .preferences,
            accepts: { _ in true }
        ) {
            Preferences.set($0, in: $1.session, at: $2)
        },
        Row(
            name: ":format", arguments: "[pretty|raw|json|csv]", help: "choose the output format",
            completes: .values(Preferences.values(of: "format")), accepts: { $0 < 2 }
        ) {
            Preferences.set(["format"] + $0, in: $1.session, at: $2)
        },
        Row(
            name: ":timing", arguments: "[on|off]", help: "show how long each command takes",
            completes: .values(Preferences.values(of: "timing")), accepts: { $0 < 2 }
        ) {
            Preferences.set(["timing"] + $0, in: $1.session, at: $2)
        },
        Row(
            name: ":unblock", arguments: "NAME", help: "allow a blocked command",
            completes: .values(Preferences.values(of: "unblock")),
            accepts: { $0 > 0 }
        ) {
            Preferences.set(["unblock"] + $0, in: $1.session, at: $2)
        },
        Row(
            name: ":nodes", arguments: "", help: "list nodes: role, slots, keys, memory, lag, health",
            accepts: { $0 == 0 }
        ) {
            _, runner, place in
            .done(runner.session.showNodes(at: place))
        },
        Row(name: ":slots", arguments: "", help: "map of the slots: owners, migrations, gaps", accepts: { $0 == 0 }) {
            _, runner, place in
            .done(runner.session.showSlots(at: place))
        },
        Row(
            name: ":explain", arguments: "COMMAND ...", help: "show where a command would go; sends nothing",
            completes: .command(at: 0),
            accepts: { $0 > 0 }
        ) {
            explain($0, $1.session, at: $2)
        },
        Row(
            name: ":watch", arguments: "SECONDS COMMAND ...", help: "run a command at an interval",
            completes: .command(at: 1), accepts: { $0 > 1 }
        ) {
            watch($0, $1, at: $2)
        },
        Row(
            name: ":peek", arguments: "KEY", help: "type, expiry, size and first elements of a key", completes: .key,
            accepts: { $0 == 1 }
        ) { words, runner, place in
            .done(runner.session.peek(words[0], at: place))
        },
        Row(
            name: ":edit", arguments: "[COMMAND ...]", help: "edit the given or last command, then run it",
            completes: .command(at: 0), accepts: { _ in true }
        ) {
            edit($0, $1.session, at: $2)
        },
        Row(
            name: ":alias", arguments: "[NAME [WORDS ...]]", help: "list, set or remove aliases",
            completes: .command(at: 1), accepts: { _ in true }
        ) { words, runner, _ in
            alias(words, runner.session)
        },
        Row(
            name: ":recover", arguments: "", help: "finish what interrupted commands left behind", accepts: { $0 == 0 }
        ) { _, runner, place in
            .done(runner.session.recover(at: place))
        },
        Row(name: ":source", arguments: "FILE", help: "run a file of commands", completes: .file, accepts: { $0 == 1 })
        {
            source(InputFile.expandingHome($0[0]), $1, at: $2)
        },
        Row(name: ":help", arguments: "", help: "show this list", accepts: { _ in true }) { _, runner, _ in
            .done(HelpText.show([], for: runner.session))
        },
    ]

    /// The words of this name, each with what it does, one a line.
    static func help(named name: ByteString) -> String {
        rows.filter { name.matches($0.name) }.map(help).joined()
    }

    static func help(_ row: Row) -> String {
        let typed = "\(row.name) \(row.arguments)"
        return "  \(typed)\(String(repeating: " ", count: max(1, 28 - typed.count)))\(row.help)\n"
    }

    /// Runs a line that begins with one of the words; nil when it is a command.
    func run(_ line: [ByteString], runner: LineRunner, at place: SourceLine?) -> LineRunner.Outcome? {
        let arguments = Array(line.dropFirst())
        if let row = Self.rows.first(where: { line[0].matches($0.name) && $0.accepts(arguments.count) }) {
            return row.run(arguments, runner, place)
        }
        guard line[0].hasPrefix(":") else { return nil }
        if let row = Self.rows.first(where: { line[0].matches($0.name) }) {
            return .done(session.fail(.wordUsage("\(row.name) \(row.arguments)"), at: place))
        }
        return .done(session.fail(.unknownWord(line[0]), at: place))
    }

    // MARK: What the longer words do

    private static func connect(
        _ arguments: [ByteString], _ runner: LineRunner, at place: SourceLine?
    ) -> LineRunner.Outcome {
        let session = runner.session
        guard let port = arguments[1].integer, 1...65_535 ~= port else {
            let wanted = "a port from 1 to 65535"
            return .done(session.fail(.badValue(of: "connect", value: arguments[1], wanted: wanted), at: place))
        }
        if place != nil, session.engine.transaction.isInBlock {
            // The rest of the block would run as it comes.
            let failure = CommandFailure.outsideTransaction(command: "connect", transaction: nil, key: nil)
            return .done(session.fail(failure, of: Command(["connect"] + arguments), at: place))
        }
        session.stream = nil
        session.engine.reconnect(to: [NodeAddress(host: arguments[0].text, port: port)])
        return .done(session.connect())
    }

    private static func explain(_ words: [ByteString], _ session: Session, at place: SourceLine?) -> LineRunner.Outcome
    {
        do {
            guard let command = try Command(words: words) else {
                return .done(session.fail(.commandMissing(target: words[0]), at: place))
            }
            session.engine.ensureTopology()
            do {
                let plan = try session.engine.plan(for: command)
                let row = session.engine.row(for: command)
                return .done(
                    session.show(
                        PlanText.describe(
                            command, row: row, plan: plan, owners: session.engine.map.owners,
                            home: session.engine.map.home)))
            } catch {
                return .done(session.fail(error, of: command, at: place))
            }
        } catch {
            return .done(session.fail(.invalidTarget(error), at: place))
        }
    }

    private static func watch(_ words: [ByteString], _ runner: LineRunner, at place: SourceLine?) -> LineRunner.Outcome
    {
        let session = runner.session
        guard let seconds = Double(words[0].text), seconds > 0 else {
            return .done(
                session.fail(.badValue(of: ":watch", value: words[0], wanted: "a number of seconds"), at: place))
        }
        let window = session.output.descriptor == STDOUT_FILENO ? Terminal.size(of: STDOUT_FILENO) : nil
        let line = Array(words.dropFirst())
        let heading =
            "Every \(words[0].text) s: \(line.map { Quoting.utf8.word($0) }.joined(separator: " ")) (any key stops)\n"
        var outcome = LineRunner.Outcome.done(.ok)
        Terminal.withSingleKeys {
            repeat {
                outcome = session.withoutPager {
                    guard let window else { return runner.run(line, at: place) }
                    // The heading, the row below for the cursor, and perhaps the time.
                    let rows = window.rows - (session.showsTiming ? 3 : 2)
                    session.output.write("\u{1b}[H\u{1b}[2J\(heading)")
                    return session.output.paged(columns: window.columns, rows: rows, .cut) {
                        runner.run(line, at: place)
                    }
                }
                guard case .done = outcome, !session.engine.loop.hasBeenInterrupted else { return }
            } while waits(seconds: seconds, session)
        }
        return outcome
    }

    /// Waits for the next turn of `:watch`; false when a key was pressed, which is taken, and after Ctrl-C.
    private static func waits(seconds: Double, _ session: Session) -> Bool {
        let deadline = Deadline(seconds: seconds)
        let loop = session.engine.loop
        guard Terminal.isTerminal(STDIN_FILENO) else {
            loop.sleep(until: deadline)
            return !loop.hasBeenInterrupted
        }
        while !deadline.hasPassed {
            let isPressed = loop.wait(for: .init(descriptor: STDIN_FILENO), until: deadline)
            if session.engine.loop.takeInterrupt() {
                // Behind the ^C that the terminal shows.
                session.output.noteBytes([0x0a])
                return false
            }
            if isPressed {
                var key: UInt8 = 0
                return read(STDIN_FILENO, &key, 1) < 0
            }
        }
        return true
    }

    private static func alias(_ words: [ByteString], _ session: Session) -> LineRunner.Outcome {
        if let name = words.first {
            session.aliases[name] = words.count > 1 ? Array(words.dropFirst()) : nil
            return .done(.ok)
        }
        let lines = session.aliases.sorted { $0.key.text < $1.key.text }.map { name, words in
            ":alias \(Quoting.utf8.word(name)) \(words.map { Quoting.utf8.word($0) }.joined(separator: " "))\n"
        }
        return .done(session.show(lines.joined()))
    }

    private static func edit(_ words: [ByteString], _ session: Session, at place: SourceLine?) -> LineRunner.Outcome {
        guard let enter = session.enter else { return .done(session.fail(.unknownWord(":edit"), at: place)) }
        do {
            let typed = words.map { Quoting.utf8.word($0) }.joined(separator: " ")
            let text = try ExternalEditor.edit(typed.isEmpty ? session.lastLine : ByteString(typed))
            guard let text, !text.isEmpty else { return .done(.ok) }
            return enter(text)
        } catch {
            return .done(session.fail(error, at: place))
        }
    }

    private static func source(_ path: ByteString, _ runner: LineRunner, at place: SourceLine?) -> LineRunner.Outcome {
        guard runner.nesting < LineRunner.maximumNesting else {
            return .done(
                runner.session.fail(.cannotOpen(path: path, reason: String(cString: strerror(ELOOP))), at: place))
        }
        runner.nesting += 1
        defer { runner.nesting -= 1 }
        do {
            let file = try InputFile(path)
            let commands = CommandFile(path: path, descriptor: file.descriptor, runner)
            return .done(runner.session.withoutPager { commands.run() })
        } catch {
            return .done(runner.session.fail(error, at: place))
        }
    }
}
