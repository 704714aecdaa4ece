/// The colors that the user wants.
package enum Theme: String, CaseIterable, Sendable {
    /// Depends on the terminal: none if it has no colors or NO_COLOR is set, otherwise those for its background.
    case auto
    case dark, light, none

    /// What is known about the terminal.
    package struct Surroundings: Sendable {
        /// True if escape sequences are obeyed there; otherwise nothing is ever colored.
        package let isTerminal: Bool
        /// NO_COLOR is set and not empty (no-color.org).
        package let refusesColor: Bool
        package let isLight: Bool

        package init(isTerminal: Bool, refusesColor: Bool, isLight: Bool) {
            self.isTerminal = isTerminal
            self.refusesColor = refusesColor
            self.isLight = isLight
        }
    }

    /// The colors to use there; nil for none. A theme chosen by the user takes precedence over NO_COLOR.
    package func palette(in surroundings: Surroundings) -> Palette? {
        guard surroundings.isTerminal else { return nil }
        switch self {
        case .auto where surroundings.refusesColor: return nil
        case .auto: return surroundings.isLight ? .light : .dark
        case .dark: return .dark
        case .light: return .light
        case .none: return nil
        }
    }
}

/// What a piece of text is, where that gives it its own look.
package enum TextRole: CaseIterable, Sendable {
    /// A command word, or its subcommand.
    case command
    /// A command that the server does not have.
    case unknownCommand
    /// A command that will be refused here: blocked on a cluster, or a write in a read-only session.
    case refusedCommand
    /// A word that the shell handles itself.
    case shellWord
    case target
    /// A target that is not in the cluster.
    case unknownTarget
    /// A keyword of a command's syntax.
    case option
    case number
    /// Text in quotes.
    case string
    /// A quote that is never closed.
    case openQuote
    case comment
    /// An argument that the command cannot take.
    case wrongArgument
    /// Text that the user did not type: hints, suggestions, descriptions.
    case hint
    /// The selected entry of a menu, and the match of a search.
    case selection

    case error
    /// A missing value: `(nil)`, `null`.
    case nothing
    /// The type of a value: `(integer)`, `OK`.
    case type
    /// The name of a value: a key of JSON, a field.
    case key
    /// The name of a node, before its reply.
    case node
}

/// The looks of all roles on one background, using only the sixteen colors that every terminal has.
package enum Palette: Sendable {
    case dark, light

    /// The escape sequence (ECMA-48, SGR) that starts text of this role; ``end`` ends it.
    package func begin(_ role: TextRole) -> String { "\u{1b}[\(look(of: role))m" }

    package static let end = "\u{1b}[0m"

    package func paint(_ text: String, _ role: TextRole) -> String { begin(role) + text + Self.end }

    private func look(of role: TextRole) -> StaticString {
        switch (role, self) {
        case (.command, .dark): "1;32"
        case (.command, .light): "1;34"
        case (.unknownCommand, _): "1;31"
        case (.refusedCommand, .dark): "1;33"
        case (.refusedCommand, .light): "1;35"
        case (.shellWord, _): "1;36"
        case (.target, .dark): "95"
        case (.target, .light): "35"
        case (.unknownTarget, _): "31"
        case (.option, .dark): "94"
        case (.option, .light): "34"
        case (.number, _): "36"
        case (.string, .dark): "33"
        case (.string, .light): "32"
        case (.openQuote, _): "1;31"
        case (.comment, _), (.hint, _), (.nothing, _): "90"
        case (.wrongArgument, _): "4;31"
        case (.selection, _): "7"
        case (.error, _): "31"
        case (.type, _): "36"
        case (.key, .dark): "94"
        case (.key, .light): "34"
        case (.node, _): "1"
        }
    }
}
