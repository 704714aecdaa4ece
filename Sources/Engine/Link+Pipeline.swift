import RESP

// Replies the way a pipeline takes them: as bytes, and long ones in parts.

extension Link {
    /// The next whole reply, as a range of ``incoming``; ``dropReplies(upTo:)`` discards it.
    func nextReply() -> Range<Int>? {
        let bytes = incoming.bytes.bytes
        guard scannedCount < bytes.byteCount else { return nil }
        do {
            guard let length = try scanner.next(bytes.extracting(scannedCount..<bytes.byteCount)) else { return nil }
            hasAnswered = true
            let start = scannedCount
            scannedCount += length
            return start..<scannedCount
        } catch {
            refuse(error)
            return nil
        }
    }

    /// Discards replies up to an offset in ``incoming``.
    func dropReplies(upTo offset: Int) {
        incoming.removeFirst(offset)
        scannedCount -= offset
    }

    /// Gives back bytes that were taken in excess; they will be received again.
    func giveBack(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { incoming.append($0) }
    }

    // MARK: Long replies

    /// True when an incomplete array, set or map has enough elements to be worth giving out.
    var holdsPart: Bool {
        guard scannedCount == 0, incoming.count >= RESPParser.partLength else { return false }
        return [UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: "%")].contains(incoming.bytes[0])
    }

    /// What has arrived of the reply that ``incoming`` starts with, and whether it is the rest; nil for nothing yet.
    /// The parser holds the bytes until the rest has arrived.
    func takePart() -> (elements: RESPValue, isLast: Bool)? {
        scanner = ReplyScanner()
        guard let rest = nextValue() else { return parser.nextPart().map { ($0, false) } }
        giveBack(parser.takeBytes()[...])
        return (rest, true)
    }
}
