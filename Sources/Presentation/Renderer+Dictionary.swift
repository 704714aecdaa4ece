import Commands
import RESP
import Routing

// The per-node dictionary. A node without a reply has its failure as an error in the reply's place.
extension Renderer {
    func appendDictionary(
        _ replies: [NodeReply], isText: Bool, total: ResponsePolicy, to output: inout [UInt8]
    ) {
        switch style.format {
        case .terminal: appendBlocks(replies, isText: isText, total: total, to: &output)
        case .raw:
            for reply in replies { appendLines(reply, isText: isText, to: &output) }
        case .csv:
            for reply in replies {
                Quoting.ascii.append(reply.name[...], to: &output)
                output.append(UInt8(ascii: ","))
                appendCSV(reply.shownValue, to: &output)
                output.append(Self.lineFeed)
            }
        case .json, .quotedJSON:
            output.append(UInt8(ascii: "{"))
            for (index, reply) in replies.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                appendJSONString(reply.name[...], to: &output)
                output.append(UInt8(ascii: ":"))
                appendJSON(reply.shownValue, to: &output)
            }
            output.append(contentsOf: "}\n".utf8)
        }
    }

    /// Every line as `host:port TAB line`. The CR before the line feeds of INFO goes, since it would end up in the last
    /// field that `cut` or `awk` sees; the lines of a value keep all their bytes.
    private func appendLines(_ reply: NodeReply, isText: Bool, to output: inout [UInt8]) {
        let value = reply.shownValue
        var text: [UInt8] = []
        appendRaw(value, to: &text)
        let isPlainText = isText && value.kind.isText
        if isPlainText || value.isError, text.last == Self.lineFeed { text.removeLast() }
        var isFirst = true
        for line in text.split(separator: Self.lineFeed, omittingEmptySubsequences: false) {
            if !isFirst { output.append(Self.lineFeed) }
            isFirst = false
            output.append(contentsOf: reply.name)
            output.append(UInt8(ascii: "\t"))
            output.append(contentsOf: isPlainText && line.last == 0x0d ? line.dropLast() : line)
        }
        output.append(contentsOf: style.replyDelimiter.bytes)
    }

    /// A node whose reply fits on a line takes one line, in columns; others take a heading and the lines of the reply,
    /// with an empty line around them.
    private func appendBlocks(
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
        var text = value.payload
        if text.last == Self.lineFeed { text.removeLast() }
        if text.last == 0x0d { text.removeLast() }
        return Array(text)
    }

    private static let totalWord = "total"
    private static let roleWidth = 7

    private func appendHeading(_ node: Node, width: Int, isPadded: Bool, to output: inout [UInt8]) {
        let name = node.address.description.utf8
        let role = node.role.rawValue.utf8
        if style.color { output.append(contentsOf: "\u{1b}[1m".utf8) }
        output.append(contentsOf: name)
        if style.color { output.append(contentsOf: "\u{1b}[0m".utf8) }
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

extension NodeReply {
    fileprivate var name: [UInt8] { Array(node.address.description.utf8) }

    /// The reply, or the failure as an error.
    fileprivate var shownValue: RESPValue {
        switch result {
        case .success(let value): value
        case .failure(let failure): .error("\(failure.code) \(failure.cause)")
        }
    }
}
