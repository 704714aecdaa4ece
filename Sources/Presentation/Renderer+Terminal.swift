import Commands
import RESP
import Routing

extension Renderer {
    /// Appends a value as redis-cli shows it on a terminal, without the last line feed.
    ///
    /// - Parameter indent: spaces in front of every line but the first.
    func appendTerminal(_ value: RESPValue, indent: Int = 0, to output: inout [UInt8]) {
        switch value.kind {
        case .simpleString, .verbatimString: appendShown(value.payload, to: &output)
        case .bulkString: (style.isUTF8 ? Quoting.utf8 : .ascii).append(value.payload, to: &output)
        case .null: output.append(contentsOf: "(nil)".utf8)
        case .boolean: output.append(contentsOf: value.isTrue ? "(true)".utf8 : "(false)".utf8)
        case .error: append("(error) ", value, to: &output)
        case .integer: append("(integer) ", value, to: &output)
        case .double: append("(double) ", value, to: &output)
        case .bigNumber: append("(big number) ", value, to: &output)
        case .push where indent == 0 && value.isInvalidation: appendInvalidation(value, to: &output)
        case .array, .set, .push, .map: appendElements(value, indent: indent, to: &output)
        }
    }

    private func append(_ tag: StaticString, _ value: RESPValue, to output: inout [UInt8]) {
        tag.withUTF8Buffer { output.append(contentsOf: $0) }
        appendShown(value.payload, to: &output)
    }

    /// Appends text of the server's that is not quoted.
    func appendShown(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
        if style.isOnTerminal {
            VisibleText.append(bytes, isUTF8: style.isUTF8, to: &output)
        } else {
            output.append(contentsOf: bytes)
        }
    }

    /// Numbers the elements from 1. A nested aggregate begins after its number and is indented to there; the value of
    /// a pair that takes several lines begins on the next.
    private func appendElements(_ aggregate: RESPValue, indent: Int, to output: inout [UInt8]) {
        let isMap = aggregate.kind == .map
        let count = isMap ? aggregate.count / 2 : aggregate.count
        let look = aggregate.kind.look
        guard count > 0 else { return output.append(contentsOf: look.empty.utf8) }
        let width = String(count).utf8.count
        let inner = indent + width + 2
        var number = 0
        var elements = aggregate.elements.makeIterator()
        while let element = elements.next() {
            if number > 0 { startLine(indent: indent, in: &output) }
            number += 1
            let digits = String(number).utf8
            appendSpaces(width - digits.count, to: &output)
            output.append(contentsOf: digits)
            output.append(look.separator)
            output.append(UInt8(ascii: " "))
            appendTerminal(element, indent: inner, to: &output)
            guard isMap, let value = elements.next() else { continue }
            output.append(contentsOf: " => ".utf8)
            if value.takesSeveralLines { startLine(indent: inner, in: &output) }
            appendTerminal(value, indent: inner, to: &output)
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

    // MARK: Several nodes

    /// A node whose reply fits on a line takes one line, in columns; others take a heading and the lines of the reply,
    /// with an empty line around them.
    func appendTerminal(
        _ replies: [NodeReply], isText: Bool, total: ResponsePolicy, to output: inout [UInt8]
    ) {
        let width = replies.reduce(Self.totalWord.utf8.count) { max($0, $1.name.count) }
        var wasLong = false
        for (index, reply) in replies.enumerated() {
            let text = block(reply, isText: isText)
            let isLong = text.contains(Self.lineFeed)
            if index > 0, isLong || wasLong { output.append(Self.lineFeed) }
            appendHeading(reply.node, width: width, isPadded: !isLong, to: &output)
            if isLong { output.append(Self.lineFeed) }
            output.append(contentsOf: text)
            output.append(Self.lineFeed)
            wasLong = isLong
        }
        appendTotal(of: replies, by: total, width: width, to: &output)
    }

    /// A node's reply without its last line feed.
    private func block(_ reply: NodeReply, isText: Bool) -> [UInt8] {
        let value = reply.shownValue
        guard isText, value.kind.isText else {
            var text: [UInt8] = []
            appendTerminal(value, to: &text)
            return text
        }
        var payload = value.payload
        if payload.last == Self.lineFeed { payload.removeLast() }
        if payload.last == 0x0d { payload.removeLast() }
        var text: [UInt8] = []
        appendShown(payload, to: &text)
        return text
    }

    private static var totalWord: String { "total" }
    private static var roleWidth: Int { 7 }

    private func appendHeading(_ node: Node, width: Int, isPadded: Bool, to output: inout [UInt8]) {
        let name = node.address.description.utf8
        let role = node.role.rawValue.utf8
        output.append(contentsOf: style.paint(node.address.description, .node).utf8)
        appendSpaces(isPadded ? width - name.count + 2 : 2, to: &output)
        output.append(contentsOf: role)
        if isPadded { appendSpaces(Self.roleWidth - role.count + 2, to: &output) }
    }

    /// The last line, where the numbers mean something together: `total  (integer) 123 over 3 masters`.
    private func appendTotal(
        of replies: [NodeReply], by policy: ResponsePolicy, width: Int, to output: inout [UInt8]
    ) {
        guard policy == .sum || policy == .sumOfMasters else { return }
        let asked = policy == .sum ? replies : replies.filter { $0.node.role == .master }
        let numbers = asked.compactMap(\.value).filter { $0.kind == .integer }.compactMap(\.integer)
        guard asked.count > 1, !numbers.isEmpty else { return }
        let noun = asked.allSatisfy { $0.node.role == .master } ? "masters" : "nodes"
        let count = numbers.count == asked.count ? "\(asked.count)" : "\(numbers.count) of \(asked.count)"
        output.append(contentsOf: Self.totalWord.utf8)
        appendSpaces(width - Self.totalWord.utf8.count + 2 + Self.roleWidth + 2, to: &output)
        appendTerminal(.integer(numbers.sum), to: &output)
        output.append(contentsOf: " over \(count) \(noun)\n".utf8)
    }
}

extension RESPValue {
    var isTrue: Bool { payload.elementsEqual("t".utf8) }

    /// True for a push of the word `invalidate` and an array of keys.
    fileprivate var isInvalidation: Bool {
        let parts = Array(elements.prefix(3))
        return parts.count == 2 && parts[0].payload.elementsEqual("invalidate".utf8) && parts[1].kind == .array
    }

    /// True for an aggregate of more than one element or pair, or of one that takes several lines itself.
    fileprivate var takesSeveralLines: Bool {
        guard kind.isAggregate, count > 0 else { return false }
        let single = kind == .map ? 2 : 1
        return count > single || elements.dropFirst(single - 1).contains { $0.takesSeveralLines }
    }
}

extension RESPValue.Kind {
    /// What follows the number of an element, and for an aggregate without elements.
    fileprivate var look: (separator: UInt8, empty: String) {
        switch self {
        case .map: (UInt8(ascii: "#"), "(empty hash)")
        case .set: (UInt8(ascii: "~"), "(empty set)")
        case .push: (UInt8(ascii: ")"), "(empty push)")
        default: (UInt8(ascii: ")"), "(empty array)")
        }
    }
}
