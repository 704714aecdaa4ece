/// Numbers as RESP writes them.
extension Span<UInt8> {
    /// An optional sign and digits that fill `range`; nil for anything else, overflow included.
    func integer(in range: Range<Int>) -> Int? {
        var index = indexBehindSign(from: range.lowerBound, to: range.upperBound)
        guard index < range.upperBound else { return nil }
        let isNegative = self[range.lowerBound] == UInt8(ascii: "-")
        var value = 0
        while index < range.upperBound {
            let digit = Int(self[index]) - 0x30
            guard 0...9 ~= digit else { return nil }
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
            index += 1
        }
        return value
    }

    /// True for an optional sign and digits, however many.
    func isInteger(in range: Range<Int>) -> Bool {
        let first = indexBehindSign(from: range.lowerBound, to: range.upperBound)
        return first < range.upperBound && indexBehindDigits(from: first, to: range.upperBound) == range.upperBound
    }

    /// True for `1`, `-1.5`, `1e300`, `2.5E-7`, `inf`, `-inf`, `nan` and the like.
    func isDouble(in range: Range<Int>) -> Bool {
        let end = range.upperBound
        let first = indexBehindSign(from: range.lowerBound, to: end)
        if isWord("inf", in: first..<end) || isWord("nan", in: first..<end) { return true }
        var index = indexBehindDigits(from: first, to: end)
        guard index > first else { return false }
        if index < end, self[index] == UInt8(ascii: ".") { index = indexBehindDigits(from: index + 1, to: end) }
        if index < end, self[index].asciiUppercased == UInt8(ascii: "E") {
            return isInteger(in: index + 1..<end)
        }
        return index == end
    }

    private func isWord(_ word: StaticString, in range: Range<Int>) -> Bool {
        ByteString(range.prefix(word.utf8CodeUnitCount + 1).map { self[$0] }).matches(word)
    }

    private func indexBehindSign(from index: Int, to end: Int) -> Int {
        let hasSign = index < end && (self[index] == UInt8(ascii: "-") || self[index] == UInt8(ascii: "+"))
        return hasSign ? index + 1 : index
    }

    private func indexBehindDigits(from start: Int, to end: Int) -> Int {
        var index = start
        while index < end, 0x30...0x39 ~= self[index] { index += 1 }
        return index
    }
}
