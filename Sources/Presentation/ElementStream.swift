import Commands
package import RESP

/// Prints elements as they arrive; in JSON, as one array or object.
package struct ElementStream: Sendable {
    /// Where the elements come from.
    package enum Source: Sendable {
        /// An iterator: each element ends its own line, in raw output with the delimiter of `-d`.
        case iterator
        /// The same for one that finds names and values, in the format for reading: each pair ends its own line.
        case pairs
        /// An array or set that is printed before all of it has arrived, byte for byte as the whole reply would be.
        /// Not for a terminal, where the number of elements determines how wide their numbers are.
        case reply
        /// The same for a map, whose keys and values alternate.
        case map
    }

    private let renderer: Renderer
    private let source: Source
    private var isEmpty = true

    /// Appends what comes before the elements.
    package init(_ renderer: Renderer, of source: Source, to output: inout [UInt8]) {
        self.renderer = renderer
        self.source = source
        if isJSON { output.append(source == .map ? UInt8(ascii: "{") : UInt8(ascii: "[")) }
    }

    private var isJSON: Bool { renderer.style.format.isJSON }
    /// True if each element, or pair, ends its own line.
    private var endsLines: Bool { source == .iterator || source == .pairs }
    private var indentsJSON: Bool { isJSON && renderer.style.indentsJSON }

    /// - Parameter elements: for a map, whole pairs.
    package mutating func append(_ elements: [RESPValue], to output: inout [UInt8]) {
        guard source != .pairs else { return appendPairs(elements, to: &output) }
        var isValue = false
        for element in elements {
            if isValue {
                appendJoint(to: &output)
                renderer.appendBody(element, depth: 1, to: &output)
            } else {
                if !isEmpty { appendSeparator(to: &output) }
                isEmpty = false
                if indentsJSON { renderer.startJSONLine(depth: 1, in: &output) }
                if isJSON, source == .map {
                    renderer.appendJSONName(element, to: &output)
                } else {
                    renderer.appendBody(element, depth: 1, to: &output)
                }
            }
            if source == .map { isValue.toggle() }
            if source == .iterator, !isJSON { renderer.appendEnd(renderer.style.elementDelimiter, to: &output) }
        }
    }

    private func appendPairs(_ elements: [RESPValue], to output: inout [UInt8]) {
        var elements = elements.makeIterator()
        while let name = elements.next() {
            renderer.appendPair(name, elements.next(), to: &output)
            renderer.appendEnd("", to: &output)
        }
    }

    /// Appends what separates a key from its value.
    private func appendJoint(to output: inout [UInt8]) {
        switch renderer.style.format {
        case .json, .quotedJSON: output.append(contentsOf: indentsJSON ? ": ".utf8 : ":".utf8)
        case .csv: output.append(UInt8(ascii: ","))
        case .raw, .terminal, .table: output.append(UInt8(ascii: " "))
        }
    }

    private func appendSeparator(to output: inout [UInt8]) {
        switch (renderer.style.format, source) {
        case (.json, _), (.quotedJSON, _), (.csv, .reply), (.csv, .map): output.append(UInt8(ascii: ","))
        case (_, .iterator), (_, .pairs): break
        case (.raw, _), (.terminal, _), (.table, _): output.append(contentsOf: renderer.style.elementDelimiter.bytes)
        }
    }

    /// Ends the line of elements whose rest was lost. In JSON nothing closes them: an incomplete value is not a value.
    package func breakOff(to output: inout [UInt8]) {
        if isJSON || !endsLines { renderer.appendEnd(renderer.style.replyDelimiter, to: &output) }
    }

    /// Appends what comes after the elements.
    package func close(to output: inout [UInt8]) {
        if indentsJSON, !isEmpty { renderer.startJSONLine(depth: 0, in: &output) }
        if isJSON { output.append(source == .map ? UInt8(ascii: "}") : UInt8(ascii: "]")) }
        if isJSON || !endsLines { renderer.appendEnd(renderer.style.replyDelimiter, to: &output) }
    }
}
