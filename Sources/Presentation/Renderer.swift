package import Commands
package import RESP
package import Routing

/// Prints replies. Output that redis-cli has as well is identical to the byte, except for its defects: JSON is always
/// valid, with one value per command, and big numbers are printed.
package struct Renderer: Sendable {
    let style: Style

    package init(_ style: Style) {
        self.style = style
    }

    /// Appends a reply: its value, or the per-node dictionary. Streamed elements have already been printed, so nothing
    /// is appended for them.
    ///
    /// - Parameters:
    ///   - isText: the row's `.text` flag: the reply is text for people (INFO) and is printed as it is, except in JSON.
    ///   - window: on a terminal, no word of a message runs over its edge.
    ///   - total: what `--aggregate` would make of a dictionary. If that is a sum, the terminal shows it as a last
    ///     line.
    package func append(
        _ reply: Reply, isText: Bool, total: ResponsePolicy = .perNode, in window: Window = Window(columns: .max),
        to output: inout [UInt8]
    ) {
        switch reply.body {
        case .value(let value): append(value, isText: isText, to: &output)
        case .perNode(let replies): appendDictionary(replies, isText: isText, total: total, in: window, to: &output)
        case .streamed: break
        }
    }

    /// Appends one value as a whole reply.
    package func append(_ value: RESPValue, isText: Bool, to output: inout [UInt8]) {
        if isText, !style.format.isJSON, value.kind.isText || value.isError {
            guard style.format != .raw else { return appendRaw(value, to: &output) }
            appendShown(value.payload, to: &output)
            if value.isError { output.append(Self.lineFeed) }
            return
        }
        appendBody(value, to: &output)
        appendEnd(style.replyDelimiter, to: &output)
    }

    /// Appends a value in the format, without what comes after it.
    ///
    /// - Parameter depth: the number of enclosing aggregates that have been opened.
    func appendBody(_ value: RESPValue, depth: Int = 0, to output: inout [UInt8]) {
        switch style.format {
        case .table, .terminal: appendTerminal(value, to: &output)
        case .raw: appendRaw(value, to: &output)
        case .csv: appendCSV(value, to: &output)
        case .json, .quotedJSON:
            if style.indentsJSON {
                appendIndentedJSON(value, depth: depth, to: &output)
            } else {
                appendJSON(value, to: &output)
            }
        }
    }

    /// The same for the replies of several nodes. A node without a reply gets its failure as an error instead.
    private func appendDictionary(
        _ replies: [NodeReply], isText: Bool, total: ResponsePolicy, in window: Window, to output: inout [UInt8]
    ) {
        switch style.format {
        case .table, .terminal: appendTerminal(replies, isText: isText, total: total, in: window, to: &output)
        case .raw: for reply in replies { appendRaw(reply, isText: isText, to: &output) }
        case .csv: for reply in replies { appendCSV(reply, to: &output) }
        case .json, .quotedJSON: appendJSON(replies, to: &output)
        }
    }

    /// Appends the delimiter of a raw reply or element; in other formats, the end of the line.
    func appendEnd(_ delimiter: ByteString, to output: inout [UInt8]) {
        if style.format == .raw {
            output.append(contentsOf: delimiter.bytes)
        } else {
            output.append(Self.lineFeed)
        }
    }

    // MARK: Failures

    /// Appends the record of a command that got no reply: an error of ours, `CODE text`, on one line.
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
    /// The kinds that text for people comes as. A simple string instead is QUEUED or the like.
    var isText: Bool { self == .bulkString || self == .verbatimString }
}

extension NodeReply {
    var name: [UInt8] { Array(node.address.description.utf8) }

    /// The reply, or the failure as an error.
    var shownValue: RESPValue {
        switch result {
        case .success(let value): value
        case .failure(let failure): .error("\(failure.code) \(failure.cause)")
        }
    }
}
