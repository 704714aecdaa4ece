import Terminal
import Commands
import Glibc
import Presentation
import RESP
import Transport

// `COMMAND | shell command`, `COMMAND > file` and `COMMAND >> file`.
extension LineRunner {
    /// Sends the replies of what `body` runs to a shell command or a file, raw unless the format is JSON or CSV.
    func redirected(_ redirection: Line.Redirection?, _ body: () -> Outcome) -> Outcome {
        guard let redirection else { return body() }
        var reader: ChildProcess?
        var file: ByteString?
        var isNewFile = false
        let descriptor: Int32
        switch redirection.kind {
        case .pipe:
            guard redirection.text.bytes.contains(where: { $0 != 0x20 }) else {
                return .done(session.fail(.wordUsage("COMMAND | SHELL COMMAND")))
            }
            let input: Int32
            (input, descriptor) = FileDescriptor.pipe()
            reader = ChildProcess("/bin/sh", ["-c", redirection.text.text], standardInput: input)
            close(input)
        case .file, .append:
            guard let names = try? Tokenizer.words(redirection.text.bytes), names.count == 1 else {
                let sign = redirection.kind == .file ? ">" : ">>"
                return .done(session.fail(.wordUsage("COMMAND \(sign) FILE (quote a name with spaces)")))
            }
            let path = InputFile.expandingHome(names[0])
            file = path
            isNewFile = access(path.cString, F_OK) != 0
            descriptor = FileDescriptor.open(path, O_WRONLY | O_CREAT | (redirection.kind == .append ? O_APPEND : 0))
            guard descriptor >= 0 else {
                return .done(session.fail(.cannotOpen(path: path, reason: String(errno: errno))))
            }
        }
        session.style = session.style.forPrograms
        session.output.flush()
        session.output.descriptor = descriptor
        // A line that is refused, or not confirmed, leaves the file as it is.
        session.output.replacesFile = redirection.kind == .file
        // A reader that exits early must not end the shell.
        let brokenPipes = BrokenPipes.ignore()
        let outcome = body()
        session.output.flush()
        let failure = session.output.failure
        brokenPipes.restore()
        session.output.descriptor = STDOUT_FILENO
        var status = stat()
        if isNewFile, let file, fstat(descriptor, &status) == 0, status.st_size == 0 { unlink(file.cString) }
        close(descriptor)
        reader?.wait()
        session.presenter.tellHeldTiming()
        // A program may end before it has read everything; a file has to take it all.
        if let failure, failure != EINTR, let file {
            return .done(session.fail(.cannotWriteTo(path: file, reason: String(errno: failure))))
        }
        return outcome
    }
}
