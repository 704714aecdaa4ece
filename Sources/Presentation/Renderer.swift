package import Commands
package import RESP
package import Routing

/// Prints replies. What redis-cli prints too is the same to the byte, but for its defects: JSON is always valid, one
/// value a command, and big numbers are printed.
package struct Renderer: Sendable {
    let style: Style

    package init(_ style: Style) {
        self.style = style
    }

    /// Appends a reply: its value, or the per-node dictionary. Streamed elements have gone out before, so there is
    /// nothing to append for them.
    ///
    /// - Parameters:
    ///   - isText: the row's `.text` flag: the reply is text for people (INFO) and is printed as it is, but for JSON.
    ///   - total: what `--aggregate` would make of a dictionary. Where that is a sum, the terminal shows it as a last line.
    package func append(
        _ reply: Reply, isText: Bool, total: ResponsePolicy = .perNode, to output: inout [UInt8]
    ) {
        switch reply.body {
        case .value(let value): append(value, isText: isText, to: &output)
        case .perNode(let replies): appendDictionary(replies, isText: isText, total: total, to: &output)
        case .streamed: break
        }
    }

    /// Appends one value as a whole reply.
    package func append(_ value: RESPValue, isText: Bool, to output: inout [UInt8]) {
        switch style.format {
        case .json, .quotedJSON:
            appendJSON(value, to: &output)
            output.append(Self.lineFeed)
        case _ where isText && (value.kind.isText || value.isError):
            appendRaw(value, to: &output)
        case .terminal:
            appendTerminal(value, to: &output)
            output.append(Self.lineFeed)
        case .raw:
            appendRaw(value, to: &output)
            output.append(contentsOf: style.replyDelimiter.bytes)
        case .csv:
            appendCSV(value, to: &output)
            output.append(Self.lineFeed)
        }
    }

    // MARK: Streams

    /// Opens the elements of an iterator.
    package func appendStreamStart(to output: inout [UInt8]) {
        if style.format.isJSON { output.append(UInt8(ascii: "[")) }
    }

    /// Appends elements of an iterator: each on its own line, raw ones with `-d` after them; under JSON as elements of
    /// the one array.
    ///
    /// - Parameter isFirst: no element has been appended since the start.
    package func appendStreamElements(_ elements: [RESPValue], isFirst: Bool, to output: inout [UInt8]) {
        var isFirst = isFirst
        for element in elements {
            switch style.format {
            case .json, .quotedJSON:
                if !isFirst { output.append(UInt8(ascii: ",")) }
                appendJSON(element, to: &output)
            case .terminal:
                appendTerminal(element, to: &output)
                output.append(Self.lineFeed)
            case .raw:
                appendRaw(element, to: &output)
                output.append(contentsOf: style.elementDelimiter.bytes)
            case .csv:
                appendCSV(element, to: &output)
                output.append(Self.lineFeed)
            }
            isFirst = false
        }
    }

    /// Closes the elements of an iterator.
    package func appendStreamEnd(to output: inout [UInt8]) {
        if style.format.isJSON { output.append(contentsOf: "]\n".utf8) }
    }

    // MARK: Failures

    /// Appends what stands for a command without a reply: an error of ours, `CODE text`, on one line.
    package func append(_ failure: CommandFailure, to output: inout [UInt8]) {
        append(.error(failure.errorText), isText: false, to: &output)
    }

    /// The same for a line that is not a command.
    package func append(_ error: CLIError, to output: inout [UInt8]) {
        append(.error(error.errorText), isText: false, to: &output)
    }

    static let lineFeed: UInt8 = 0x0a
}

extension RESPValue.Kind {
    /// The kinds a text for people comes as. A simple string in its place is QUEUED or the like.
    var isText: Bool { self == .bulkString || self == .verbatimString }
}
