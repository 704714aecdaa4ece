import Terminal
import Foundation
import RESP
import TestSupport
import Testing

/// The history file: what it holds and what a new session reads from it.
struct HistoryFileTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = "\(folder.path)/history"
    }

    private func history() -> History {
        History(path: ByteString(path))
    }

    private var text: String {
        get throws { try String(contentsOfFile: path, encoding: .utf8) }
    }

    private var mode: Int? {
        get throws { try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int }
    }

    @Test("Entries come back in order, whatever they hold")
    func roundTrip() {
        let entries: [ByteString] = [
            "GET k", "SET k \"a\\nb\"", "SET k 'one\ntwo\n\nthree'", "SET k a\\", "SET k a\\\\",
            "SET k \"a\\\nb\\\\\nc\"", "é日本語", ByteString([0x53, 0xff, 0xc3]), "\nGET k", "GET k\n",
        ]
        var history = history()
        for entry in entries { history.append(entry) }
        #expect(self.history().entries == entries)
    }

    @Test("An entry is a plain line; one of several lines joins them with backslashes")
    func format() throws {
        var history = history()
        for entry: ByteString in ["SET k \"a\\nb\"", "one\ntwo", "end\\"] { history.append(entry) }
        #expect(try text == "SET k \"a\\nb\"\none\\\ntwo\nend\\\\\n")
    }

    @Test("An entry that repeats the one before is left out, even across sessions")
    func repeats() throws {
        for _ in 0..<2 {
            var history = history()
            for entry: ByteString in ["GET a", "GET a"] { history.append(entry) }
        }
        #expect(try text == "GET a\n")
    }

    @Test("Concurrent sessions keep each other's entries")
    func twoSessions() throws {
        var first = history()
        var second = history()
        first.append("GET a")
        second.append("GET b")
        first.append("GET c")
        #expect(try text == "GET a\nGET b\nGET c\n")
    }

    @Test("A file that is too long is cut to its newest entries, even through a link")
    func limit() throws {
        let target = "\(folder.path)/target"
        let lines = (0..<History.limit + 500).map { "GET \($0)\n" }
        try lines.joined().write(toFile: target, atomically: true, encoding: .utf8)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
        let entries = history().entries
        #expect(entries.count == History.limit)
        #expect(entries.first == "GET 500")
        #expect(try String(contentsOfFile: target, encoding: .utf8) == lines.suffix(History.limit).joined())
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == target)
    }

    @Test("Only the owner may read the file, whether new or previously open to others")
    func permissions() throws {
        var history = history()
        history.append("GET a")
        #expect(try mode == 0o600)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        _ = self.history()
        #expect(try mode == 0o600)
    }

    @Test("Without a path, or with a device or a FIFO, there is no history", .timeLimit(.minutes(1)))
    func noFile() {
        let pipe = "\(folder.path)/pipe"
        mkfifo(pipe, 0o600)
        for path: ByteString? in [nil, "/dev/null", ByteString(pipe)] {
            var history = History(path: path)
            history.append("GET a")
            #expect(history.entries.isEmpty)
        }
    }

    @Test("A session that holds on to the file is waited for only a moment", .timeLimit(.minutes(1)))
    func heldFile() throws {
        try "GET a\n".write(toFile: path, atomically: true, encoding: .utf8)
        let other = open(path, O_RDONLY)
        defer { close(other) }
        #expect(flock(other, LOCK_EX) == 0)
        var history = history()
        #expect(history.entries == ["GET a"])
        history.append("GET b")
        #expect(try text == "GET a\nGET b\n")
    }
}
