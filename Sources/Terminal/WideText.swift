import Glibc
import RESP

/// Text as libedit holds it: a number for each Unicode scalar.
///
/// A byte that is not part of UTF-8 is kept as U+DC00 plus the byte, as in Python's surrogateescape, so that every line
/// comes back byte for byte.
struct WideText {
    var characters: [wchar_t] = []

    init(_ characters: some Sequence<wchar_t>) {
        self.characters = Array(characters)
    }

    init(_ bytes: ByteString) {
        var decoder = WideDecoder()
        for byte in bytes.bytes { characters += decoder.feed(byte) }
        characters += decoder.finish()
    }

    var bytes: ByteString {
        var bytes: [UInt8] = []
        for character in characters {
            if let scalar = Unicode.Scalar(UInt32(bitPattern: character)) {
                bytes += Array(String(scalar).utf8)
            } else {
                bytes.append(UInt8(truncatingIfNeeded: character))
            }
        }
        return ByteString(bytes)
    }

    /// Bytes that a character stands for.
    static func byteCount(of character: wchar_t) -> Int {
        Unicode.Scalar(UInt32(bitPattern: character)).map { UTF8.width($0) } ?? 1
    }
}

/// Turns bytes into characters as they arrive.
struct WideDecoder {
    /// The start of a sequence whose end has not arrived.
    private var pending: [UInt8] = []

    /// The characters that are complete with this byte; often one, none inside a sequence.
    mutating func feed(_ byte: UInt8) -> [wchar_t] {
        let broken = byte.continuesCharacter ? [] : finish()
        pending.append(byte)
        guard pending.count >= pending[0].characterLength else { return broken }
        if let text = String(validating: pending, as: UTF8.self) {
            pending = []
            return broken + text.unicodeScalars.map { wchar_t($0.value) }
        }
        return broken + finish()
    }

    /// What is pending, as bytes that are not UTF-8.
    mutating func finish() -> [wchar_t] {
        defer { pending = [] }
        return pending.map { 0xdc00 + wchar_t($0) }
    }
}
