import RESP

// A long reply that a pipeline gives out while it comes.

extension Link {
    /// True when what has come, and is not whole yet, is enough of an array, a set or a map to be given out.
    var holdsPart: Bool {
        guard scannedCount == 0, incoming.count >= RESPParser.partLength else { return false }
        return [UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: "%")].contains(incoming.bytes[0])
    }

    /// What has come of the reply that ``incoming`` begins with, and whether it is the rest; nil for nothing yet. Until the
    /// rest has come the bytes are with the parser.
    func takePart() -> (elements: RESPValue, isLast: Bool)? {
        scanner = ReplyScanner()
        guard let rest = nextValue() else { return parser.nextPart().map { ($0, false) } }
        giveBack(parser.takeBytes()[...])
        return (rest, true)
    }
}
