import Commands
import RESP
import Routing

extension Renderer {
    /// Appends a value as one JSON value on one line. Numbers that JSON cannot express (`inf`, `nan`) become strings;
    /// an error is `{"error":"…"}`, at any depth. Source: RFC 8259.
    func appendJSON(_ value: RESPValue, to output: inout [UInt8]) {
        switch value.kind {
        case .null: output.append(contentsOf: "null".utf8)
        case .boolean: output.append(contentsOf: value.isTrue ? "true".utf8 : "false".utf8)
        case .error:
            output.append(contentsOf: #"{"error":"#.utf8)
            appendJSONString(value.payload, to: &output)
            output.append(UInt8(ascii: "}"))
        case .simpleString, .bulkString, .verbatimString: appendJSONString(value.payload, to: &output)
        case .integer, .double, .bigNumber:
            if Self.isJSONNumber(value.payload) {
                output.append(contentsOf: value.payload)
            } else {
                appendJSONString(value.payload, to: &output)
            }
        case .array, .set, .push:
            output.append(UInt8(ascii: "["))
            var isFirst = true
            for element in value.elements {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                appendJSON(element, to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .map:
            output.append(UInt8(ascii: "{"))
            var isFirst = true
            var elements = value.elements.makeIterator()
            while let key = elements.next(), let value = elements.next() {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                appendJSONName(key, to: &output)
                output.append(UInt8(ascii: ":"))
                appendJSON(value, to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    func appendJSON(_ replies: [NodeReply], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        for (index, reply) in replies.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            if style.indentsJSON { startJSONLine(depth: 1, in: &output) }
            appendJSONString(reply.name[...], to: &output)
            output.append(UInt8(ascii: ":"))
            if style.indentsJSON {
                output.append(UInt8(ascii: " "))
                appendIndentedJSON(reply.shownValue, depth: 1, to: &output)
            } else {
                appendJSON(reply.shownValue, to: &output)
            }
        }
        if style.indentsJSON, !replies.isEmpty { startJSONLine(depth: 0, in: &output) }
        output.append(contentsOf: "}\n".utf8)
    }

    /// Appends the same JSON with each element on its own line.
    ///
    /// - Parameter depth: the number of enclosing aggregates.
    func appendIndentedJSON(_ value: RESPValue, depth: Int, to output: inout [UInt8]) {
        guard value.kind.isAggregate, value.count > 0 else { return appendJSON(value, to: &output) }
        let isMap = value.kind == .map
        output.append(isMap ? UInt8(ascii: "{") : UInt8(ascii: "["))
        var isFirst = true
        var elements = value.elements.makeIterator()
        while let element = elements.next() {
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            startJSONLine(depth: depth + 1, in: &output)
            guard isMap else {
                appendIndentedJSON(element, depth: depth + 1, to: &output)
                continue
            }
            if let palette = style.palette { output.append(contentsOf: palette.begin(.key).utf8) }
            appendJSONName(element, to: &output)
            if style.palette != nil { output.append(contentsOf: Palette.end.utf8) }
            output.append(contentsOf: ": ".utf8)
            if let value = elements.next() { appendIndentedJSON(value, depth: depth + 1, to: &output) }
        }
        startJSONLine(depth: depth, in: &output)
        output.append(isMap ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    }

    func startJSONLine(depth: Int, in output: inout [UInt8]) {
        output.append(Self.lineFeed)
        appendSpaces(2 * depth, to: &output)
    }

    private func appendJSONString(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
        (style.format == .quotedJSON ? .quotedJSON : plainQuoting).append(bytes, to: &output)
    }

    /// A JSON name is a string, so any other key becomes the text of its JSON: `0`, `true`, `["a"]`.
    func appendJSONName(_ key: RESPValue, to output: inout [UInt8]) {
        let start = output.count
        appendJSON(key, to: &output)
        guard output[start] != UInt8(ascii: "\"") else { return }
        let text = output[start...]
        output.removeSubrange(start...)
        plainQuoting.append(text, to: &output)
    }

    private var plainQuoting: Quoting { style.isOnTerminal ? .terminalJSON : style.keepsBytes ? .bytesJSON : .json }

    /// True for `-12`, `0.5`, `1e+20`; false for `inf`, `nan`, `+1`, `.5`, `1.`, `01`.
    static func isJSONNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let whole = takeDigits(&rest)
        guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            if takeDigits(&rest).isEmpty { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
            if takeDigits(&rest).isEmpty { return false }
        }
        return rest.isEmpty
    }

    private static func takeDigits(_ text: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = text.prefix { 0x30...0x39 ~= $0 }
        text = text[digits.endIndex...]
        return digits
    }
}
