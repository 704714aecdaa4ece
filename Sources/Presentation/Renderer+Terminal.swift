import Commands
package import RESP
import Routing

extension Renderer {
    /// Appends a value as redis-cli shows it on a terminal, without the last line feed.
    ///
    /// - Parameters:
    ///   - indent: spaces before every line but the first.
    ///   - first: the number of the first element of an aggregate.
    func appendTerminal(_ value: RESPValue, indent: Int = 0, from first: Int = 1, to output: inout [UInt8]) {
        switch value.kind {
        // Quoted among other quoted strings; on its own it is OK or the like.
        case .simpleString where indent > 0 && style.readsTables:
            (style.isUTF8 ? Quoting.utf8 : .ascii).append(value.payload, to: &output)
        case .simpleString: inColor(.type, &output) { appendShown(value.payload, to: &$0) }
        case .verbatimString: appendShown(value.payload, to: &output)
        case .bulkString where value.count > style.longestValue && style.readsTables: appendCut(value, to: &output)
        case .bulkString: (style.isUTF8 ? Quoting.utf8 : .ascii).append(value.payload, to: &output)
        case .null: inColor(.nothing, &output) { $0.append(contentsOf: "(nil)".utf8) }
        case .boolean: output.append(contentsOf: value.isTrue ? "(true)".utf8 : "(false)".utf8)
        case .error: inColor(.error, &output) { append("(error) ", value, to: &$0) }
        case .integer: append("(integer)", typing: value, to: &output)
        case .double: append("(double)", typing: value, to: &output)
        case .bigNumber: append("(big number)", typing: value, to: &output)
        case .push where indent == 0 && value.isInvalidation(ofAll: false): appendInvalidation(value, to: &output)
        case .push where indent == 0 && style.readsTables && value.isInvalidation(ofAll: true):
            output.append(contentsOf: "-> invalidate: all keys".utf8)
        case .array, .set, .push, .map: appendElements(value, indent: indent, from: first, to: &output)
        }
    }

    /// Appends the start of a long string, in quotes, and its length.
    private func appendCut(_ value: RESPValue, to output: inout [UInt8]) {
        var end = value.payload.startIndex + style.longestValue
        // Cut between two characters.
        while end > value.payload.startIndex, value.payload[end].continuesCharacter { end -= 1 }
        (style.isUTF8 ? Quoting.utf8 : .ascii).append(value.payload[..<end], to: &output)
        let shown = end - value.payload.startIndex
        output.append(contentsOf: "... (\(shown.byteText) of \(value.count.byteText); see :set max-value)".utf8)
    }

    private func append(_ tag: StaticString, _ value: RESPValue, to output: inout [UInt8]) {
        tag.withUTF8Buffer { output.append(contentsOf: $0) }
        appendShown(value.payload, to: &output)
    }

    private func append(_ tag: StaticString, typing value: RESPValue, to output: inout [UInt8]) {
        inColor(.type, &output) { output in tag.withUTF8Buffer { output.append(contentsOf: $0) } }
        output.append(UInt8(ascii: " "))
        appendShown(value.payload, to: &output)
    }

    /// Appends the output of `body` in the color of the role. Formats that redis-cli has as well are not colored.
    @inline(__always)
    private func inColor(_ role: TextRole, _ output: inout [UInt8], _ body: (inout [UInt8]) -> Void) {
        guard let palette = style.palette, style.readsTables else { return body(&output) }
        output.append(contentsOf: palette.begin(role).utf8)
        body(&output)
        output.append(contentsOf: Palette.end.utf8)
    }

    /// Appends text from the server that is not quoted.
    func appendShown(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
        if style.isOnTerminal {
            VisibleText.append(bytes, isUTF8: style.isUTF8, to: &output)
        } else {
            output.append(contentsOf: bytes)
        }
    }

    /// Numbers the elements. A nested aggregate starts right after its number and is indented to that column; the value
    /// of a pair starts on the next line if it takes several lines.
    private func appendElements(_ aggregate: RESPValue, indent: Int, from first: Int, to output: inout [UInt8]) {
        let isMap = aggregate.kind == .map
        let count = isMap ? aggregate.count / 2 : aggregate.count
        let look = aggregate.kind.look
        guard count > 0 else {
            // redis-cli calls any map a hash.
            return output.append(contentsOf: (isMap && style.readsTables ? "(empty map)" : look.empty).utf8)
        }
        let width = String(count + first - 1).utf8.count
        let inner = indent + width + 2
        var number = first - 1
        var elements = aggregate.elements.makeIterator()
        while let element = elements.next() {
            if number >= first { startLine(indent: indent, in: &output) }
            number += 1
            let digits = String(number).utf8
            appendSpaces(width - digits.count, to: &output)
            output.append(contentsOf: digits)
            output.append(style.readsTables && aggregate.kind == .set ? UInt8(ascii: ")") : look.separator)
            output.append(UInt8(ascii: " "))
            if isMap {
                appendPair(element, elements.next(), indent: inner, to: &output)
            } else {
                appendTerminal(element, indent: inner, to: &output)
            }
        }
    }

    /// Appends a name and its value, if it has one.
    func appendPair(_ name: RESPValue, _ value: RESPValue?, indent: Int = 0, to output: inout [UInt8]) {
        inColor(.key, &output) { appendTerminal(name, indent: indent, to: &$0) }
        guard let value else { return }
        output.append(contentsOf: " => ".utf8)
        if value.takesSeveralLines { startLine(indent: indent, in: &output) }
        appendTerminal(value, indent: indent, to: &output)
    }

    /// Appends an error reply, wrapped so that no word runs over the edge of the window.
    package func append(error: RESPValue, in window: Window, to output: inout [UInt8]) {
        let text = "(error) " + VisibleText.text(error.text)
        guard window.width(of: text) > window.columns else { return append(error, isText: false, to: &output) }
        for line in text.wrapped(at: window.columns) { output += (style.paint(line, .error) + "\n").utf8 }
    }

    /// Appends values numbered like the elements of an array. `body` prints each one into its own window, as lines that
    /// end in line feeds.
    package func append(
        numbered values: [RESPValue], in window: Window, to output: inout [UInt8],
        _ body: (RESPValue, Window, inout [UInt8]) -> Void
    ) {
        guard !values.isEmpty else { return append(.array([]), isText: false, to: &output) }
        let width = String(values.count).utf8.count
        for (place, value) in values.enumerated() {
            let number = "\(place + 1)".aligned(to: width) + ") "
            var text: [UInt8] = []
            body(value, Window(columns: max(1, window.columns - number.count), width: window.width), &text)
            if text.last == Self.lineFeed { text.removeLast() }
            output += number.utf8
            for byte in text {
                output.append(byte)
                if byte == Self.lineFeed { appendSpaces(number.count, to: &output) }
            }
            output.append(Self.lineFeed)
        }
    }

    /// `-> invalidate: 'k1', 'k2'`, the message of client-side caching.
    private func appendInvalidation(_ push: RESPValue, to output: inout [UInt8]) {
        output.append(contentsOf: "-> invalidate: ".utf8)
        var isFirst = true
        for key in push.elements.dropFirst().flatMap({ $0.elements }) {
            output.append(contentsOf: isFirst ? "'".utf8 : ", '".utf8)
            (style.isUTF8 ? Quoting.utf8 : .ascii).appendEscaped(key.payload, to: &output)
            output.append(UInt8(ascii: "'"))
            isFirst = false
        }
    }

    private func startLine(indent: Int, in output: inout [UInt8]) {
        output.append(Self.lineFeed)
        appendSpaces(indent, to: &output)
    }

    func appendSpaces(_ count: Int, to output: inout [UInt8]) {
        for _ in 0..<count { output.append(UInt8(ascii: " ")) }
    }
}

extension RESPValue {
    var isTrue: Bool { payload.elementsEqual("t".utf8) }

    /// True for a push of the word `invalidate` and an array of keys, or null in its place if it is about all keys.
    fileprivate func isInvalidation(ofAll: Bool) -> Bool {
        let parts = Array(elements.prefix(3))
        return parts.count == 2 && parts[0].payload.elementsEqual("invalidate".utf8)
            && parts[1].kind == (ofAll ? .null : .array)
    }

    /// True for an aggregate with more than one element or pair, or with one that takes several lines itself.
    fileprivate var takesSeveralLines: Bool {
        guard kind.isAggregate, count > 0 else { return false }
        let single = kind == .map ? 2 : 1
        return count > single || elements.dropFirst(single - 1).contains { $0.takesSeveralLines }
    }
}

extension RESPValue.Kind {
    /// What follows the number of an element, and what an empty aggregate looks like.
    fileprivate var look: (separator: UInt8, empty: String) {
        switch self {
        case .map: (UInt8(ascii: "#"), "(empty hash)")
        case .set: (UInt8(ascii: "~"), "(empty set)")
        case .push: (UInt8(ascii: ")"), "(empty push)")
        default: (UInt8(ascii: ")"), "(empty array)")
        }
    }
}
