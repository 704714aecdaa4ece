import Commands
import RESP

/// Takes the words of a line as the arguments of every row of the table: keys must be within them and after the command
/// word, each listed once.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzKeySpec(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let line = Array(UnsafeBufferPointer(start: bytes, count: count))
    guard let words = try? Tokenizer.words(line), !words.isEmpty else { return 0 }
    for row in CommandTable.rows {
        let indexes = row.keys.indexes(in: words)
        precondition(indexes.allSatisfy { 1..<words.count ~= $0 }, "\(row.name): outside of the arguments")
        precondition(Set(indexes).count == indexes.count, "\(row.name): twice the same")
        _ = row.sensitivity.isSecret(words)
    }
    _ = CommandTable.row(for: words)
    return 0
}
