package import Commands
package import RESP

/// Splits an input into commands within the block they were read into: lines, and commands in RESP among them if the
/// input may hold any.
///
/// Each command is classified as the server would classify it: a first byte of `*` begins a command in RESP, anything
/// else is a line. Deciding once for the whole input would read RESP as lines if a line came before it, and run the
/// values that it carries.
///
/// It lives next to its only caller: one floor down, each command of a load would take 160 more instructions.
package struct CommandScanner {
    private let takesRequests: Bool
    private var isAtStart: Bool
    private var lines: LineScanner
    private var requests = RequestScanner()
    /// True when the last command was in RESP.
    package private(set) var isRequest = false

    /// - Parameters:
    ///   - takesRequests: false for an input of lines only.
    ///   - isAtStart: false when the bytes do not start at the beginning of the input.
    package init(takesRequests: Bool, isAtStart: Bool) {
        self.takesRequests = takesRequests
        self.isAtStart = isAtStart
        lines = LineScanner(endsBeforeRequests: takesRequests)
    }

    /// The words of the last command, as ranges of the bytes it was found in; none for a line without a command.
    package var words: [Range<Int>] { isRequest ? requests.words : lines.words }

    /// Takes the first command of `bytes`. A command in RESP counts as no lines.
    ///
    /// - Parameters:
    ///   - bytes: starting at the same byte as in the last call, if that returned nil.
    ///   - isAtEnd: true when nothing comes after `bytes`.
    /// - Returns: nil when the command is not complete yet, or none are left.
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
            // No command begins like this: it is RESP with a part missing, so what follows may be a value.
            if takesRequests, first == UInt8(ascii: "$"), line != nil, bytes.byteCount > 1,
                0x30...0x39 ~= bytes.byte(1)
            {
                throw Self.malformed(bytes)
            }
            return line
        }
        guard let length = try requests.next(bytes) else {
            if isAtEnd { throw .cutOff }
            return nil
        }
        return LineScanner.Line(content: .words, length: length, lineCount: 0)
    }

    // MARK: The first bytes

    /// The byte order mark of UTF-8, which some editors put at the start of text.
    static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
    /// A snapshot, also as the first part of an append-only file. Its values may contain lines.
    private static let snapshots = [Array("REDIS0".utf8), Array("VALKEY0".utf8)]

    /// How many bytes at the start of the input do not belong to a command; nil when more must be read.
    private func beginning(_ bytes: RawSpan, isAtEnd: Bool) throws(ProtocolError) -> Int? {
        var mayBegin = false
        func begins(with mark: [UInt8]) -> Bool {
            let count = min(mark.count, bytes.byteCount)
            guard (0..<count).allSatisfy({ bytes.byte($0) == mark[$0] }) else { return false }
            if count < mark.count { mayBegin = true }
            return count == mark.count
        }
        if begins(with: Self.byteOrderMark) { return Self.byteOrderMark.count }
        if takesRequests, Self.snapshots.contains(where: begins) { throw Self.malformed(bytes) }
        for compression in Compression.allCases where compression.beginnings.contains(where: begins) {
            throw .compressed(compression)
        }
        return mayBegin && !isAtEnd ? nil : 0
    }

    private static func malformed(_ bytes: RawSpan) -> ProtocolError {
        .malformed(bytes.byteString(0..<min(64, bytes.byteCount)))
    }
}
