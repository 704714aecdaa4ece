import Foundation
import RESP
import TestSupport
import Testing

/// `--pipe`, on a cluster.
struct LoadTests {
    private let cluster: TestCluster
    private let folder: TemporaryFolder

    init() throws {
        cluster = try TestCluster.shared
        folder = try TemporaryFolder()
    }

    private func contents(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
    }

    private static func resp(_ commands: [[ByteString]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for command in commands { RESPEncoder.append(command, to: &bytes) }
        return bytes
    }

    @Test("Lines and RESP go to all nodes") func linesAndRESPGoToAllNodes() throws {
        let lines = (0..<5000).map { "SET load:\($0) \($0)\n" }.joined()
        let commands = (0..<5000).map { ["APPEND", ByteString("load:\($0)"), "\r\n"] as [ByteString] }
        for input in [Array(lines.utf8), Self.resp(commands)] {
            let result = try Slotline.run(cluster.seed + ["--pipe"], input: input)
            #expect(result.exitStatus == 0)
            #expect(result.errorText == "")
            #expect(result.lines.count == 4)
            #expect(result.lines[0] == "All data transferred. Waiting for the last reply...")
            #expect(result.lines[1].hasPrefix("commands: 5000, ok: 5000, failed: 0, retried: 0, unknown: 0; "))
            #expect(Array(result.lines[2...]) == ["Last reply received from server.", "errors: 0, replies: 5000"])
        }
        let replies = try cluster.run(file: (0..<5000).map { "GET load:\($0)\n" }.joined())
        #expect(replies.outputText == (0..<5000).map { "\($0)\r\n\n" }.joined())
    }

    @Test("A compressed input is refused, with the way to unpack it", arguments: ["", "--pipe", "--file", ":source"])
    func aCompressedInputIsRefused(way: String) throws {
        let bytes: [UInt8] = [0x1f, 0x8b, 8, 0] + Array("\nSET load:compressed 1\n".utf8)
        let file = "\(folder.path)/data.gz"
        try Data(bytes).write(to: URL(filePath: file))
        let words = way.split(separator: " ").map { ByteString(String($0)) }
        let isNamed = way == "--file" || way == ":source"
        let result = try Slotline.run(cluster.seed + words + (isNamed ? [ByteString(file)] : []), input: bytes)
        #expect(result.exitStatus == 1)
        let message =
            "\(isNamed ? file : "stdin"):1: the input is compressed with gzip: unpack it first, as in "
            + "zcat FILE | slotline ..."
        #expect(result.errorText.split(separator: "\n").first.map(String.init) == message)
        #expect(try cluster.send("EXISTS load:compressed", to: cluster.owner(of: "load:compressed")).integer == 0)
    }

    @Test(
        "A load says what it takes where a line is for a file",
        arguments: ["3 SET load:a 1", ":peek load:a", ":nosuch"])
    func aLoadSaysWhatItTakes(line: String) throws {
        let hint = "need a file without --pipe"
        let result = try cluster.run("--pipe", file: "\(line)\nNOSUCH load:a\n")
        let messages = result.errorText.split(separator: "\n").filter { $0.hasPrefix("stdin:") }
        #expect(messages.count == 2)
        #expect(messages[0].contains("ERR unknown command") && messages[0].contains(hint), "\(messages)")
        #expect(!messages[1].contains(hint), "\(messages)")
    }

    @Test("Failures are reported and can be loaded again") func failuresAreReportedAndCanBeLoadedAgain() throws {
        let bad =
            "SET load:s x\n# no\nLPUSH load:s \"\\x00 y\"\nGET \"open\nBITOP AND d load:s\nMSET load:a 1 load:b 2\n"
        let reject = "\(folder.path)/rejects"
        let result = try cluster.run("--pipe --reject \(reject)", file: bad)
        #expect(result.exitStatus == 1)
        #expect(result.lines[1].hasPrefix("commands: 5, ok: 2, failed: 3, retried: 0, unknown: 0; "))
        #expect(result.lines[3] == "errors: 3, replies: 5")
        let node = cluster.owner(of: "load:s")
        let told = result.errorText.components(separatedBy: "\n").filter { $0.hasPrefix("stdin:") }
        #expect(told.count == 3)
        #expect(told[0].hasPrefix("stdin:3: LPUSH load:s \"\\x00 y\": \(node): WRONGTYPE"))
        #expect(told[1] == "stdin:4: Invalid argument(s): unclosed quote")
        #expect(told[2].hasPrefix("stdin:5: BITOP AND d load:s: BITOP is blocked"))
        #expect(try contents("rejects") == "LPUSH load:s \"\\x00 y\"\nGET \"open\nBITOP AND d load:s\n")
        #expect(folder.contents == ["rejects"])
        try cluster.send("DEL load:s", to: node)
        let again = try cluster.run("--pipe --file \(reject)")
        #expect(again.lines[1].hasPrefix("commands: 3, ok: 1, failed: 2, "))
    }

    @Test("Rejected requests are kept byte for byte") func rejectedRequestsAreKeptByteForByte() throws {
        try cluster.send("SET load:r x", to: cluster.owner(of: "load:r"))
        let commands: [[ByteString]] = [["LPUSH", "load:r", "\r\n\0"], ["GET", "load:r"], ["HGET", "load:r", ""]]
        let reject = "\(folder.path)/rejects"
        let result = try Slotline.run(
            cluster.seed + ["--pipe", "--reject", ByteString(reject)], input: Self.resp(commands))
        #expect(result.exitStatus == 1)
        #expect(result.errorText.hasPrefix("stdin: byte 0: LPUSH load:r "))
        #expect(try contents("rejects") == String(decoding: Self.resp([commands[0], commands[2]]), as: UTF8.self))
    }

    @Test(
        "Bytes that are not a request, or not all of one, end the load",
        arguments: [
            ("*SET load:x 2\r\n", "the input is not RESP: cannot parse"),
            ("*3\r\n$3\r\nSET\r\n$6\r\nload", "the input ends inside this command\n"),
        ])
    func bytesThatAreNotARequestEndTheLoad(bytes: String, reason: String) throws {
        let input = Self.resp([["SET", "load:x", "1"]]) + Array(bytes.utf8)
        let result = try Slotline.run(cluster.seed + ["--pipe"], input: input)
        #expect(result.exitStatus == 1)
        #expect(result.errorText.hasPrefix("stdin: byte 32: \(reason)"))
        #expect(try cluster.run("", ["GET", "load:x"]).text == "1")
    }

    @Test("A load stops at too many errors") func aLoadStopsAtTooManyErrors() throws {
        try cluster.send("SET load:m x", to: cluster.owner(of: "load:m"))
        let file = String(repeating: "LPUSH load:m y\n", count: 100_000) + "SET load:after 1\n"
        let result = try cluster.run("--pipe --max-errors 10", file: file)
        #expect(result.exitStatus == 1)
        // No more than were in flight when the first ten failed.
        #expect(result.errorText.components(separatedBy: "\n").count < 300)
        #expect(result.errorText.hasSuffix(": stopped; nothing from here on was loaded\n"))
        #expect(!result.outputText.contains("All data transferred"))
        #expect(try cluster.run("", ["EXISTS", "load:after"]).text == "0")
    }

    @Test("A load resumes where it stopped") func aLoadResumesWhereItStopped() throws {
        let head = (0..<1000).map { _ in "INCR load:resumed\n" }.joined()
        let checkpoint = "\(folder.path)/checkpoint"
        try cluster.send("DEL load:resumed", to: cluster.owner(of: "load:resumed"))
        for (file, count) in [(head, 1000), (head, 1000), (head + "INCR load:resumed\nINCR load:resumed\n", 1002)] {
            let path = try folder.write(file, to: "input")
            let result = try cluster.run("--pipe --resume \(checkpoint) --file \(path)")
            #expect(result.exitStatus == 0)
            #expect(try cluster.run("", ["GET", "load:resumed"]).text == "\(count)")
            #expect(try contents("checkpoint").contains("offset \(file.utf8.count)\n"))
        }
        let piped = try cluster.run(
            "--pipe --resume \(checkpoint)", file: head + "INCR load:resumed\nINCR load:resumed\nLPUSH load:resumed x\n"
        )
        #expect(piped.errorText.hasPrefix("stdin:1003: "))
        let other = try cluster.run("--pipe --resume \(checkpoint)", file: "SET other 1\n")
        #expect(other.exitStatus == 2)
        #expect(other.errorText.contains("is not a checkpoint of this input"))
        let none = try cluster.run("--pipe --resume \(try folder.write("x", to: "none"))", file: "SET other 1\n")
        #expect(none.exitStatus == 2)
    }

    @Test("The rate is kept") func theRateIsKept() throws {
        let start = ContinuousClock.now
        let result = try cluster.run("--pipe --rate 1000", file: String(repeating: "INCR load:rate\n", count: 500))
        #expect(result.exitStatus == 0)
        #expect(ContinuousClock.now - start > .milliseconds(450))
    }

    @Test("Values of any size are loaded") func valuesOfAnySizeAreLoaded() throws {
        let value = String(repeating: "0123456789", count: 2_000_000)
        let lines = try cluster.run("--pipe", file: "SET load:big \(value)\nSET load:quoted \"\(value)\"\n")
        #expect(lines.exitStatus == 0)
        let resp = try Slotline.run(
            cluster.seed + ["--pipe"], input: Self.resp([["APPEND", "load:big", ByteString(value)]]))
        #expect(resp.exitStatus == 0)
        let lengths = try cluster.run(file: "STRLEN load:big\nSTRLEN load:quoted\nDEL load:big load:quoted\n")
        #expect(lengths.lines == ["40000000", "20000000", "2"])
    }
}
