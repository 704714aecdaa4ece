import Commands
import RESP

/// Splits the line into words, quotes them again in each of three ways, and splits that: the words must be the same.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzTokenizer(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let line = Array(UnsafeBufferPointer(start: bytes, count: count))
    guard let words = try? Tokenizer.words(line) else { return 0 }
    for quote in [escaped, verbatim, singleQuoted] {
        let quoted = words.map { quote($0.bytes) }.joined(separator: [0x20])
        let again = try? Tokenizer.words(Array(quoted))
        precondition(again == words, "quoted again")
    }
    _ = try? Command(words: words)
    return 0
}

/// Every byte as `\xHH`.
private func escaped(_ word: [UInt8]) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    return [0x22] + word.flatMap { [0x5c, 0x78, digits[Int($0 >> 4)], digits[Int($0 & 15)]] } + [0x22]
}

/// In double quotes, with a backslash before quotes and backslashes only.
private func verbatim(_ word: [UInt8]) -> [UInt8] {
    [0x22] + word.flatMap { $0 == 0x22 || $0 == 0x5c ? [0x5c, $0] : [$0] } + [0x22]
}

/// In single quotes, where that is possible: a backslash before a quote, or at the end, cannot be written in them.
private func singleQuoted(_ word: [UInt8]) -> [UInt8] {
    let followers = word.dropFirst() + [0x27]
    if zip(word, followers).contains(where: { $0 == 0x5c && $1 == 0x27 }) { return escaped(word) }
    return [0x27] + word.flatMap { $0 == 0x27 ? [0x5c, $0] : [$0] } + [0x27]
}
