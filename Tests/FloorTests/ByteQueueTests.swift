import RESP
import TestSupport
import Testing

struct ByteQueueTests {
    @Test("Bytes leave as they came in") func bytesLeaveAsTheyCameIn() {
        var random = SeededRandom(seed: 7)
        var queue = ByteQueue()
        var model: [UInt8] = []
        var dropped = 0
        for round in 0..<2000 {
            let more = (0..<Int.random(in: 0...(round % 50 == 0 ? 100_000 : 300), using: &random)).map { _ in
                UInt8.random(in: .min ... .max, using: &random)
            }
            more.withUnsafeBytes { queue.append($0) }
            model += more
            let count = Int.random(in: 0...min(model.count, 4000), using: &random)
            queue.removeFirst(count)
            model.removeFirst(count)
            dropped += count
            #expect(queue.count == model.count)
            #expect(queue.droppedCount == dropped)
        }
        #expect(Array(queue.bytes) == model)
        queue.removeLast(min(10, model.count))
        #expect(Array(queue.bytes) == model.dropLast(10))
    }

    @Test("Only the part of the space that was filled is appended") func onlyThePartOfTheSpaceThatWasFilledIsAppended()
    {
        var queue = ByteQueue()
        let space = queue.space(10)
        space.copyBytes(from: Array("abcdef".utf8))
        queue.commit(3)
        #expect(Array(queue.bytes) == Array("abc".utf8))
    }

    @Test("Empty words without any bytes are encoded") func emptyWordsWithoutAnyBytesAreEncoded() {
        var queue = ByteQueue()
        let length = queue.append(command: [0..<0, 0..<0], of: RawSpan())
        #expect(ByteString(queue.bytes) == "*2\r\n$0\r\n\r\n$0\r\n\r\n")
        #expect(length == queue.count)
    }

    @Test(
        "Commands are encoded as by RESPEncoder",
        arguments: [["PING"], ["SET", "", "x"], ["A", ByteString(Array(repeating: 0, count: 12_345))]]
            as [[ByteString]])
    func encodesCommands(words: [ByteString]) {
        var expected: [UInt8] = []
        RESPEncoder.append(words, to: &expected)
        var ranges: [Range<Int>] = []
        var bytes: [UInt8] = []
        for word in words {
            ranges.append(bytes.count..<(bytes.count + word.count))
            bytes += word.bytes
        }
        var queue = ByteQueue()
        let length = bytes.withUnsafeBytes { queue.append(command: ranges, of: $0.bytes) }
        #expect(length == expected.count)
        #expect(Array(queue.bytes) == expected)
    }

    @Test(
        "Requests are parsed",
        arguments: [
            ("*1\r\n$4\r\nPING\r\n", ["PING"]), ("\r\n\r\n", []), ("*0\r\n", []), ("*-1\r\n", []),
            ("*2\r\n$0\r\n\r\n$3\r\na\r\n\r\n", ["", "a\r\n"]),
        ] as [(String, [String])])
    func takesRequestsApart(text: String, words: [String]) throws {
        let bytes = Array(text.utf8)
        var scanner = RequestScanner()
        for end in 0..<bytes.count where !words.isEmpty {
            #expect(try bytes[..<end].withUnsafeBytes { try scanner.next($0.bytes) } == nil)
        }
        #expect(try bytes.withUnsafeBytes { try scanner.next($0.bytes) } == bytes.count)
        #expect(scanner.words.map { String(decoding: bytes[$0], as: UTF8.self) } == words)
    }

    @Test(
        "Bytes that are not a request are refused",
        arguments: ["PING\r\n", "*1\r\n:1\r\n", "*1\r\n$-1\r\n", "*x\r\n", "*1\r\n$1\r\nab\r\n", "*9999999999\r\n"])
    func refusesOthers(text: String) {
        var scanner = RequestScanner()
        #expect(throws: ProtocolError.self) {
            try Array(text.utf8).withUnsafeBytes { _ = try scanner.next($0.bytes) }
        }
    }

    @Test(
        "The end of a reply is found, however it arrives",
        arguments: [
            "+OK\r\n", "-ERR no\r\n", ":12\r\n", "$-1\r\n", "$0\r\n\r\n", "*-1\r\n", "*0\r\n", "_\r\n", "#t\r\n",
            ",1.5\r\n",
            "*3\r\n:1\r\n$1\r\na\r\n*2\r\n+x\r\n*0\r\n", "%1\r\n+a\r\n~2\r\n_\r\n_\r\n",
            "|1\r\n+ttl\r\n:3\r\n=5\r\ntxt:h\r\n",
            "!5\r\nERR x\r\n", "(123\r\n", ">2\r\n+message\r\n+x\r\n",
        ])
    func findsReplyEnd(text: String) throws {
        let bytes = Array(text.utf8)
        var scanner = ReplyScanner()
        for end in 0..<bytes.count {
            #expect(try bytes[..<end].withUnsafeBytes { try scanner.next($0.bytes) } == nil)
        }
        #expect(try (bytes + bytes).withUnsafeBytes { try scanner.next($0.bytes) } == bytes.count)
        #expect(try (bytes + bytes).withUnsafeBytes { try scanner.next($0.bytes) } == bytes.count)
    }

    @Test(
        "Bytes that are not a reply are refused",
        arguments: ["x", "$1\r\nabc", "$-2\r\n", "*a\r\n", "$9999999999999\r\n", "$\r\n"])
    func refusesWhatIsNoReply(text: String) {
        var scanner = ReplyScanner()
        #expect(throws: ProtocolError.self) {
            try Array(text.utf8).withUnsafeBytes { _ = try scanner.next($0.bytes) }
        }
    }
}
