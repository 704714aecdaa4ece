package import RESP

/// Knows what may be typed, for the line editor, which does not.
package protocol LineAssistant: AnyObject {
    /// The escape sequence that hints are shown in.
    var hintStyle: String { get }

    /// The one that the prompt is shown in; empty for none.
    var promptStyle: String { get }

    /// What may follow the line; empty for nothing.
    func hint(for line: ByteString) -> String

    /// What may stand in place of the word that ends the line.
    ///
    /// - Parameters:
    ///   - line: the text up to the cursor.
    ///   - isRepeated: Tab was pressed for the same line before.
    func completions(of line: ByteString, isRepeated: Bool) -> Completions
}

/// What Tab offers.
package struct Completions {
    /// How many bytes of the line stay in front of a candidate.
    package let start: Int
    package let candidates: [Candidate]

    package struct Candidate: Equatable {
        /// As it is typed, with quotes where it needs them.
        package let text: ByteString
        /// False for the begin of a word that goes on (`@slot:`, a folder).
        package let isWhole: Bool

        package init(_ text: ByteString, isWhole: Bool = true) {
            self.text = text
            self.isWhole = isWhole
        }
    }

    package init(start: Int, candidates: [Candidate]) {
        self.start = start
        self.candidates = candidates
    }
}
