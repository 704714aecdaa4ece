import Glibc
import Presentation
import RESP
import Transport

/// The user's text editor: VISUAL, else EDITOR, else vi.
enum ExternalEditor {
    /// Lets the user edit a text in a file that no other user can read and that is deleted afterwards.
    ///
    /// - Returns: the saved text, without trailing line endings; nil when the editor failed or saved nothing.
    /// - Throws: `.cannotOpen` or `.cannotWriteTo` for the file.
    static func edit(_ text: ByteString) throws(CLIError) -> ByteString? {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var path = Array("\(folder)/slotline-XXXXXX.redis".utf8CString)
        let file = FileDescriptor(mkstemps(&path, Int32(".redis".utf8.count)))
        let name = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard file.number >= 0 else {
            throw .cannotOpen(path: ByteString(name), reason: String(errno: errno))
        }
        defer { unlink(name) }
        let bytes = text.bytes + [0x0a]
        guard write(file.number, bytes, bytes.count) == bytes.count else {
            throw .cannotWriteTo(path: ByteString(name), reason: String(errno: errno))
        }
        let before = lastChange(of: name)
        let editor = ChildProcess("/bin/sh", ["-c", "${VISUAL:-${EDITOR:-vi}} \"$1\"", "sh", name])
        guard editor?.wait() == 0, lastChange(of: name) != before else { return nil }
        // Opened again by name: many editors replace the file.
        let edited = try InputFile(ByteString(name))
        var reader = LineReader(descriptor: edited.descriptor)
        var result = reader.rest()
        while let last = result.last, last == 0x0a || last == 0x0d { result.removeLast() }
        return ByteString(result)
    }

    /// The time in nanoseconds, and the inode, because some editors replace the file. Nil when it is gone.
    private static func lastChange(of path: String) -> [Int]? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return [Int(status.st_ino), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }
}
