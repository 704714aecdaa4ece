import Glibc
import RESP
import Transport

/// The program that shows output page by page; it has the terminal until it ends.
package struct PagerProcess {
    /// Where the output is written.
    let descriptor: Int32
    private let process: ChildProcess
    private let brokenPipes: BrokenPipes

    /// - Parameter command: run by `/bin/sh`.
    init?(_ command: String) {
        // For less: colors pass through, what fits on one page ends on its own and stays on the screen; the prompt
        // names the keys.
        setenv("LESS", "FRXPsSpace shows more, q ends$", 0)
        // What was typed for the prompt reaches less as commands: none of them may run a program or write a file.
        setenv("LESSSECURE", "1", 0)
        let (reader, writer) = FileDescriptor.pipe()
        // A shell that cannot run the command has said so, and the output is still all there.
        let script = "\(command)\ncase $? in 126|127) exec cat;; esac"
        let process = ChildProcess("/bin/sh", ["-c", script], standardInput: reader)
        Glibc.close(reader)
        guard let process else {
            Glibc.close(writer)
            return nil
        }
        self.process = process
        descriptor = writer
        // That a user has seen enough is no reason for the shell to end.
        brokenPipes = .ignore()
    }

    /// Ends the output and waits until the user has read it.
    func close() {
        Glibc.close(descriptor)
        // The terminal shows ^C, and whatever comes next belongs below it.
        if process.wait() == 128 + SIGINT { write(STDOUT_FILENO, "\n", 1) }
        brokenPipes.restore()
    }

    /// The user's pager; nil when it is not installed. It is less unless PAGER names another.
    package static var standardCommand: String? {
        let named = getenv("PAGER").map { String(cString: $0) } ?? ""
        let command = named.isEmpty ? "less" : named
        return isInstalled(command.prefix { $0 != " " }) ? command : nil
    }

    private static func isInstalled(_ program: Substring) -> Bool {
        if program.contains("/") { return access(String(program), X_OK) == 0 }
        let folders = getenv("PATH").map { String(cString: $0) } ?? ""
        return folders.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
    }
}
