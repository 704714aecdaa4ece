import Foundation
import RESP
import TestSupport
import Testing

/// `--pipe`: lines and RESP commands in one input.
struct MixedLoadTests {
    private let server: RedisServer
    private let folder: TemporaryFolder

    init() throws {
        server = try RedisServer()
        folder = try TemporaryFolder()
    }

    private var seed: [ByteString] { ["-p", ByteString("\(server.port)")] }

    private static let value: ByteString = "\r\nFLUSHALL\r\nSET mixed:flushed 1\r\n"

    /// A command whose value would delete everything if it were read as lines.
    private static func setCommand(_ key: ByteString) -> [UInt8] {
        var bytes: [UInt8] = []
        RESPEncoder.append(["SET", key, value], to: &bytes)
        return bytes
    }

    @Test(
        "A value is never run",
        arguments: [
            "", "SELECT 0\r\n", "\r\n", "\n\n", "\u{feff}", "\u{feff}\r\nSELECT 0\r\n", "#TS:1234\r\n",
            "GET \"open\r\n",
            "SET mixed:line 1 \\\n", "*0\r\n",
        ])
    func aValueIsNeverRun(_ front: String) throws {
        try server.send("SET", "mixed:kept", "1")
        for program in [BuiltProduct.slotline, try folder.link("redis-cli")] {
            let middle = Array("GET mixed:kept\r\n\r\n#TS:1235\r\n".utf8)
            let input = Array(front.utf8) + Self.setCommand("mixed:a") + middle + Self.setCommand("mixed:b")
            _ = try Slotline.run(seed + ["--pipe"], input: input, program: program)
            #expect(try server.send("GET", "mixed:kept").text == "1")
            #expect(try server.send("EXISTS", "mixed:flushed").integer == 0)
            for key in ["mixed:a", "mixed:b"] {
                #expect(try server.send("GET", ByteString(key)).byteString == Self.value)
            }
        }
    }

    /// Rejected commands are kept in a form that can be loaded again, and lines have numbers until RESP makes them
    /// uncountable.
    @Test("Rejected commands keep their form") func rejectedCommandsKeepTheirForm() throws {
        try server.send("SET", "mixed:s", "x")
        var push: [UInt8] = []
        RESPEncoder.append(["LPUSH", "mixed:s", Self.value], to: &push)
        let lines = "\u{feff}# none\nLPUSH mixed:s \\\n 1\n \"*1\" x\n \"#\" x\n"
        let input = Array(lines.utf8) + push + Array("LPUSH mixed:s 2\nGET \"open\n".utf8) + push
        let rejects = "\(folder.path)/rejects"
        let result = try Slotline.run(seed + ["--pipe", "--reject", ByteString(rejects)], input: input)
        let told = result.errorText.split(separator: "\n").compactMap { line in
            line.split(separator: ": ").first { $0.hasPrefix("stdin:") || $0.hasPrefix("byte ") }.map(String.init)
        }
        let first = lines.utf8.count, second = first + push.count
        #expect(
            Set(told)
                == Set(
                    ["stdin:2", "stdin:4", "stdin:5"] + [first, second, second + 16, second + 26].map { "byte \($0)" }))
        let again = try Slotline.run(seed + ["--pipe", "--file", ByteString(rejects)])
        #expect(again.lines[1].hasPrefix("commands: 7, ok: 0, failed: 7, "))
        #expect(try server.send("GET", "mixed:s").text == "x")
    }

    /// A load resumes at a command of either form.
    @Test("A mixed load resumes") func aMixedLoadResumes() throws {
        let comment = "\u{feff}#" + String(repeating: "-", count: 5000) + "\r\n"
        var append: [UInt8] = []
        RESPEncoder.append(["APPEND", "mixed:r", "\r\nFLUSHALL\r\n"], to: &append)
        var input = Array(comment.utf8)
        var length = 0
        for part in [Array("APPEND mixed:r x\r\n".utf8), append, Array("APPEND mixed:r y\n".utf8), append, append] {
            input += part
            length += part == append ? 12 : 1
            let result = try Slotline.run(
                seed + ["--pipe", "--resume", ByteString("\(folder.path)/checkpoint")], input: input)
            #expect(result.exitStatus == 0)
            #expect(try server.send("STRLEN", "mixed:r").integer == length)
        }
    }

    /// An editor's byte order mark at the start of a file does not belong to its first command, whichever way the file
    /// is read.
    @Test(
        "A byte order mark is not part of a command",
        arguments: ["", "--pipe", "--json", "--file", "--pipe --file", ":source"])
    func aByteOrderMarkIsNotPartOfACommand(_ way: String) throws {
        let text = "\u{feff}SET mixed:mark 1\n"
        let file = try folder.write(text, to: "marked")
        let words = way.split(separator: " ").map { ByteString(String($0)) }
        let result =
            switch way {
            case ":source": try Slotline.run(seed, input: Array(":source \(file)\n".utf8))
            case _ where way.hasSuffix("--file"): try Slotline.run(seed + words + [ByteString(file)])
            default: try Slotline.run(seed + words, input: Array(text.utf8))
            }
        #expect(result.exitStatus == 0)
        #expect(try server.send("GET", "mixed:mark").text == "1")
    }
}
