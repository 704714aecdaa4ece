/// The rules of quotes and escapes, those of redis-cli (`sdssplitargs`), applied to a line one step at a time. They say
/// where words end, whether a quote is open, and so whether a line continues.
///
/// In double quotes, `\n \r \t \b \a`, `\xHH` and a backslash before any other byte are escapes; in single quotes, only
/// `\'` is one; outside quotes, there are none.
struct QuoteRules {
    /// What a step consumed.
    enum Piece {
        /// Part of a word: a byte as it is, or the one that an escape stands for.
        case byte(UInt8)
        case openingQuote, closingQuote
    }

    /// The open quote.
    private var quote: UInt8?

    var isQuoted: Bool { quote != nil }

    private static let backslash = UInt8(ascii: "\\")
    private static let single = UInt8(ascii: "'")
    private static let double = UInt8(ascii: "\"")

    /// Consumes what starts at a position in `line`, and moves the position past it.
    mutating func step(in line: [UInt8], _ position: inout Int) -> Piece {
        let byte = line[position]
        position += 1
        switch (quote, byte) {
        case (nil, Self.single), (nil, Self.double):
            quote = byte
            return .openingQuote
        case (byte?, _):
            quote = nil
            return .closingQuote
        case (Self.single, Self.backslash) where position < line.count && line[position] == Self.single:
            position += 1
            return .byte(Self.single)
        case (Self.double, Self.backslash) where position < line.count:
            return .byte(Self.escaped(in: line, &position))
        default: return .byte(byte)
        }
    }

    /// The byte that an escape stands for; its backslash has been consumed.
    private static func escaped(in line: [UInt8], _ position: inout Int) -> UInt8 {
        let byte = line[position]
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return 0x0a
        case UInt8(ascii: "r"): return 0x0d
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "a"): return 0x07
        case UInt8(ascii: "x"):
            guard position + 1 < line.count, let high = hexDigit(line[position]), let low = hexDigit(line[position + 1])
            else { return byte }
            position += 2
            return high << 4 | low
        default: return byte
        }
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
