package import RESP

/// What a line asks for: the command or the word of the shell in it, and what stands in front of that and behind it.
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
        /// What stands behind the sign, as it was typed.
        package let text: ByteString
    }

    package var content: Content
    /// How often it runs: the number in front of it, 1 without one.
    package var count = 1
    package var redirection: Redirection?
    /// How the reply of this line looks; nil for what the session is set to.
    package var format: Format?

    /// True for settings or aliases that go to a file, from where they are to be read again.
    package var writesPreferences: Bool {
        guard case .word(let word, _) = content, word == .set || word == .alias else { return false }
        return redirection?.kind == .file || redirection?.kind == .append
    }
}

/// Why a line cannot be run.
package enum LineError: Error, Hashable, Sendable {
    /// It is no list of words.
    case invalid(TokenizerError)
    /// The number in front is below 1, or too large.
    case invalidCount(Int)
    case invalidTarget(TargetError)
    /// A second target behind the first.
    case secondTarget(ByteString)
    /// There is nothing behind the target.
    case commandMissing(target: ByteString)
    /// It begins with a colon and is no word of the shell's.
    case unknownWord(ByteString)
    /// The last word of a typed line is nearly one that chooses a format: `;jsn`; those that may have been meant.
    case unknownFormat(ByteString, near: [String])
    /// The definition of the alias of this name has a format, a pipe, or a file to write to, behind it.
    case endingInAlias(ByteString)
    /// A word of the shell's with too few or too many arguments.
    case wrongArguments(ShellWord)
}
