import Commands
package import RESP

/// Prints elements as they come, as one JSON array in JSON.
package struct ElementStream: Sendable {
    /// Whose elements they are.
    package enum Source: Sendable {
        /// An iterator: each element ends its line, a raw one with `-d`.
        case iterator
        /// An array or a set that is printed before it is whole, byte for byte as it would be then. Not for a terminal,
        /// where the number of all elements decides how wide theirs are.
        case reply
    }

    private let renderer: Renderer
    private let source: Source
    private var isEmpty = true

    /// Appends what stands before the elements.
    package init(_ renderer: Renderer, of source: Source, to output: inout [UInt8]) {
        self.renderer = renderer
        self.source = source
        if isJSON { output.append(UInt8(ascii: "[")) }
    }

    private var isJSON: Bool { renderer.style.format.isJSON }
    private var indentsJSON: Bool { isJSON && renderer.style.indentsJSON }

    package mutating func append(_ elements: [RESPValue], to output: inout [UInt8]) {
        for element in elements {
            if !isEmpty { appendSeparator(to: &output) }
            isEmpty = false
            if indentsJSON { renderer.startJSONLine(depth: 1, in: &output) }
            renderer.appendBody(element, depth: 1, to: &output)
            if source == .iterator, !isJSON { renderer.appendEnd(renderer.style.elementDelimiter, to: &output) }
        }
    }

    private func appendSeparator(to output: inout [UInt8]) {
        switch (renderer.style.format, source) {
        case (.json, _), (.quotedJSON, _), (.csv, .reply): output.append(UInt8(ascii: ","))
        case (.raw, .reply), (.terminal, .reply), (.table, .reply):
            output.append(contentsOf: renderer.style.elementDelimiter.bytes)
        case (_, .iterator): break
        }
    }

    /// Appends what stands behind the elements.
    package func close(to output: inout [UInt8]) {
        if indentsJSON, !isEmpty { renderer.startJSONLine(depth: 0, in: &output) }
        if isJSON { output.append(UInt8(ascii: "]")) }
        if isJSON || source == .reply { renderer.appendEnd(renderer.style.replyDelimiter, to: &output) }
    }
}
