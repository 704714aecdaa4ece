package import RESP

/// The ways to write bytes in double quotes.
package enum Quoting: Sendable {
    /// redis-cli's: `\\ \" \n \r \t \a \b`, printable ASCII as it is, every other byte `\xNN`.
    case ascii
    /// The same, but UTF-8 text is shown as it is. Bytes that are not UTF-8, and anything that a terminal would obey
    /// instead of showing (controls, line separators, changes of writing direction), stay `\xNN`.
    case utf8
    /// A JSON string. A byte that is not UTF-8 becomes `\udcNN`, as in Python's `surrogateescape`, so nothing is lost.
    /// Source: RFC 8259, "Strings".
    case json
    /// The same for a terminal: anything that it would obey becomes `\uNNNN` as well.
    case terminalJSON
    /// The same as redis-cli does it: a byte that is not UTF-8 is passed through, which makes the JSON invalid.
    case bytesJSON
    /// A JSON string whose text is the `.ascii` form.
    case quotedJSON

    /// Appends the quoted form of `bytes`.
    package func append(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
        output.append(Self.quote)
        appendEscaped(bytes, to: &output)
        output.append(Self.quote)
    }

    /// The quoted form of `bytes` as text, for messages.
    package func text(_ bytes: ByteString) -> String {
        var output: [UInt8] = []
        append(bytes.bytes[...], to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// The text between the quotes of ``text(_:)``.
    package func escaped(_ bytes: ByteString) -> String {
        var output: [UInt8] = []
        appendEscaped(bytes.bytes[...], to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// As one would type it: bare if that is enough, otherwise in quotes.
    package func word(_ bytes: ByteString) -> String {
        var shown: [UInt8] = []
        VisibleText.append(bytes.bytes[...], isUTF8: self == .utf8, to: &shown)
        let bare = bytes.text
        let isBare =
            !bytes.isEmpty && shown == bytes.bytes
            && !bare.unicodeScalars.contains { $0.properties.isWhitespace || $0 == "\"" || $0 == "'" }
        return isBare ? bare : text(bytes)
    }

    /// Appends the text between the quotes. Runs of bytes that need no escaping are copied in one go.
    func appendEscaped(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
        var run = bytes.startIndex
        var index = run
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte &- 0x20 < 0x5f, byte != Self.quote, byte != Self.backslash {
                index += 1
            } else if byte >= 0x7f, let length = shownLength(in: bytes, at: index) {
                index += length
            } else {
                output.append(contentsOf: bytes[run..<index])
                index += appendEscape(in: bytes, at: index, to: &output)
                run = index
            }
        }
        output.append(contentsOf: bytes[run...])
    }

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    /// The length of the character at `index` if it is shown as it is. Called for DEL and for non-ASCII bytes.
    private func shownLength(in bytes: ArraySlice<UInt8>, at index: Int) -> Int? {
        switch self {
        case .ascii, .quotedJSON: nil
        case .json: bytes[index] == 0x7f ? 1 : bytes.utf8Character(at: index)?.length
        case .bytesJSON: 1
        case .utf8, .terminalJSON:
            bytes.utf8Character(at: index).flatMap { VisibleText.isObeyed($0.scalar) ? nil : $0.length }
        }
    }

    /// - Returns: how many bytes the escape replaces.
    private func appendEscape(in bytes: ArraySlice<UInt8>, at index: Int, to output: inout [UInt8]) -> Int {
        let byte = bytes[index]
        output.append(Self.backslash)
        if self == .terminalJSON, let (scalar, length) = bytes.utf8Character(at: index) {
            output.append(UInt8(ascii: "u"))
            for shift in [12, 8, 4, 0] as [UInt32] {
                output.append(VisibleText.hexDigit(UInt8(truncatingIfNeeded: scalar >> shift & 0xf)))
            }
            return length
        }
        if self == .quotedJSON { output.append(Self.backslash) }
        switch byte {
        case Self.quote, Self.backslash:
            if self == .quotedJSON { output.append(Self.backslash) }
            output.append(byte)
        case 0x0a: output.append(UInt8(ascii: "n"))
        case 0x0d: output.append(UInt8(ascii: "r"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x07 where !isPlainJSON: output.append(UInt8(ascii: "a"))
        case 0x0c where isPlainJSON: output.append(UInt8(ascii: "f"))
        default:
            if isPlainJSON {
                output.append(contentsOf: byte < 0x80 ? "u00".utf8 : "udc".utf8)
            } else {
                output.append(UInt8(ascii: "x"))
            }
            output.append(VisibleText.hexDigit(byte >> 4))
            output.append(VisibleText.hexDigit(byte & 0xf))
        }
        return 1
    }

    private var isPlainJSON: Bool { self == .json || self == .terminalJSON || self == .bytesJSON }
}
