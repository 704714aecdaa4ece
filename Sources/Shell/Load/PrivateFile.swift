import Glibc
import Presentation
package import RESP
import Terminal
import Transport

/// How a load makes its files: for its user alone, because they hold data, and neither through a symbolic link nor over
/// what belongs to somebody else, either of which may have been put there to be written to.
package enum PrivateFile {
    /// Why there is no such file.
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

    /// Checks what stands at a path, if there is anything.
    package static func check(_ path: ByteString) throws(Failure) {
        _ = try kind(of: path)
    }

    /// Opens a file for writing: what is there is appended to, or a new file takes its place. A device or a pipe is
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

    /// Puts a file with these bytes in place of another, at once and as a whole.
    package static func replace(_ path: ByteString, with bytes: [UInt8]) throws(Failure) {
        try check(path)
        let file = try draft(of: path)
        defer { close(file) }
        if let failure = Output.writeAll(bytes, to: file) { throw .system(failure) }
        _ = try succeed(fsync(file))
        try putInPlace(path)
    }

    /// - Returns: the bits of `st_mode` that tell the kind; nil when there is nothing.
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

    // MARK: The file beside

    private static func nameOfDraft(_ path: ByteString) -> ByteString { path + ".new" }

    private static func draft(of path: ByteString) throws(Failure) -> Int32 {
        let name = nameOfDraft(path)
        // What a load that was killed has left.
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
