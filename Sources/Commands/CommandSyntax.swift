package import RESP

/// The arguments that a command takes next: its row's syntax, or what is left of it after the words typed so far.
///
/// The text has the form of the server's own syntax lines: upper case is for keywords, other words stand for values,
/// `[…]` is optional, `<…>` is a choice, `|` separates alternatives, `...` repeats. Arguments that start with a keyword
/// may come in any order, as they may for the server.
package struct CommandSyntax: Equatable, Sendable {
    indirect enum Element: Equatable, Sendable {
        /// One argument; several texts are alternatives.
        case word([String])
        case choice([[Element]])
        case optional([[Element]], repeats: Bool)
    }

    let elements: [Element]
    /// The names of values that the server says are numbers.
    let numbers: Set<String>

    init(_ elements: [Element], numbers: Set<String> = []) {
        self.elements = elements
        self.numbers = numbers
    }

    package init(_ row: CommandSpec) {
        self.init("\(row.syntax)")
    }

    /// Parses a syntax line.
    package init(_ text: String) {
        var reader = SyntaxReader(text)
        self.init(reader.branches(until: nil).branches.flatMap { $0 })
    }

    /// The syntax as text, to be shown while the next argument is typed.
    package var text: String { Self.text(elements) }

    package var isEmpty: Bool { elements.isEmpty }

    /// What may come next, in order: keywords and the names of values.
    package var next: [String] {
        var next: [String] = []
        for element in elements {
            next += Self.first(of: element)
            guard case .optional = element else { break }
        }
        return next
    }

    /// The keywords that may come next.
    package var nextKeywords: [String] { next.filter(Self.isKeyword) }

    /// True when only what comes after the next argument says what it stands for: an optional value, or the one after
    /// it (`AUTH [username] password`).
    package var nextValueIsAmbiguous: Bool {
        guard elements.count > 1, case .optional(let branches, repeats: false) = elements[0],
            case .word = elements[1]
        else { return false }
        return !Self.first(of: elements[0]).contains(where: Self.isKeyword) && branches.allSatisfy { $0.count == 1 }
    }

    /// What is left after these arguments; nil when they do not fit.
    package func after(_ arguments: some Sequence<ByteString>) -> CommandSyntax? {
        var rest = elements
        for argument in arguments {
            guard let next = Self.rest(of: rest, after: argument.text) else { return nil }
            rest = next
        }
        return CommandSyntax(rest, numbers: numbers)
    }

    /// True for a word that is typed literally: one without lower-case letters.
    static func isKeyword(_ word: String) -> Bool {
        !word.utf8.contains { 0x61...0x7a ~= $0 }
    }

    private static func first(of element: Element) -> [String] {
        switch element {
        case .word(let texts): texts
        case .choice(let branches), .optional(let branches, _):
            branches.flatMap { CommandSyntax($0).next }
        }
    }

    private static func text(_ elements: [Element]) -> String {
        elements.map { element in
            switch element {
            case .word(let texts): texts.joined(separator: "|")
            case .choice(let branches): "<\(branches.map(text).joined(separator: "|"))>"
            case .optional(let branches, let repeats):
                "[\(branches.map(text).joined(separator: "|"))\(repeats ? " ..." : "")]"
            }
        }.joined(separator: " ")
    }
}

/// Parses the text of a syntax line.
private struct SyntaxReader {
    private var rest: Substring

    init(_ text: String) {
        rest = text[...]
    }

    /// The branches up to a closing bracket, which is consumed as well.
    mutating func branches(until end: Character?) -> (branches: [[CommandSyntax.Element]], repeats: Bool) {
        var branches: [[CommandSyntax.Element]] = [[]]
        var repeats = false
        while let next = rest.first {
            switch next {
            case " ": rest.removeFirst()
            case end:
                rest.removeFirst()
                return (branches, repeats)
            case "[":
                rest.removeFirst()
                let inner = self.branches(until: "]")
                branches[branches.count - 1].append(.optional(inner.branches, repeats: inner.repeats))
            case "<":
                rest.removeFirst()
                branches[branches.count - 1].append(.choice(self.branches(until: ">").branches))
            case "|":
                rest.removeFirst()
                branches.append([])
            default:
                let texts = words()
                if texts == ["..."] {
                    repeats = true
                } else {
                    branches[branches.count - 1].append(.word(texts))
                }
            }
        }
        return (branches, repeats)
    }

    /// One argument. `NX|XX` is one with two texts; in `EX seconds|PX milliseconds`, a keyword after the name of a
    /// value starts another branch, so the word ends there.
    private mutating func words() -> [String] {
        var texts: [String] = []
        while true {
            texts.append(take())
            guard rest.first == "|" else { return texts }
            let following = rest.dropFirst().prefix { !" []<>|".contains($0) }
            let isBranch =
                following.isEmpty
                || texts.contains { !CommandSyntax.isKeyword($0) } && following.contains(where: \.isUppercase)
            if isBranch { return texts }
            rest.removeFirst()
        }
    }

    private mutating func take() -> String {
        let word = rest.prefix { !" []<>|".contains($0) }
        rest = rest[word.endIndex...]
        return String(word)
    }
}
