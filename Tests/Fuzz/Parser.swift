import RESP

/// Feeds the bytes whole, and cut into pieces whose lengths come from the input: the parser must return the same values
/// and the same error, and each value must be a tree that can be walked.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzParser(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    let whole = Outcome(feeding: [input[...]])
    let singles = Outcome(feeding: input.indices.map { input[$0...$0] })
    precondition(whole == singles, "byte by byte")

    var pieces: [ArraySlice<UInt8>] = []
    var rest = input[...]
    while let first = rest.first {
        pieces.append(rest.prefix(Int(first) + 1))
        rest = rest.dropFirst(Int(first) + 1)
    }
    precondition(whole == Outcome(feeding: pieces), "in pieces")

    for value in whole.values {
        precondition(RESPValue.aggregate(.array, [value]) == .array([value]))
        precondition(nodeCount(RESPValue.array([value])) == nodeCount(value) + 1, "copied whole")
    }
    return 0
}

private func nodeCount(_ value: RESPValue) -> Int {
    precondition(!value.kind.isAggregate || value.payload.isEmpty)
    precondition(!value.kind.isAggregate || Array(value.elements).count == value.count)
    precondition(value.kind != .integer || value.integer != nil)
    precondition(value.kind != .map || value.count == 2 * value.pairs.count)
    return value.elements.reduce(1) { $0 + nodeCount($1) }
}

private struct Outcome: Equatable {
    var values: [RESPValue] = []
    var error: ProtocolError?

    init(feeding pieces: [ArraySlice<UInt8>]) {
        var parser = RESPParser()
        do {
            for piece in pieces {
                piece.withUnsafeBytes { parser.append($0) }
                while let value = try parser.next() { values.append(value) }
            }
        } catch {
            self.error = error
        }
    }
}
