package import RESP

/// Knows what may be typed, for the line editor, which does not.
package protocol LineAssistant: AnyObject {
    /// The escape sequence of the prompt; empty for none.
    var promptStyle: String { get }
    /// The one of what nobody has typed: hints, suggestions, descriptions.
    var hintStyle: String { get }
    /// The one of the entry of a menu that would be taken, and of what a search has found.
    var selectionStyle: String { get }

    /// The looks of parts of the line, in bytes, in their order.
    func looks(of line: ByteString) -> [LineLook]

    /// What may follow the line; empty for nothing.
    func hint(for line: ByteString) -> String

    /// True when lines of the history that begin as what is typed are suggested, and Arrow-Up goes through them alone.
    var suggestsLines: Bool { get }

    /// What may stand in place of the word that ends the line.
    ///
    /// - Parameters:
    ///   - line: the text up to the cursor.
    ///   - isRepeated: Tab was pressed for the same line before.
    func completions(of line: ByteString, isRepeated: Bool) -> Completions

    /// All that is known of the command in the line: text of several lines; empty for nothing.
    ///
    /// - Parameter columns: that a line may take.
    func explanation(of line: ByteString, columns: Int) -> String

    /// The last word of a line, as it is typed.
    func lastWord(of line: ByteString) -> ByteString

    /// The line as the user's text editor has left it; nil when it has saved nothing.
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
    /// How many bytes of the line stay in front of a candidate.
    package let start: Int
    package let candidates: [Candidate]

    package struct Candidate: Equatable {
        /// As it is typed, with quotes where it needs them.
        package let text: ByteString
        /// A few words on it; may be empty.
        package let description: String
        /// False for the begin of a word that goes on (`@slot:`, a folder).
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
