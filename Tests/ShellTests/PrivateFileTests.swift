import Foundation
import Glibc
import RESP
import Shell
import TestSupport
import Testing

/// The files of a load: who may read them, and which paths are never written.
struct PrivateFileTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = "\(folder.path)/file"
    }

    /// The ways in which a load writes.
    enum Way: CaseIterable {
        case new, append, replace
    }

    private func write(_ text: String, _ way: Way) throws(PrivateFile.Failure) {
        guard way != .replace else { return try PrivateFile.replace(ByteString(path), with: Array(text.utf8)) }
        let file = try PrivateFile.open(ByteString(path), appends: way == .append)
        defer { close(file) }
        _ = Glibc.write(file, text, text.utf8.count)
    }

    private func contents(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    private var mode: Int? {
        get throws { try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int }
    }

    @Test(
        "A file is private to its user",
        arguments: Way.allCases, [nil, "old\n"])
    func aFileIsPrivateToItsUser(_ way: Way, old: String?) throws {
        if let old {
            try old.write(toFile: path, atomically: false, encoding: .utf8)
            chmod(path, 0o644)
        }
        try write("new\n", way)
        #expect(contents(path) == (way == .append ? old ?? "" : "") + "new\n")
        #expect(try mode == 0o600)
        #expect(folder.contents == ["file"])
    }

    @Test("A link is not followed, whatever it leads to", arguments: Way.allCases, ["file", "folder", "nothing"])
    func linksAreRefused(_ way: Way, to kind: String) throws {
        let target = "\(folder.path)/target"
        switch kind {
        case "file": try "kept".write(toFile: target, atomically: false, encoding: .utf8)
        case "folder": try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: false)
        default: break
        }
        symlink(target, path)
        #expect(throws: PrivateFile.Failure.isLink) { try write("new\n", way) }
        #expect(contents(target) == (kind == "file" ? "kept" : nil))
        #expect(FileManager.default.fileExists(atPath: target) == (kind != "nothing"))
    }

    @Test("A file of another user is refused", .enabled(if: geteuid() == 0), arguments: Way.allCases)
    func filesOfOthersAreRefused(_ way: Way) throws {
        try "kept".write(toFile: path, atomically: false, encoding: .utf8)
        chown(path, 1, 1)
        #expect(throws: PrivateFile.Failure.isForeign) { try write("new\n", way) }
        #expect(contents(path) == "kept")
    }

    /// The temporary file, which then replaces the other.
    @Test(
        "Nothing is written through a link at the temporary file's path",
        arguments: [Way.new, .replace])
    func nothingIsWrittenThroughALinkAtTheTemporaryFilesPath(_ way: Way) throws {
        let target = "\(folder.path)/target"
        try "kept".write(toFile: target, atomically: false, encoding: .utf8)
        symlink(target, path + ".new")
        try write("new\n", way)
        #expect(contents(target) == "kept")
        #expect(contents(path) == "new\n")
        try FileManager.default.createDirectory(atPath: path + ".new", withIntermediateDirectories: false)
        #expect(throws: PrivateFile.Failure.system(EEXIST)) { try write("newer\n", way) }
        #expect(contents(path) == "new\n")
    }

    /// A pipe, a device or a terminal is not a file that could be replaced.
    @Test(
        "Pipes are written, not replaced",
        arguments: [Way.new, .append])
    func pipesAreWrittenNotReplaced(_ way: Way) throws {
        mkfifo(path, 0o600)
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        try write("new\n", way)
        var bytes = [UInt8](repeating: 0, count: 16)
        #expect(read(reader, &bytes, bytes.count) == 4)
    }
}
