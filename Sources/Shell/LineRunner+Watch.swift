import Terminal
import Clock
import Commands
import Engine
import Glibc
import Presentation
import RESP
import Routing
import Transport

// `:watch`: repeats a command on a screen of its own.
extension LineRunner {
    /// Used when no number of seconds is given.
    private static let usualPause = 2.0

    func watch(_ words: [ByteString], at place: SourceLine?) -> Outcome {
        let seconds = Double(words[0].text)
        let line = seconds == nil ? words : Array(words.dropFirst())
        let pause = seconds ?? Self.usualPause
        guard pause > 0, pause < .infinity else {
            return refuse(words[0], wanted: "a number of seconds above 0", at: place)
        }
        guard !line.isEmpty else { return .done(session.fail(.wordUsage(ShellWord.watch.usage), at: place)) }
        // A line that cannot be parsed is reported when it runs.
        if let content = try? session.grammar(.file).line(line)?.content, !mayRepeat(content) {
            return refuse(line[0], wanted: "a command that does not change the session", at: place)
        }
        if session.engine.transaction.isInBlock {
            // Each time, the command would be queued once more.
            return .done(session.fail(.notInTransaction(word: ":watch"), of: Command([":watch"]), at: place))
        }
        let text = line.map { Quoting.utf8.word($0) }.joined(separator: " ")
        var watch = WatchScreen(heading: "Every \(pause.shortText) s: \(text)")
        var outcome = Outcome.done(.ok)
        var isFirst = true
        // A command that the user does not confirm is not asked about again.
        var isDeclined = false
        let confirm = session.confirm
        defer { session.confirm = confirm }
        session.confirm = confirm.map { confirm in
            { question in
                let isConfirmed = confirm(question)
                if !isConfirmed { isDeclined = true }
                return isConfirmed
            }
        }
        Terminal.withSingleKeys { again in
            repeat {
                outcome = session.presenter.withoutPager {
                    guard session.output.descriptor == STDOUT_FILENO, Terminal.size(of: STDOUT_FILENO) != nil else {
                        // In the formats for programs each reply is on a line of its own.
                        if !isFirst, session.style.format.isForPeople { session.output.write("\n") }
                        isFirst = false
                        return run(line, from: .file, at: place)
                    }
                    let (result, bytes) = session.output.captured { run(line, from: .file, at: place) }
                    if isDeclined {
                        session.output.noteBytes(bytes)
                    } else {
                        watch.text = bytes
                        watch.draw(on: session.output)
                    }
                    return result
                }
                guard case .done = outcome, !isDeclined, !session.engine.loop.hasBeenInterrupted else { return }
            } while waits(seconds: pause, &watch, again)
        }
        watch.leave(on: session.output)
        return outcome
    }

    private func refuse(_ word: ByteString, wanted: String, at place: SourceLine?) -> Outcome {
        .done(session.fail(.badValue(of: ":watch", value: word, wanted: wanted), at: place))
    }

    /// False for anything that would change the state of the session.
    private func mayRepeat(_ content: Line.Content) -> Bool {
        switch content {
        case .command(let command):
            (session.engine.row(for: command)?.effect ?? SessionEffect.none) == SessionEffect.none
        case .word(let word, _):
            switch word {
            case .help, .questionMark, .list, .nodes, .slots, .peek, .explain, .queue, .diagnose, .source: true
            case .clear, .connect, .quit, .exit, .set, .format, .timing, .unblock, .watch, .edit, .alias, .unset,
                .unalias, .recover,
                .restart:
                false
            }
        }
    }

    /// Waits for the next run of `:watch`; false after Ctrl-C or a key that does not scroll.
    ///
    /// - Parameter again: makes the terminal deliver single keys, also after a question or while it was suspended.
    private func waits(seconds: Double, _ watch: inout WatchScreen, _ again: () -> Void) -> Bool {
        let deadline = Instant(seconds: seconds)
        let loop = session.engine.loop
        guard Terminal.isTerminal(STDIN_FILENO) else {
            loop.sleep(until: deadline)
            return !loop.hasBeenInterrupted
        }
        while !deadline.hasPassed {
            again()
            let isPressed = loop.wait(for: .init(descriptor: STDIN_FILENO), until: deadline)
            if session.engine.loop.takeInterrupt() { return false }
            guard isPressed else { continue }
            // The bytes of a key arrive together, perhaps with those of other keys.
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = read(STDIN_FILENO, &bytes, bytes.count)
            guard count > 0, watch.scrolls(by: ByteString(bytes.prefix(count))) else { return false }
            watch.draw(on: session.output)
        }
        return true
    }
}

/// What `:watch` shows: a heading, and as many rows of a text as the window holds. Keys scroll the text.
private struct WatchScreen {
    let heading: String
    var text: [UInt8] = []
    /// The first row that is shown.
    private var top = 0
    private var height = 1
    private var isDrawn = false

    init(heading: String) {
        self.heading = heading
    }

    /// Scrolls the text; false if one of the keys does not scroll.
    mutating func scrolls(by keys: ByteString) -> Bool {
        let distances: KeyValuePairs = [
            "\u{1b}[A": -1, "\u{1b}OA": -1, "\u{1b}[B": 1, "\u{1b}OB": 1, "\u{1b}[5~": -height, "\u{1b}[6~": height,
            " ": height,
        ]
        var rest = keys.bytes[...]
        while !rest.isEmpty {
            guard let (key, distance) = distances.first(where: { rest.starts(with: $0.key.utf8) }) else { return false }
            top += distance
            rest.removeFirst(key.utf8.count)
        }
        return true
    }

    mutating func draw(on output: Output) {
        guard let size = Terminal.size(of: STDOUT_FILENO) else { return }
        let rows = ScreenText(text, columns: size.columns).rows
        height = max(1, size.rows - 1)
        top = max(0, min(top, rows.count - height))
        let shown = rows.dropFirst(top).prefix(height)
        let place = "\(top + 1)-\(top + shown.count) of \(rows.count)"
        let keys =
            shown.count < rows.count
            ? ["(rows \(place): arrows scroll, other keys stop)", "(rows \(place), arrows scroll)", "(\(place))"]
            : ["(any key stops)", ""]
        let window = Window(columns: size.columns, width: Terminal.columns(of:))
        let lines = [Array(window.ended("\(heading) ", by: keys).utf8)] + shown
        // Later screens overwrite the first: terminals that keep erased text would keep each of them.
        output.write(isDrawn ? "\u{1b}[H" : "\u{1b}[H\u{1b}[2J")
        isDrawn = true
        for (place, line) in lines.enumerated() {
            // Erased first, because after a full line the cursor is still on its last character.
            let erasing = place == lines.count - 1 ? "\u{1b}[J" : "\u{1b}[K"
            output.write { $0 += Array(((place == 0 ? "" : "\r\n") + erasing).utf8) + line }
        }
        output.flush()
    }

    /// Ends the last row, behind the ^C that the terminal may show there.
    func leave(on output: Output) {
        if isDrawn { output.noteBytes([0x0a]) }
    }
}
