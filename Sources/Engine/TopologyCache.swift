import Glibc
package import RESP
import Routing
import Transport

/// Keeps a cluster's nodes in a file from one run of the program to the next. A file that cannot be read or written
/// counts as missing, and so does one that another user may have written.
package final class TopologyCache {
    /// The file's path; nil where there is no place for files.
    private lazy var path = findPath()
    private let findPath: () -> ByteString?
    /// What the file holds.
    private var kept: ByteString?

    private static let longest = 1 << 20

    /// - Parameter path: called by the first command about many nodes; other commands do without a file.
    package init(path: @escaping () -> ByteString?) {
        findPath = path
    }

    func read() -> Topology? {
        guard let path else { return nil }
        let file = FileDescriptor(FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK))
        var status = stat()
        guard file.number >= 0, fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_uid == geteuid(), status.st_mode & (S_IWGRP | S_IWOTH) == 0, status.st_size <= Self.longest
        else { return nil }
        var reader = LineReader(descriptor: file.number)
        let text = ByteString(reader.rest())
        kept = text
        return Topology(hint: text)
    }

    /// Replaces the file atomically if its content has changed.
    ///
    /// - Parameter topology: nil when there is no longer a cluster.
    func write(_ topology: Topology?) {
        guard let path else { return }
        guard let text = topology?.hint else {
            if kept != nil { unlink(path.cString) }
            return
        }
        guard text != kept else { return }
        kept = text
        guard Self.hasOwnFolder(path) else { return }
        let draft = path + ByteString(".\(getpid())")
        let file = FileDescriptor(FileDescriptor.open(draft, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600))
        guard file.number >= 0 else { return }
        let count = text.bytes.withUnsafeBytes { Glibc.write(file.number, $0.baseAddress, $0.count) }
        if count != text.count || rename(draft.cString, path.cString) != 0 { unlink(draft.cString) }
    }

    /// Makes the folder, the program's folder around it and the one for all caches, if there is a home. False when one
    /// belongs to another user, as under sudo.
    private static func hasOwnFolder(_ path: ByteString) -> Bool {
        var status = stat()
        for end in path.bytes.indices.filter({ path.bytes[$0] == UInt8(ascii: "/") }).suffix(3) {
            let folder = ByteString(path.bytes[..<end]).cString
            mkdir(folder, 0o700)
            guard stat(folder, &status) == 0, status.st_uid == geteuid() else { return false }
        }
        return true
    }
}
