import Glibc

/// Turns SIGINT, SIGWINCH and SIGCONT into bytes on a pipe, so that the poll loop sees them alongside its sockets;
/// optionally also SIGTERM and SIGHUP, which end the current work as SIGINT does.
package final class SignalPipe {
    package enum Signal: UInt8, Sendable {
        case interrupt, resize, continuation
    }

    /// The write end, for the handlers; a process has one pipe at a time.
    nonisolated(unsafe) private static var target: Int32 = -1
    /// The signal that ended the current work.
    nonisolated(unsafe) private static var ending = SIGINT
    /// What the handled signals did before.
    private var former: [(signal: Int32, action: sigaction)] = []

    private let reader: FileDescriptor
    private let writer: FileDescriptor

    /// Readable when a signal has arrived.
    package var descriptor: Int32 { reader.number }

    /// Installs the handlers. When the pipe is released, the signals do again what they did before.
    ///
    /// A signal that the program was started with ignored stays ignored, as POSIX demands: under nohup, in the
    /// background of a script.
    ///
    /// - Parameters:
    ///   - catchesTermination: true for SIGTERM and SIGHUP too.
    ///   - isAtPrompt: true to handle SIGINT in any case, as every shell does at its prompt.
    package init(catchesTermination: Bool = false, isAtPrompt: Bool = false) {
        let ends = FileDescriptor.pipe()
        for end in [ends.reader, ends.writer] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        reader = FileDescriptor(ends.reader)
        writer = FileDescriptor(ends.writer)
        Self.target = ends.writer
        if isAtPrompt || !Self.isIgnored(SIGINT) { handle(SIGINT) { _ in SignalPipe.tell(.interrupt) } }
        handle(SIGWINCH) { _ in SignalPipe.tell(.resize) }
        handle(SIGCONT) { _ in SignalPipe.tell(.continuation) }
        guard catchesTermination else { return }
        for signal in [SIGTERM, SIGHUP] where !Self.isIgnored(signal) {
            handle(signal) { number in
                SignalPipe.ending = number
                SignalPipe.tell(.interrupt)
            }
        }
    }

    deinit {
        for case (let signal, var action) in former { sigaction(signal, &action, nil) }
    }

    /// Ends the process the way the signal that ended the work does when it is not handled; that is SIGINT unless
    /// another arrived.
    package static func dieOfInterrupt() {
        signal(ending, SIG_DFL)
        raise(ending)
    }

    private static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        sigaction(signal, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private func handle(_ signal: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        var old = sigaction()
        sigaction(signal, &action, &old)
        former.append((signal, old))
    }

    private static func tell(_ signal: Signal) {
        let saved = errno
        var byte = signal.rawValue
        write(target, &byte, 1)
        errno = saved
    }

    /// The signals that have arrived since the last call.
    package func drain() -> Set<Signal> {
        var signals: Set<Signal> = []
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) == 1 {
            if let signal = Signal(rawValue: byte) { signals.insert(signal) }
        }
        return signals
    }
}
