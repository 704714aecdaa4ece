import Commands
import RESP

/// Feeds the bytes to the scanners of blocks, whole and cut in two: lines must be what the tokenizer makes of them, replies
/// must end where the parser says, and a command that was found must be the same after it is encoded and read again.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzBlocks(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    let cut = Int(input.first ?? 0) % (count + 1)
    precondition(lines(input, from: 0) == lines(input, from: cut), "lines in pieces")
    replies(input, cut)
    requests(input, cut)
    return 0
}

/// - Parameter first: bytes that are there at the first look.
private func lines(_ input: [UInt8], from first: Int) -> [[ByteString]?] {
    var scanner = LineScanner()
    var found: [[ByteString]?] = []
    var start = 0
    var end = first
    while true {
        let block = Array(input[start..<max(start, end)])
        let line = block.withUnsafeBytes { scanner.next($0.bytes, isAtEnd: start + block.count == input.count) }
        let length = line?.length ?? 0
        switch line?.content {
        case .words:
            let words = scanner.words.map { ByteString(block[$0]) }
            let text = block[..<length]
            if text.first(where: { $0 != 0x20 && $0 != 0x09 }) != UInt8(ascii: "#") {
                precondition((try? Tokenizer.words(Array(text))) == words, "as the tokenizer")
                let hasher = SlotHasher()
                for (word, range) in zip(words, scanner.words) {
                    let slot = block.withUnsafeBytes { hasher.slot(ofKey: range, in: $0.bytes) }
                    precondition(slot == HashSlot(key: word).number, "slot")
                }
            }
            found.append(words)
        case .text(let text): found.append(try? Tokenizer.words(text))
        case nil:
            guard start + block.count < input.count else { return found }
            end = input.count
            continue
        }
        start += length
    }
}

private func replies(_ input: [UInt8], _ cut: Int) {
    var parser = RESPParser()
    input.withUnsafeBytes { parser.append($0) }
    var scanner = ReplyScanner()
    var start = 0
    while let value = try? parser.next() {
        _ = value
        // Bytes that are not a reply may follow in the same block, so a look at a part must not fail.
        let rest = Array(input[start...])
        let part = try? rest[..<min(cut, rest.count)].withUnsafeBytes { try scanner.next($0.bytes) }
        let length = part ?? (try? rest.withUnsafeBytes { try scanner.next($0.bytes) })
        guard let length else { preconditionFailure("a reply has no end") }
        var again = RESPParser()
        rest[..<length].withUnsafeBytes { again.append($0) }
        precondition((try? again.next()) == value, "a reply ends elsewhere")
        start += length
    }
}

private func requests(_ input: [UInt8], _ cut: Int) {
    var scanner = RequestScanner()
    let early = try? input[..<cut].withUnsafeBytes { try scanner.next($0.bytes) }
    guard let length = early ?? (try? input.withUnsafeBytes { try scanner.next($0.bytes) }), !scanner.words.isEmpty
    else { return }
    var queue = ByteQueue()
    let encoded = input.withUnsafeBytes { queue.append(command: scanner.words, of: $0.bytes) }
    let words = scanner.words.map { ByteString(input[$0]) }
    var again = RequestScanner()
    precondition((try? again.next(queue.bytes.bytes)) == encoded, "encoded again")
    let bytes = Array(queue.bytes)
    precondition(again.words.map { ByteString(bytes[$0]) } == words, "words")
    precondition(length <= input.count)
}
