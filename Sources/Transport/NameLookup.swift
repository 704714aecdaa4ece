import Glibc
import Synchronization

/// Looks up the addresses of a name in its own thread, the only one besides the main thread: the system's resolver
/// blocks for as long as name servers are silent, and nothing interrupts it. An abandoned lookup ends on its own.
final class NameLookup: Sendable {
    private let resolve: @Sendable () throws(TransportError) -> [SocketAddress]
    private let result = Mutex<Result<[SocketAddress], TransportError>?>(nil)
    private let reader: FileDescriptor
    private let writer: FileDescriptor

    /// Readable when there is an ``answer``.
    var descriptor: Int32 { reader.number }

    /// The addresses, or why there are none; nil while the resolver is working.
    var answer: Result<[SocketAddress], TransportError>? { result.withLock { $0 } }

    init(_ resolve: @escaping @Sendable () throws(TransportError) -> [SocketAddress]) {
        self.resolve = resolve
        let ends = FileDescriptor.pipe()
        reader = FileDescriptor(ends.reader)
        writer = FileDescriptor(ends.writer)
        start()
    }

    private func start() {
        // Signals belong to the main thread, whose poll they have to end.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let lookup = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<NameLookup>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            }, lookup.toOpaque())
        if status == 0 {
            pthread_detach(thread)
        } else {
            lookup.release()
            run()
        }
    }

    private func run() {
        lookUp()
        // From here on the answer belongs to the main thread.
        var byte: UInt8 = 0
        write(writer.number, &byte, 1)
    }

    private func lookUp() {
        let addresses = Result { () throws(TransportError) in try resolve() }
        result.withLock { $0 = addresses }
    }
}
