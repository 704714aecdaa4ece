package import Commands
package import RESP

/// Takes the commands of an input apart in the block they were read into: lines, and among them commands in RESP if the
/// input may hold some.
///
/// Which of the two it is, is decided at each command as the server decides it: a first byte `*` begins a command in
/// RESP, anything else is a line. Deciding once for a whole input would read RESP as lines when a line stands in front
/// of it, and run the values that it carries.
///
/// It stands beside its only caller: a floor below, each command of a load would take 160 instructions more.
package struct CommandScanner {
    private let takesRequests: Bool
    private var isAtStart: Bool
    private var lines: LineScanner
    private var requests = RequestScanner()
    /// True when the last command was one in RESP.
    package private(set) var isRequest = false

    /// - Parameters:
    ///   - takesRequests: false for an input of lines alone.
    ///   - isAtStart: false when the first bytes that come are not those of the input.
    package init(takesRequests: Bool, isAtStart: Bool) {
        self.takesRequests = takesRequests
        self.isAtStart = isAtStart
        lines = LineScanner(endsBeforeRequests: takesRequests)
    }

    /// The words of the last command, as ranges of the bytes it was found in; none where no command stands.
    package var words: [Range<Int>] { isRequest ? requests.words : lines.words }

    /// Takes the first command of `bytes`. One in RESP counts no lines.
    ///
    /// - Parameters:
    ///   - bytes: from the same first byte on as in the last call, if that gave nil.
    ///   - isAtEnd: true when nothing comes after `bytes`.
    /// - Returns: nil when the command's end has not come yet, or there is no command any more.
    /// - Throws: ``ProtocolError`` when the bytes are neither.
    package mutating func next(_ bytes: RawSpan, isAtEnd: Bool) throws(ProtocolError) -> LineScanner.Line? {
        guard bytes.byteCount > 0 else { return nil }
        if isAtStart {
            guard let length = try beginning(bytes, isAtEnd: isAtEnd) else { return nil }
            isAtStart = false
            if length > 0 { return LineScanner.Line(content: .words, length: length, lineCount: 0) }
        }
        let first = bytes.byte(0)
        isRequest = takesRequests && first == UInt8(ascii: "*")
        guard isRequest else {
            let line = lines.next(bytes, isAtEnd: isAtEnd)
            // No command begins like this: it is RESP of which a part is missing, so what comes next may be a value.
            if takesRequests, first == UInt8(ascii: "$"), line != nil, bytes.byteCount > 1,
                0x30...0x39 ~= bytes.byte(1)
            {
                throw Self.malformed(bytes)
            }
            return line
        }
        guard let length = try requests.next(bytes) else {
            if isAtEnd { throw Self.malformed(bytes) }
            return nil
        }
        return LineScanner.Line(content: .words, length: length, lineCount: 0)
    }

    // MARK: The first bytes

    /// The byte order mark of UTF-8, which editors put in front of text.
    static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
    /// A snapshot, also as the first part of an append-only file. Its values may hold lines.
    private static let snapshots = [Array("REDIS0".utf8), Array("VALKEY0".utf8)]

    /// How many bytes at the start of the input are no command; nil when more must be seen.
    private func beginning(_ bytes: RawSpan, isAtEnd: Bool) throws(ProtocolError) -> Int? {
        for mark in [Self.byteOrderMark] + (takesRequests ? Self.snapshots : []) {
            let count = min(mark.count, bytes.byteCount)
            guard (0..<count).allSatisfy({ bytes.byte($0) == mark[$0] }) else { continue }
            guard count == mark.count else { return isAtEnd ? 0 : nil }
            guard mark == Self.byteOrderMark else { throw Self.malformed(bytes) }
            return count
        }
        return 0
    }

    private static func malformed(_ bytes: RawSpan) -> ProtocolError {
        .malformed(bytes.byteString(0..<min(64, bytes.byteCount)))
    }
}
