import Clock
import Glibc
package import RESP
import Transport

/// The history file: one line per entry, oldest first, readable only by its owner.
///
/// Each line is appended when it is entered, so that parallel sessions keep each other's lines. An entry of several
/// lines has a backslash at the end of each but the last, so backslashes at the end of a line are doubled. Problems
/// with the file are not reported: no command fails because of its history.
package struct History {
    /// The most entries that a session starts with, and to which the file is cut then.
    package static let limit = 1000

    /// What the file held at the start.
    package let entries: [ByteString]
    private let path: ByteString?
    private var last: ByteString?

    /// Reads the file and cuts it to its newest ``limit`` entries.
    ///
    /// - Parameter path: nil for no history; a path that is not a regular file, such as /dev/null, means none either.
    package init(path: ByteString?) {
        self.path = path
        entries = Self.load(path)
        last = entries.last
    }

    /// Appends an entry to the file, unless it repeats the previous one.
    package mutating func append(_ entry: ByteString) {
        guard entry != last else { return }
        last = entry
        guard let file = Self.open(path, O_WRONLY | O_APPEND | O_CREAT) else { return }
        Self.lock(file)
        _ = Output.writeAll(Self.encode(entry), to: file.number)
    }

    private static func load(_ path: ByteString?) -> [ByteString] {
        guard let file = open(path, O_RDWR) else { return [] }
        let isLocked = lock(file)
        var reader = LineReader(descriptor: file.number)
        let entries = decode(reader.rest())
        let newest = Array(entries.suffix(limit))
        guard isLocked, entries.count > limit else { return newest }
        let text = newest.flatMap(encode)
        // Overwritten, not renamed: the path may be a link. The cut comes last, so that a crash loses nothing.
        lseek(file.number, 0, SEEK_SET)
        if Output.writeAll(text, to: file.number) == nil { ftruncate(file.number, off_t(text.count)) }
        return newest
    }

    // MARK: Lines and entries

    private static let newline = UInt8(ascii: "\n")
    private static let backslash = UInt8(ascii: "\\")

    private static func encode(_ entry: ByteString) -> [UInt8] {
        let lines = entry.bytes.split(separator: newline, omittingEmptySubsequences: false)
        return Array(
            lines.map { line in line + Array(repeating: backslash, count: backslashes(endOf: line)) }
                .joined(separator: [backslash, newline])) + [newline]
    }

    private static func decode(_ text: [UInt8]) -> [ByteString] {
        var entries: [ByteString] = []
        var entry: [UInt8] = []
        let lines = text.split(separator: newline, omittingEmptySubsequences: false)
        for line in lines.last == [] ? lines.dropLast() : lines[...] {
            let trailing = backslashes(endOf: line)
            entry += line.dropLast(trailing - trailing / 2)
            if trailing.isMultiple(of: 2) {
                entries.append(ByteString(entry))
                entry = []
            } else {
                entry.append(newline)
            }
        }
        return entries
    }

    private static func backslashes(endOf line: ArraySlice<UInt8>) -> Int {
        line.reversed().prefix { $0 == backslash }.count
    }

    // MARK: The file

    /// Seconds to wait for another session: it holds the file only for an instant, unless it was stopped.
    private static let patience = 0.2

    private static func open(_ path: ByteString?, _ flags: Int32) -> FileDescriptor? {
        guard let path else { return nil }
        // O_NONBLOCK: a FIFO at this path must not hang the start.
        let number = FileDescriptor.open(path, flags | O_NONBLOCK, mode: 0o600)
        guard number >= 0 else { return nil }
        let file = FileDescriptor(number)
        var status = stat()
        guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        fchmod(number, 0o600)
        return file
    }

    /// Keeps other sessions off until the file is closed. False when one of them holds it the whole time.
    @discardableResult
    private static func lock(_ file: borrowing FileDescriptor) -> Bool {
        let end = Instant(seconds: patience)
        while flock(file.number, LOCK_EX | LOCK_NB) != 0 {
            guard !end.hasPassed else { return false }
            Poller.sleep(seconds: 0.01)
        }
        return true
    }
}
