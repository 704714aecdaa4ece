import Glibc

/// Turns SIGINT, SIGWINCH and SIGCONT into bytes on a pipe, so that the poll loop sees them beside its sockets; if it is wanted,
/// SIGTERM and SIGHUP too, which end what is done as SIGINT does.
package final class SignalPipe {
    package enum Signal: UInt8, Sendable {
        case interrupt, resize, continuation
    }

    /// The write end, for the handlers; there is one pipe a process at a time.
    nonisolated(unsafe) private static var target: Int32 = -1
    /// The signal that has ended what was done.
    nonisolated(unsafe) private static var ending = SIGINT
    private let terminations: [Int32]

    private let reader: FileDescriptor
    private let writer: FileDescriptor

    /// Readable when a signal has come.
    package var descriptor: Int32 { reader.number }

    /// Installs the handlers, which stay until the pipe is released.
    ///
    /// - Parameter catchesTermination: true for SIGTERM and SIGHUP too, unless whoever started the program wants it to
    ///   ignore them, as nohup does.
    package init(catchesTermination: Bool = false) {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        reader = FileDescriptor(ends[0])
        writer = FileDescriptor(ends[1])
        terminations = catchesTermination ? [SIGTERM, SIGHUP].filter { !Self.isIgnored($0) } : []
        Self.target = ends[1]
        Self.handle(SIGINT) { _ in SignalPipe.tell(.interrupt) }
        Self.handle(SIGWINCH) { _ in SignalPipe.tell(.resize) }
        Self.handle(SIGCONT) { _ in SignalPipe.tell(.continuation) }
        for signal in terminations {
            Self.handle(signal) { number in
                SignalPipe.ending = number
                SignalPipe.tell(.interrupt)
            }
        }
    }

    deinit {
        for signal in [SIGINT, SIGWINCH, SIGCONT] + terminations { Self.handle(signal, SIG_DFL) }
    }

    /// Ends the process as the signal does that has ended what was done, SIGINT unless another came, where nobody
    /// handles it.
    package static func dieOfInterrupt() {
        handle(ending, SIG_DFL)
        raise(ending)
    }

    private static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        sigaction(signal, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private static func handle(_ signal: Int32, _ handler: __sighandler_t?) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        sigaction(signal, &action, nil)
    }

    private static func tell(_ signal: Signal) {
        let saved = errno
        var byte = signal.rawValue
        write(target, &byte, 1)
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
