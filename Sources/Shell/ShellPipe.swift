import Commands
import Glibc
import Presentation
import RESP
import Transport

/// `COMMAND | shell command`, `COMMAND > file` and `COMMAND >> file`: the raw reply goes there.
enum ShellPipe {
    /// True for an unquoted word that ends the command. XREADGROUP keeps its `>`.
    static func isOperator(_ words: [ByteString], _ word: ByteString) -> Bool {
        guard word == "|" || word == ">" || word == ">>", !words.isEmpty else { return false }
        // Behind a target, a number or a word of the shell as well.
        return word == "|" || !words.contains { $0.matches("XREADGROUP") }
    }

    /// - Parameters:
    ///   - end: the operator.
    ///   - rest: what stands behind it: a command for `/bin/sh`, or a file's name.
    static func run(
        _ words: [ByteString], _ end: ByteString, _ rest: ByteString, _ runner: LineRunner
    ) -> LineRunner.Outcome {
        let session = runner.session
        var reader: ChildProcess?
        let descriptor: Int32
        if end == "|" {
            guard rest.bytes.contains(where: { $0 != 0x20 }) else {
                return .done(session.fail(.wordUsage("COMMAND | SHELL COMMAND")))
            }
            var ends: [Int32] = [-1, -1]
            pipe(&ends)
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            reader = ChildProcess("/bin/sh", ["-c", rest.text], standardInput: ends[0])
            close(ends[0])
            descriptor = ends[1]
        } else {
            guard let names = try? Tokenizer.words(rest.bytes), names.count == 1 else {
                return .done(session.fail(.wordUsage("COMMAND \(end.text) FILE (quote a name with spaces)")))
            }
            let path = InputFile.expandingHome(names[0])
            descriptor = InputFile.open(path, O_WRONLY | O_CREAT | (end == ">" ? O_TRUNC : O_APPEND))
            guard descriptor >= 0 else {
                return .done(session.fail(.cannotOpen(path: path, reason: String(cString: strerror(errno)))))
            }
        }
        let style = session.style
        if style.format == .terminal { session.style.format = .raw }
        session.style.colour = false
        session.output.flush()
        session.output.descriptor = descriptor
        // A reader that leaves early is no reason for the shell to end.
        let brokenPipes = BrokenPipes.ignore()
        let outcome = runner.run(words)
        // A subscription writes there until Ctrl-C.
        if session.stream != nil { _ = session.showMessages() }
        session.stream = nil
        session.output.flush()
        let failure = session.output.failure
        brokenPipes.restore()
        session.output.descriptor = STDOUT_FILENO
        session.style = style
        close(descriptor)
        reader?.wait()
        // A program may end before it has read everything; a file has to take it.
        if let failure, reader == nil {
            return .done(session.fail(.cannotOpen(path: rest, reason: String(cString: strerror(failure)))))
        }
        return outcome
    }
}
