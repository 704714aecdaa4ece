import Commands
import RESP
import Routing

/// A message before layout.
struct Explanation {
    /// One sentence.
    var what: String
    /// The nodes, keys or slots concerned.
    var rows: [String] = []
    /// What to do next; each starts on a new line.
    var remedies: [String]

    /// - Parameter near: what may have been meant.
    init(_ what: String, near: [String] = [], rows: [String] = [], remedies: [String]) {
        self.what = what.sentence
        self.rows = rows
        self.remedies = (near.question.map { [$0] } ?? []) + remedies
    }

    init(_ what: String, near: [String] = [], rows: [String] = [], remedy: String...) {
        self.init(what, near: near, rows: rows, remedies: remedy)
    }

    init(usage: String) {
        what = "Usage: \(usage)"
        remedies = []
    }

    /// Each part on a line of its own. Only what prints it knows how wide a line may be.
    var message: String { ([what] + rows.map { "  \($0)" } + remedies).joined(separator: "\n") }

    /// On one line, for JSON.
    var line: String { MessageText.line(message) }
}

extension ByteString {
    /// In double quotes, shortened to fit on a line.
    var quoted: String {
        let text = Quoting.utf8.text(self)
        return text.count > 40 ? "\(text.prefix(36))...\"" : text
    }

    /// In double quotes, however long: of a path, the end says most.
    var quotedPath: String { Quoting.utf8.text(self) }
}

extension [ByteString] {
    /// A command as messages name it: its first words, none of them long, and only its name if it may hold a secret.
    package func excerpt(isSecret: Bool) -> String {
        let words = prefix(isSecret ? 1 : 4).map { word in
            Quoting.utf8.word(word.count <= 64 ? word : ByteString(word.bytes.prefix(60)) + "...")
        }
        return (words + (count > words.count ? ["..."] : [])).joined(separator: " ")
    }
}

extension [String] {
    /// The first ones, and how many more there are.
    var abbreviatedRows: [String] {
        let limit = CommandFailure.maximumRows
        return prefix(limit) + (count > limit ? ["... and \(count - limit) more"] : [])
    }
}

extension String {
    /// With a period at the end, unless it already ends in a period or the like.
    var sentence: String { last.map { ".!?".contains($0) } == true ? self : self + "." }
}
