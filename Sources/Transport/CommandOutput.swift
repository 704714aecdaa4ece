package import Clock
import Glibc
package import RESP

/// A `/bin/sh` command whose output is read without waiting for it. It shares slotline's stderr, reads no input and
/// does not outlive this object.
package final class CommandOutput {
    /// Seconds between checks of whether the command has ended, while its output is open and afterwards: a program that
    /// it leaves running may keep the output open.
    private static let pauses = (open: 0.05, closed: 0.001)

    private let process: ChildProcess
    private let output: FileDescriptor
    private var isOpen = true
    private var status: Int32?
    package private(set) var bytes: [UInt8] = []

    /// - Returns: nil when there is no shell.
    package init?(_ command: ByteString) {
        let ends = FileDescriptor.pipe()
        _ = fcntl(ends.reader, F_SETFL, O_NONBLOCK)
        output = FileDescriptor(ends.reader)
        let writer = FileDescriptor(ends.writer)
        guard
            let process = ChildProcess(
                "/bin/sh", ["-c", command.text], standardInput: -1, standardOutput: writer.number)
        else { return nil }
        self.process = process
    }

    deinit {
        if status == nil { process.kill() }
    }

    /// What to poll for; nil when nothing more can arrive.
    package var interest: Poller.Interest? { isOpen ? .init(descriptor: output.number) : nil }

    /// When to call ``progress()`` even if nothing has arrived.
    package var nextLook: Instant { Instant(seconds: isOpen ? Self.pauses.open : Self.pauses.closed) }

    /// Takes what has arrived.
    ///
    /// - Returns: the exit status once the command has ended, as a shell gives it.
    package func progress() -> Int32? {
        // In this order: once it has ended, everything it wrote is there.
        status = status ?? process.statusIfEnded()
        var chunk = [UInt8](repeating: 0, count: 4096)
        while isOpen {
            let count = read(output.number, &chunk, chunk.count)
            if count > 0 {
                bytes += chunk[..<count]
            } else if count == 0 || errno != EINTR {
                isOpen = count < 0 && errno == EAGAIN
                break
            }
        }
        return status
    }
}
