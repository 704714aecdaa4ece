package import Commands
import Presentation

/// What `--help` and `--version` print, newlines included.
package enum UsageText {
    package static let versionNumber = "0.1.0"

    private static let name = "slotline \(versionNumber)"

    /// In another's place that one's own line, with more about the build behind it, as it has itself.
    package static func version(in dialect: Dialect) -> String {
        dialect.standsFor.map { "\($0) (\(name))\n" } ?? "\(name)\n"
    }

    /// The options of the table under their headings, at most 80 columns wide.
    package static func help(for configuration: Configuration) -> String {
        let target = configuration.dialect.showsTargetInUsage ? "[@TARGET] " : ""
        var text = "Usage: \(configuration.programName) [OPTIONS] \(target)[cmd [arg [arg ...]]]\n"
        for paragraph in introduction { text += "\n" + paragraph.wrapped().joined(separator: "\n") + "\n" }
        for category in Option.Category.allCases {
            text += "\n\(category.rawValue):\n"
            for option in OptionTable.rows(under: category) {
                text += entry(option.usage, option.help.description)
            }
        }
        text += "\nEnvironment:\n"
        for (name, help) in environment { text += entry(name, help) }
        text += "\nExit status:\n"
        for (status, help) in exitStatuses { text += entry(status, help) }
        return text
    }

    /// What slotline does by the words behind its options, in paragraphs.
    static let introduction = [
        """
        Without a command, commands are read from stdin, one per line; on a terminal this starts the shell. Options \
        come before the command; everything after its first word belongs to it. Long options can be written \
        --name=value.
        """,
        "A target chooses where a command runs: \(Target.forms.joined(separator: ", ")).",
    ]

    static let environment = [
        ("REDISCLI_AUTH", "Password. VALKEYCLI_AUTH takes precedence."),
        ("NO_COLOR", "No colors, if set and not empty; --theme takes precedence."),
        ("SLOTLINE_HISTFILE", "History file (default ~/.slotline_history)."),
        ("SLOTLINE_RCFILE", "Preferences file (default ~/.slotlinerc)."),
        ("XDG_CONFIG_HOME", "Directory of slotline/config, the profiles (default ~/.config)."),
    ]

    static let exitStatuses = [
        ("0", "Success."),
        ("1", "An error reply, or a refused command."),
        ("2", "Usage error."),
        ("3", "No connection."),
        ("4", "Some nodes or keys failed, or an outcome is unknown."),
        ("130", "Interrupted."),
    ]

    private static let width = 80
    private static let helpColumn = 24

    /// A name, and its help in a column of its own.
    private static func entry(_ name: String, _ help: String) -> String {
        // A name that is too long has its help on the lines below.
        let isLong = name.count + 4 > helpColumn
        let indent = String(repeating: " ", count: helpColumn)
        let lines = help.wrapped(at: width - helpColumn).map { indent + $0 }
        let first = "  \(name)"
        if isLong { return ([first] + lines).joined(separator: "\n") + "\n" }
        return first.padded(to: helpColumn) + lines.joined(separator: "\n").dropFirst(helpColumn) + "\n"
    }
}

extension Option {
    /// All spellings, and what the value is called.
    var usage: String {
        spellings.joined(separator: ", ") + (value.map { " \($0.name)" } ?? "")
            + (optionalValue.map { "[=\($0)]" } ?? "")
    }
}
