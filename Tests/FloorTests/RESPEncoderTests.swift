import RESP
import TestSupport
import Testing

struct RESPEncoderTests {
    @Test(
        "A command is an array of bulk strings",
        arguments: [
            (["PING"], "*1\r\n$4\r\nPING\r\n"),
            (["SET", "k", ""], "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n"),
            (["ECHO", "a\r\nb"], "*2\r\n$4\r\nECHO\r\n$4\r\na\r\nb\r\n"),
            (["ECHO", "é"], "*2\r\n$4\r\nECHO\r\n$2\r\né\r\n"),
            ([], "*0\r\n"),
        ] as [([ByteString], String)])
    func writesCommands(arguments: [ByteString], text: String) {
        var buffer: [UInt8] = []
        RESPEncoder.append(arguments, to: &buffer)
        #expect(String(decoding: buffer, as: UTF8.self) == text)
    }

    @Test("Commands follow one another, and are read back as they were")
    func appends() throws {
        var random = SeededRandom(seed: 1)
        let commands = (0..<50).map { _ in
            (0..<Int.random(in: 1...12, using: &random)).map { _ in
                ByteString(random.bytes(Int.random(in: 0...200, using: &random)))
            }
        }
        var buffer: [UInt8] = []
        for command in commands { RESPEncoder.append(command, to: &buffer) }
        var parser = RESPParser()
        buffer.withUnsafeBytes { parser.append($0) }
        for command in commands {
            #expect(try parser.next()?.elements.map(\.byteString) == command)
        }
        #expect(parser.isIdle)
    }
}
