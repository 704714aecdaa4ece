import Terminal
import Options
import Commands
import Engine
import Glibc
import Presentation
import RESP
import Routing
import Transport

/// One command from the command line, run once or as often as `-r` says.
struct OneShot {
    let runner: LineRunner

    /// Seconds.
    private static let pauseBeforeNextAttempt = 1.0

    private var session: Session { runner.session }
    private var configuration: Configuration { session.configuration }

    func run() -> ExitStatus {
        let words: [ByteString]
        do {
            words = try commandWords()
        } catch {
            return session.fail(error)
        }
        let line: Line
        do {
            guard let read = try session.grammar(.arguments).line(words) else { return .ok }
            line = read
        } catch {
            return session.fail(CLIError(error, at: nil))
        }
        tellMistake(in: words)
        Confirmation.ask(in: session)
        session.engine.iterationInterval = configuration.interval
        var worst = ExitStatus.ok
        var round = 0
        while configuration.repeatCount.map({ round < $0 }) ?? true {
            guard case .done(let status) = runner.run(line) else { break }
            worst = max(worst, status)
            if session.engine.loop.hasBeenInterrupted { return max(worst, .interrupted) }
            if !session.output.isWritable || status != .ok && configuration.stopsAtError { break }
            round += 1
            // When repeating forever, a server that refuses connections is not retried in a tight loop.
            let isVain = status == .noConnection && configuration.repeatCount == nil
            let pause = max(configuration.interval, isVain ? Self.pauseBeforeNextAttempt : 0)
            if pause > 0, configuration.repeatCount != 1 { Poller.sleep(seconds: pause) }
        }
        return max(worst, session.tellOpenTransaction(in: nil))
    }

    /// `slotline INFO --json`: everything after the first word of a command belongs to it, which not everyone expects.
    /// `--eval FILE KEY ARGUMENT`: without a comma both are keys.
    private func tellMistake(in words: [ByteString]) {
        guard session.dialect.hasOwnNotes, session.presenter.showsNotes, Terminal.isTerminal(STDERR_FILENO) else {
            return
        }
        if case .eval = configuration.mode {
            let rest = configuration.command
            let isMeant = rest.isEmpty || rest.contains(",")
            if !isMeant, words[1].text.contains("ARGV") || rest.contains(where: { $0.bytes.last == UInt8(ascii: ",") })
            {
                session.presenter.note(CLIError.commaMissing)
            }
            return
        }
        let option = words.dropFirst().first { $0.hasPrefix("--") && OptionTable.row(named: $0) != nil }
        if let option { session.presenter.note(CLIError.misplaced(option)) }
    }

    private func commandWords() throws(CLIError) -> [ByteString] {
        switch configuration.mode {
        case .eval(let file): try Self.evalWords(file, configuration.command)
        // The iterator over all masters.
        case .scan: ["SCAN_ITER"] + configuration.scan.words
        case .command, .load, .recover, .tool, .help, .version, .manual, .completions, .candidates,
            .explainConfiguration, .writeConfiguration:
            try withStandardInput(configuration.command)
        }
    }

    /// `-x` appends stdin as the last argument, `-X` puts it in place of a tag.
    private func withStandardInput(_ words: [ByteString]) throws(CLIError) -> [ByteString] {
        guard let use = configuration.standardInput, !words.isEmpty else { return words }
        let input = try Self.contents(of: STDIN_FILENO, named: "stdin")
        switch use {
        case .lastArgument: return words + [input]
        case .argument(let tag):
            guard let index = words.firstIndex(of: tag) else { throw .tagNotFound(tag) }
            var words = words
            words[index] = input
            return words
        }
    }

    /// `--eval FILE key ... , argument ...`: the comma is a word of its own.
    static func evalWords(_ path: ByteString, _ words: [ByteString]) throws(CLIError) -> [ByteString] {
        let file = try InputFile(path)
        let script = try contents(of: file.descriptor, named: path)
        let comma = words.firstIndex(of: ",") ?? words.endIndex
        return ["EVAL", script, ByteString(String(comma))] + words[..<comma] + words[comma...].dropFirst()
    }

    private static func contents(of descriptor: Int32, named name: ByteString) throws(CLIError) -> ByteString {
        var reader = LineReader(descriptor: descriptor)
        let contents = ByteString(reader.rest())
        if let failure = reader.failure { throw .cannotOpen(path: name, reason: String(errno: failure)) }
        return contents
    }
}
