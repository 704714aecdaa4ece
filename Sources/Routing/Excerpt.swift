package import RESP

/// Part of a reply; strings may be cut.
package indirect enum Excerpt: Equatable, Sendable {
    /// The start of a string, and its full size in bytes.
    case text(ByteString, size: Int)
    case list([Excerpt])
    case other(RESPValue)

    /// - Parameter value: the script's reply, with `[size, start]` for each string.
    init(cut value: RESPValue) {
        if value.kind != .array {
            self = .other(value)
        } else if let pair = value.elements(2), pair[0].kind == .integer, let text = pair[1].string {
            self = .text(text, size: pair[0].integer ?? text.count)
        } else {
            self = .list(value.elements.map { Excerpt(cut: $0) })
        }
    }

    /// - Parameter value: a command's reply, uncut.
    init(whole value: RESPValue) {
        if value.kind.isAggregate {
            self = .list(value.elements.map { Excerpt(whole: $0) })
        } else if let text = value.string {
            self = .text(text, size: text.count)
        } else {
            self = .other(value)
        }
    }

    package var elements: [Excerpt] { if case .list(let elements) = self { elements } else { [] } }

    /// A string that is not cut.
    package var wholeText: ByteString? {
        if case .text(let text, let size) = self, text.count == size { text } else { nil }
    }
}
