package import RESP

/// Knows what may be typed, which the line editor does not.
package protocol LineAssistant: AnyObject {
    /// The escape sequence of the prompt; empty for none.
    var promptStyle: String { get }
    /// The one for what the user has not typed: hints, suggestions, descriptions.
    var hintStyle: String { get }
    /// The one for the menu entry that would be taken, and for what a search has found.
    var selectionStyle: String { get }

    /// The looks of parts of the line, as ranges of bytes, in order.
    func looks(of line: ByteString) -> [LineLook]

    /// What may follow the line; empty for nothing.
    func hint(for line: ByteString) -> String

    /// True when history lines that start with what was typed are suggested, and Arrow-Up goes through only those.
    var suggestsLines: Bool { get }

    /// What may replace the word at the end of the line.
    ///
    /// - Parameters:
    ///   - line: the text up to the cursor.
    ///   - isRepeated: true when Tab was pressed for the same line before.
    func completions(of line: ByteString, isRepeated: Bool) -> Completions

    /// All that is known about the command in the line, as text of several lines; empty for nothing.
    ///
    /// - Parameter columns: how many a line may take.
    func explanation(of line: ByteString, columns: Int) -> String

    /// The last word of a line, as it is typed.
    func lastWord(of line: ByteString) -> ByteString

    /// The line as the user's text editor left it; nil when nothing was saved.
    func edited(_ line: ByteString) -> ByteString?
}

/// The escape sequence that a part of a line is shown in.
package struct LineLook: Equatable {
    package let range: Range<Int>
    package let look: String

    package init(_ range: Range<Int>, _ look: String) {
        self.range = range
        self.look = look
    }
}

/// What Tab offers.
package struct Completions {
    /// How many bytes of the line stay before a candidate.
    package let start: Int
    package let candidates: [Candidate]

    package struct Candidate: Equatable {
        /// As it is typed, with quotes where it needs them.
        package let text: ByteString
        /// A few words about it; may be empty.
        package let description: String
        /// False for the start of a word that continues (`@slot:`, a folder).
        package let isWhole: Bool

        package init(_ text: ByteString, description: String = "", isWhole: Bool = true) {
            self.text = text
            self.description = description
            self.isWhole = isWhole
        }
    }

    package init(start: Int, candidates: [Candidate]) {
        self.start = start
        self.candidates = candidates
    }
}
