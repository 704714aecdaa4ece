package import RESP

/// A part of a reply: strings may be cut.
package indirect enum Excerpt: Equatable, Sendable {
    /// The begin of a string, and how many bytes it has.
    case text(ByteString, size: Int)
    case list([Excerpt])
    case other(RESPValue)

    /// - Parameter value: of the script, which has `[size, begin]` for each string.
    init(cut value: RESPValue) {
        if value.kind != .array {
            self = .other(value)
        } else if let pair = value.elements(2), pair[0].kind == .integer, let text = pair[1].string {
            self = .text(text, size: pair[0].integer ?? text.count)
        } else {
            self = .list(value.elements.map { Excerpt(cut: $0) })
        }
    }

    /// - Parameter value: of a command, whole.
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
