package import RESP

/// What a line asks for: its command or shell word, and what comes before and after that.
package struct Line: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case command(Command)
        case word(ShellWord, arguments: [ByteString])
    }

    /// Where the raw reply goes instead of the screen.
    package struct Redirection: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            /// `| shell command`
            case pipe
            /// `> file`
            case file
            /// `>> file`
            case append

            init?(_ word: ByteString) {
                switch word {
                case "|": self = .pipe
                case ">": self = .file
                case ">>": self = .append
                default: return nil
                }
            }
        }

        package let kind: Kind
        /// What comes after the sign, as typed.
        package let text: ByteString
    }

    /// A word that is an argument as it is, and would be more with a blank in it.
    package enum Glued: Hashable, Sendable {
        /// A last word that ends like one that chooses a format: `user:1` and `;json`.
        case format(word: ByteString, suffix: ByteString)
        /// One that begins like a redirection: `>` and `file`.
        case redirection(sign: ByteString, rest: ByteString)

        init?(format text: ByteString) {
            guard let start = text.bytes.lastIndex(of: UInt8(ascii: ";")), start > 0 else { return nil }
            let suffix = ByteString(text.bytes[start...])
            guard Format(suffix: suffix) != nil else { return nil }
            self = .format(word: ByteString(text.bytes[..<start]), suffix: suffix)
        }

        init?(redirection text: ByteString) {
            let sign = ByteString(text.bytes.prefix { $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "|") })
            guard Redirection.Kind(sign) != nil, sign.count < text.count else { return nil }
            self = .redirection(sign: sign, rest: text.dropFirst(sign.count))
        }

        /// What it lacks a blank before or after.
        package var sign: ByteString {
            switch self {
            case .format: ";"
            case .redirection(let sign, _): sign
            }
        }
    }

    package var content: Content
    /// How many times it runs: the number before it, 1 without one.
    package var count = 1
    package var redirection: Redirection?
    /// The format of this line's reply; nil for the session's.
    package var format: Format?
    package var glued: Glued?

    /// True for settings or aliases that are written to a file, to be read back later.
    package var writesPreferences: Bool {
        guard case .word(let word, _) = content, word == .set || word == .alias else { return false }
        return redirection?.kind == .file || redirection?.kind == .append
    }
}

/// Why a line cannot be run.
package enum LineError: Error, Hashable, Sendable {
    /// It is not a list of words.
    case invalid(TokenizerError)
    /// The number before it is below 1, or too large.
    case invalidCount(Int)
    case invalidTarget(TargetError)
    /// A second target after the first.
    case secondTarget(ByteString)
    /// A target before a shell word.
    case targetOfWord(target: ByteString, ShellWord)
    /// There is nothing after the target.
    case commandMissing(target: ByteString)
    /// It starts with a colon and is not a shell word.
    case unknownWord(ByteString)
    /// The last word of a typed line is close to one that chooses a format (`;jsn`); `near` has those that may have
    /// been meant.
    case unknownFormat(ByteString, near: [String])
    /// The definition of the alias of this name is followed by a format, a pipe, or a file to write to.
    case endingInAlias(ByteString)
    /// A shell word with too few or too many arguments.
    case wrongArguments(ShellWord)
}
