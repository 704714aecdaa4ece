import RESP

// Replies as a pipeline takes them: as bytes, and long ones in parts.

extension Link {
    /// The next whole reply, as a range of ``incoming``, which ``dropReplies(upTo:)`` forgets.
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

    /// Forgets replies up to an offset in ``incoming``.
    func dropReplies(upTo offset: Int) {
        incoming.removeFirst(offset)
        scannedCount -= offset
    }

    /// Gives back bytes that were taken too many: they will be received once more.
    func giveBack(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { incoming.append($0) }
    }

    // MARK: Long replies

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
