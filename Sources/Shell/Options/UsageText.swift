/// What `--help` and `--version` print, newlines included.
package enum UsageText {
    static let versionNumber = "0.1.0"

    package static let version = "slotline \(versionNumber)\n"

    /// The options of the table under their headings, at most 80 columns wide.
    package static func help(for configuration: Configuration) -> String {
        // A drop-in's first line is redis-cli's own, which scripts look for.
        let target = configuration.isDropIn ? "" : "[@TARGET] "
        var text = "Usage: \(configuration.programName) [OPTIONS] \(target)[cmd [arg [arg ...]]]\n"
        text += introduction
        for category in Option.Category.allCases {
            text += "\n\(category.rawValue):\n"
            for option in OptionTable.rows where option.category == category {
                text += entry(option)
            }
        }
        return text + conclusion
    }

    private static let introduction = """

        Without a command, commands are read from stdin, one a line; on a terminal
        this is the shell. Everything behind the first word that is no option belongs
        to the command. Long options can be written --name=value.

        A target says where a command runs: @all, @masters, @replicas, @random,
        @HOST:PORT, @NODE-ID, @slot:NUMBER or @key:KEY.

        """

    private static let conclusion = """

        Environment:
          REDISCLI_AUTH         Password.
          NO_COLOR              No colors.
          SLOTLINE_HISTFILE     History of the shell (default ~/.slotline_history).
          SLOTLINE_RCFILE       Preferences of the shell (default ~/.slotlinerc).

        Exit status:
          0  all good               3  no connection
          1  error reply, refused   4  part of the nodes or keys failed, or the
          2  wrong usage               outcome is unknown
                                  130  interrupted

        """

    private static let width = 80
    private static let helpColumn = 24

    /// An option's names and value, and its help in a column of its own.
    private static func entry(_ option: Option) -> String {
        var line = "  " + option.names.map(\.description).joined(separator: ", ")
        if let value = option.value { line += " \(value.name)" }
        var text = ""
        if line.count + 2 > helpColumn {
            // Too long to have help on the same line.
            text = line + "\n"
            line = ""
        }
        line = padded(line)
        for word in option.help.description.split(separator: " ") {
            if line.count + 1 + word.count > width {
                text += line + "\n"
                line = padded("")
            }
            line += line.count > helpColumn ? " " + word : word
        }
        return text + line + "\n"
    }

    private static func padded(_ text: String) -> String {
        text + String(repeating: " ", count: helpColumn - text.count)
    }
}
