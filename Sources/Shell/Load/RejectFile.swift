import Terminal
import Glibc
import Presentation
import RESP
import Transport

/// The commands that failed, in the form they came in, so that they can be loaded again.
final class RejectFile {
    let path: ByteString
    private let appends: Bool
    private var file: Int32 = -1
    private var buffer: [UInt8] = []
    private var isSynchronized = true
    private(set) var failure: PrivateFile.Failure?

    /// - Parameter appends: true when a load is resumed.
    init(path: ByteString, appends: Bool) {
        self.path = path
        self.appends = appends
    }

    deinit {
        if file >= 0 { close(file) }
    }

    /// Opens the file, unless it is open.
    func open() {
        guard file < 0 else { return }
        attempt { () throws(PrivateFile.Failure) in file = try PrivateFile.open(path, appends: appends) }
    }

    /// Checks that the file can be created when it is needed. What another load has left there is removed.
    func prepare() {
        attempt { () throws(PrivateFile.Failure) in
            if appends { try PrivateFile.check(path) } else { try PrivateFile.remove(path) }
        }
    }

    private func attempt(_ body: () throws(PrivateFile.Failure) -> Void) {
        guard failure == nil else { return }
        do {
            try body()
        } catch {
            failure = error
        }
    }

    /// - Parameter isRequest: true for a command that came in RESP.
    func add(_ words: [ByteString], isRequest: Bool) {
        guard isRequest else { return add(Quoting.line(words) + [0x0a]) }
        var queue = ByteQueue()
        _ = queue.append(command: words)
        add(Array(queue.bytes))
    }

    func add(_ bytes: [UInt8]) {
        open()
        buffer += bytes
        if buffer.count >= 64 << 10 { flush() }
    }

    func flush() {
        guard file >= 0, failure == nil, !buffer.isEmpty else { return }
        failure = Output.writeAll(buffer, to: file).map { .system($0) }
        buffer.removeAll(keepingCapacity: true)
        isSynchronized = false
    }

    /// Syncs the file to disk, so that it survives a crash of the machine. Also sets ``failure`` for a file that was
    /// deleted.
    func synchronize() {
        flush()
        guard file >= 0, failure == nil, !isSynchronized else { return }
        // A pipe or a terminal cannot be synchronized.
        if fsync(file) != 0, ![EINVAL, EROFS, ENOTSUP].contains(errno) { failure = .system(errno) }
        var status = stat()
        if fstat(file, &status) == 0, status.st_nlink == 0 { failure = .system(ENOENT) }
        isSynchronized = true
    }
}
