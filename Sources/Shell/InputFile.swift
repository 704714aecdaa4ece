import Glibc
import Presentation
import RESP
import Transport

/// A file named by the user, open for reading. The name is bytes, as the system has it.
struct InputFile: ~Copyable {
    private let file: FileDescriptor

    var descriptor: Int32 { file.number }

    /// - Throws: `.cannotOpen` with the system's reason, also for a directory.
    init(_ path: ByteString) throws(CLIError) {
        file = FileDescriptor(FileDescriptor.open(path, O_RDONLY))
        var status = stat()
        if file.number >= 0, fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { errno = EISDIR }
        guard file.number >= 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw .cannotOpen(path: path, reason: String(errno: errno))
        }
    }

    /// True for a file that only the user or root can have written, as ssh demands of its own files. A device holds
    /// nothing.
    var isTrusted: Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        let isOwn = status.st_uid == geteuid() || status.st_uid == 0
        return status.st_mode & S_IFMT == S_IFCHR || isOwn && status.st_mode & (S_IWGRP | S_IWOTH) == 0
    }

    /// True for a file that users other than its owner can read.
    var isReadByOthers: Bool {
        var status = stat()
        return fstat(descriptor, &status) != 0 || status.st_mode & (S_IRGRP | S_IROTH) != 0
    }

    /// Expands a leading `~/` to the user's home directory, as a shell does.
    static func expandingHome(_ path: ByteString) -> ByteString {
        guard path.hasPrefix("~/"), let home = getenv("HOME") else { return path }
        return ByteString(cString: home) + path.dropFirst(1)
    }
}
