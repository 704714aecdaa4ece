import Clock
import Glibc
import RESP
import Transport

/// Bracketed paste: the terminal marks the start and the end of pasted text. Its lines are inserted into the line being
/// edited and run only when Enter is pressed. Source: xterm, "Control Sequences", "Bracketed Paste Mode".
extension LineEditor {
    static let bracketedPasteOn = "\u{1b}[?2004h"
    static let bracketedPasteOff = "\u{1b}[?2004l"
    private static let begin = Array("[200~".utf8)
    private static let end = Array("\u{1b}[201~".utf8)

    /// The bytes of a key's sequence arrive together; this is for slow connections.
    private static let sequenceSeconds = 0.05
    /// Within pasted text.
    private static let pasteSeconds = 2.0

    /// Reads what follows an escape character: the start of a paste, or a key.
    func readEscape() {
        var sequence: [UInt8] = []
        while sequence.count < Self.begin.count, let byte = nextByte(within: Self.sequenceSeconds) {
            sequence.append(byte)
            if byte != Self.begin[sequence.count - 1] { break }
        }
        if sequence == Self.begin { return paste(readPaste()) }
        feed([0x1b] + sequence)
    }

    private func readPaste() -> [UInt8] {
        var text: [UInt8] = []
        while let byte = nextByte(within: Self.pasteSeconds) {
            text.append(byte)
            if byte == Self.end[Self.end.count - 1], text.suffix(Self.end.count) == Self.end[...] {
                return text.dropLast(Self.end.count)
            }
        }
        return text
    }

    private func nextByte(within seconds: Double) -> UInt8? {
        let deadline = Instant(seconds: seconds)
        while !deadline.hasPassed {
            guard Poller.isReady(STDIN_FILENO, until: deadline) else { continue }
            var byte: UInt8 = 0
            return read(STDIN_FILENO, &byte, 1) == 1 ? byte : nil
        }
        return nil
    }

    /// Inserts the text. Terminals send carriage returns for line ends; the last one is left for the user to type.
    private func paste(_ bytes: [UInt8]) {
        var text: [UInt8] = []
        for (index, byte) in bytes.enumerated() where byte != 0 {
            if byte == 0x0a, index > 0, bytes[index - 1] == 0x0d { continue }
            text.append(byte == 0x0d ? 0x0a : byte)
        }
        while text.last == 0x0a { text.removeLast() }
        if isSearching { return feed(text.filter { $0 >= 0x20 && $0 != 0x7f }) }
        replace(0, with: WideText(ByteString(text)).characters)
        // No key of its own has brought it.
        undo.note(line, cursor: cursor)
    }
}
