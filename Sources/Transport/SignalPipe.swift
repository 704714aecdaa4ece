import Glibc

/// Turns SIGINT and SIGWINCH into bytes on a pipe, so that the poll loop sees them beside its sockets.
package final class SignalPipe {
    package enum Signal: UInt8, Sendable {
        case interrupt, resize
    }

    /// The write end, for the handlers; there is one pipe a process.
    nonisolated(unsafe) private static var writer: Int32 = -1

    /// Readable when a signal has come.
    package let descriptor: Int32

    /// Installs the handlers; they stay for the life of the process.
    package init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        descriptor = ends[0]
        Self.writer = ends[1]
        Self.handle(SIGINT) { _ in SignalPipe.tell(.interrupt) }
        Self.handle(SIGWINCH) { _ in SignalPipe.tell(.resize) }
    }

    private static func handle(_ signal: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        sigaction(signal, &action, nil)
    }

    private static func tell(_ signal: Signal) {
        let saved = errno
        var byte = signal.rawValue
        write(writer, &byte, 1)
        errno = saved
    }

    /// The signals that came since the last call.
    package func drain() -> Set<Signal> {
        var signals: Set<Signal> = []
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) == 1 {
            if let signal = Signal(rawValue: byte) { signals.insert(signal) }
        }
        return signals
    }
}
