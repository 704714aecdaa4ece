/// Tells whether a quote is open at the end of a line that grows: what was looked at before is not looked at again.
struct QuoteScan {
    private var position = 0
    private var quote: UInt8?

    /// - Parameter text: the text of the last call with more after it.
    mutating func isOpen(after text: ArraySlice<UInt8>) -> Bool {
        while position < text.count {
            let byte = text[text.startIndex + position]
            switch (quote, byte) {
            case (nil, UInt8(ascii: "\"")), (nil, UInt8(ascii: "'")): quote = byte
            case (byte?, _): quote = nil
            case (_?, UInt8(ascii: "\\")): position += 1
            default: break
            }
            position += 1
        }
        return quote != nil
    }
}
