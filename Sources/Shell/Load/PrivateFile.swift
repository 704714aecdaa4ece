import Glibc
import Presentation
package import RESP
import Terminal
import Transport

/// How a load creates its files: accessible to the user only, because they hold data, and neither through a symbolic
/// link nor over another user's file, either of which may have been planted there.
package enum PrivateFile {
    /// Why a file cannot be used.
    package enum Failure: Error, Equatable {
        /// The `errno` of what failed.
        case system(Int32)
        case isLink, isForeign

        var reason: String {
            switch self {
            case .system(let number): String(errno: number)
            case .isLink: LoadText.isLink
            case .isForeign: LoadText.isForeign
            }
        }
    }

    /// Checks what is at a path, if anything.
    static func check(_ path: ByteString) throws(Failure) {
        _ = try kind(of: path)
    }

    /// Removes what is at a path if it is a regular file.
    static func remove(_ path: ByteString) throws(Failure) {
        guard try kind(of: path) == S_IFREG else { return }
        _ = try succeed(unlink(path.cString))
    }

    /// Opens a file for writing: an existing one is appended to, or replaced by a new one. A device or a pipe is
    /// written to as it is.
    ///
    /// - Returns: a descriptor, which the caller closes.
    package static func open(_ path: ByteString, appends: Bool) throws(Failure) -> Int32 {
        let kind = try kind(of: path)
        if kind == nil || kind == S_IFREG && !appends {
            let file = try draft(of: path)
            do throws(Failure) {
                try putInPlace(path)
            } catch {
                close(file)
                throw error
            }
            return file
        }
        let file = try succeed(FileDescriptor.open(path, O_WRONLY | O_APPEND | O_NOFOLLOW))
        if kind == S_IFREG { fchmod(file, 0o600) }
        return file
    }

    /// Atomically replaces a file with one that holds these bytes.
    package static func replace(_ path: ByteString, with bytes: [UInt8]) throws(Failure) {
        try check(path)
        let file = try draft(of: path)
        defer { close(file) }
        if let failure = Output.writeAll(bytes, to: file) { throw .system(failure) }
        _ = try succeed(fsync(file))
        try putInPlace(path)
    }

    /// - Returns: the bits of `st_mode` that give the kind; nil when nothing is there.
    private static func kind(of path: ByteString) throws(Failure) -> mode_t? {
        var status = stat()
        guard lstat(path.cString, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw .system(errno)
        }
        let kind = status.st_mode & S_IFMT
        if kind == S_IFLNK { throw .isLink }
        guard [geteuid(), 0].contains(status.st_uid) else { throw .isForeign }
        return kind
    }

    // MARK: The draft next to the file

    private static func nameOfDraft(_ path: ByteString) -> ByteString { path + ".new" }

    private static func draft(of path: ByteString) throws(Failure) -> Int32 {
        let name = nameOfDraft(path)
        // Left by a load that was killed.
        unlink(name.cString)
        return try succeed(FileDescriptor.open(name, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600))
    }

    private static func putInPlace(_ path: ByteString) throws(Failure) {
        _ = try succeed(rename(nameOfDraft(path).cString, path.cString))
    }

    private static func succeed(_ result: Int32) throws(Failure) -> Int32 {
        guard result >= 0 else { throw .system(errno) }
        return result
    }
}
