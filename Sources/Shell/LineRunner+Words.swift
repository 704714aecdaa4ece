import Terminal
import Clock
import Commands
import Engine
import Glibc
import Options
import Presentation
import RESP
import Routing
import Tools
import Transport

// The words that slotline answers itself.
extension LineRunner {
    func run(_ word: ShellWord, _ arguments: [ByteString], at place: SourceLine?) -> Outcome {
        switch word {
        case .help, .questionMark: return .done(HelpText.show(arguments, for: session, at: place))
        case .list: return .done(HelpText.show(arguments, for: session, prefersTopics: true, at: place))
        case .clear:
            if Terminal.isTerminal(session.output.descriptor), !Terminal.isDumb {
                session.output.write("\u{1b}[H\u{1b}[2J")
            }
            session.output.flush()
            return .done(.ok)
        case .quit, .exit: return .quit
        case .restart: return .done(session.fail(.notDebugging, at: place))
        case .connect:
            let status = connect(arguments, at: place)
            if status == .noConnection { tellOfProfile(arguments, at: place) }
            return .done(status)
        case .set: return .done(Preferences.set(arguments, in: session, at: place))
        case .unset: return .done(Preferences.unset(arguments[0], in: session, at: place))
        case .format, .timing, .unblock:
            return .done(
                Preferences.set([ByteString(word.name).dropFirst(1)] + arguments, in: session, at: place))
        case .nodes: return .done(session.showNodes(at: place))
        case .slots: return .done(session.showSlots(at: place))
        case .explain: return explain(arguments, at: place)
        case .watch: return watch(arguments, at: place)
        case .peek: return .done(session.peek(arguments[0], count: arguments.dropFirst().first, at: place))
        case .queue: return .done(session.showQueue())
        case .edit: return edit(arguments, at: place)
        case .alias: return .done(alias(arguments, at: place))
        case .unalias:
            guard session.aliases.removeValue(forKey: arguments[0]) != nil else {
                return .done(noAlias(arguments[0], at: place))
            }
            return .done(.ok)
        case .recover: return .done(session.recover(as: word.name, at: place))
        case .diagnose: return .done(session.presenter.paged { Tool.diagnosis.run(in: session) })
        case .source: return .done(source(InputFile.expandingHome(arguments[0]), at: place))
        }
    }

    // MARK: What the longer words do

    private func connect(_ arguments: [ByteString], at place: SourceLine?) -> ExitStatus {
        let engine = session.engine
        let destination: Destination
        do {
            destination = try Destination(arguments, from: engine.map.home)
        } catch {
            return session.fail(error, at: place)
        }
        if engine.transaction.isInBlock, place != nil || session.dialect.hasOwnNotes {
            // The rest of the block would run as plain commands.
            return session.fail(.notInTransaction(word: "connect"), of: Command(["connect"]), at: place)
        }
        let past = Login(engine)
        let server = "\(engine.map.seed)\(engine.settings.tls == nil ? "" : " with TLS")"
        do {
            let settings = try destination.settings(for: session)
            // At the prompt, a working connection is not given up for a server that cannot be reached.
            if place == nil, session.dialect.hasOwnNotes, session.presenter.isConnected,
                let failure = Engine(seeds: destination.seeds, settings: settings).firstFailure()
            {
                session.presenter.note(failure.message(stayingAt: engine.map.home))
                return ExitStatus(failure)
            }
            session.logins.removeAll(where: past.replaces)
            session.logins.append(past)
            session.stream = nil
            session.profile = nil
            session.forgetVocabulary()
            engine.reconnect(to: destination.seeds, settings)
        } catch {
            return session.fail(.unusableEncryption(reason: error.reason), at: place)
        }
        let status = session.connect(at: place)
        if status == .ok { session.tellUser(after: past.credentials, of: server, at: place) }
        return status
    }

    /// Says how to use the profile whose name was taken for a host's.
    private func tellOfProfile(_ words: [ByteString], at place: SourceLine?) {
        guard words.count == 1, session.dialect.hasOwnNotes, session.presenter.showsNotes,
            (try? UserConfiguration.read())?.has(words[0]) == true
        else { return }
        session.presenter.note(CLIError.profile(words[0]), at: place)
    }

    private func explain(_ words: [ByteString], at place: SourceLine?) -> Outcome {
        let command: Command
        do {
            switch try session.grammar(.file).line(words)?.content {
            case .command(let read): command = read
            case .word(let word, _): return .done(session.fail(.answeredLocally(ByteString(word.name)), at: place))
            case nil: return .done(session.fail(.wordUsage(ShellWord.explain.usage), at: place))
            }
        } catch {
            if case .wrongArguments(let word) = error {
                return .done(session.fail(.answeredLocally(ByteString(word.name)), at: place))
            }
            return .done(session.fail(CLIError(error, at: place), at: place))
        }
        let engine = session.engine
        do {
            try engine.reach()
            guard let row = try engine.learnRow(for: command) else {
                let near = session.vocabulary.suggestions(for: command.arguments)
                return .done(session.fail(.unknownCommand(command.name, at: engine.map.home, near: near), at: place))
            }
            if !row.accepts(command.arguments) {
                let entry = session.vocabulary.entry(for: command.arguments)
                let name = entry?.name ?? command.name.uppercased.text
                return .done(
                    session.fail(.wrongArgumentCount(of: name, usage: entry?.usage ?? "\(name) ..."), at: place))
            }
            try engine.refuseInBlock(command)
            let plan = try engine.plan(for: command)
            let isUntold = engine.map.isUnknown && engine.router.routesCommands
            let description = PlanDescription(
                command, row: row, plan: plan, map: engine.map, isInTransaction: engine.transaction.isInBlock,
                refusal: isUntold ? try engine.topologyRefusal(by: engine.map.home) : nil)
            guard session.style.format.isForPeople else { return .done(session.show(description.value)) }
            return .done(session.presenter.show(description.text(in: session.presenter.window)))
        } catch {
            return .done(session.fail(error, of: command, at: place))
        }
    }

    private func alias(_ words: [ByteString], at place: SourceLine?) -> ExitStatus {
        if let name = words.first, words.count > 1 {
            let former = session.aliases.updateValue(Array(words.dropFirst()), forKey: name)
            guard !session.grammar(.prompt).isIdle(alias: name) else {
                session.aliases[name] = former
                return session.fail(.idleAlias(name), at: place)
            }
            if place == nil, session.presenter.isInteractive, session.presenter.showsNotes {
                tellOfAlias(name, words.dropFirst())
            }
            return .ok
        }
        let shown = session.aliases.filter { words.isEmpty || $0.key == words[0] }
        if let name = words.first, shown.isEmpty { return noAlias(name, at: place) }
        guard session.style.format.isForPeople else {
            let sorted = shown.sorted { $0.key.text < $1.key.text }
            return session.show(.map(sorted.flatMap { [RESPValue.bulk($0), .array($1.map { .bulk($0) })] }))
        }
        guard !shown.isEmpty || !session.presenter.isInteractive else {
            return session.presenter.show("There are no aliases. :alias NAME COMMAND defines one.\n")
        }
        return session.presenter.show(session.aliasLines(shown))
    }

    /// Warns about what the user may not have meant by an alias.
    private func tellOfAlias(_ name: ByteString, _ words: ArraySlice<ByteString>) {
        if ShellWord(name) != nil || session.vocabulary.entry(for: [name]) != nil {
            session.presenter.note(CLIError.hidden(by: name))
        }
        if let word = words.first(where: { $0.hasPrefix("$") && ($0.dropFirst(1).integer ?? 0) > 0 }) {
            session.presenter.note(CLIError.noParameters(word))
        }
    }

    private func noAlias(_ name: ByteString, at place: SourceLine?) -> ExitStatus {
        let near = Suggestions.near(name, of: session.aliases.keys.map(\.text).sorted())
        return session.fail(.noAlias(name, near: near), at: place)
    }

    private func edit(_ words: [ByteString], at place: SourceLine?) -> Outcome {
        guard let enter = session.enter else { return .done(session.fail(.onlyAtPrompt(.edit), at: place)) }
        do {
            let typed = words.map { Quoting.utf8.word($0) }.joined(separator: " ")
            let text = try ExternalEditor.edit(typed.isEmpty ? session.lastLine : ByteString(typed))
            guard let text, !text.isEmpty else { return .done(.ok) }
            return enter(text)
        } catch {
            return .done(session.fail(error, at: place))
        }
    }

    private func source(_ path: ByteString, at place: SourceLine?) -> ExitStatus {
        guard nesting < Self.maximumNesting else {
            return session.fail(.cannotOpen(path: path, reason: String(errno: ELOOP)), at: place)
        }
        nesting += 1
        defer { nesting -= 1 }
        do {
            let file = try InputFile(path)
            let commands = CommandFile(path: path, descriptor: file.descriptor, self)
            return session.presenter.withoutPager { commands.run() }
        } catch {
            return session.fail(error, at: place)
        }
    }
}
