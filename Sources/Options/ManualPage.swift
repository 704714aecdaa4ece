import Commands

/// The manual page, made from the option table and the words of the shell, in the macros of man(7).
package enum ManualPage {
    /// The whole page.
    package static var text: String {
        var page = """
            .TH SLOTLINE 1 "" "slotline \(UsageText.versionNumber)"
            .SH NAME
            slotline \\- a redis\\-cli that knows it talks to a cluster
            .SH SYNOPSIS
            .nf
            \(Self.bold("slotline")) [OPTIONS] [@TARGET] COMMAND [ARG ...]
            \(Self.bold("slotline")) [OPTIONS] < commands.txt
            \(Self.bold("slotline")) [OPTIONS]
            .fi
            .SH DESCRIPTION

            """
        for paragraph in UsageText.introduction { page += ".PP\n\(escaped(paragraph))\n" }
        page += """
            .PP
            Called through a link named redis\\-cli or valkey\\-cli, slotline behaves like that program.
            .SH OPTIONS

            """
        for category in Option.Category.allCases {
            page += ".SS \(category.rawValue)\n"
            for option in OptionTable.rows(under: category) {
                page += entry(option.usage, option.help.description)
            }
        }
        page += ".SH SHELL COMMANDS\n"
        for word in ShellWord.listed { page += entry(word.usage, word.row.help.description) }
        page += ".SH ENVIRONMENT\n"
        for (name, help) in UsageText.environment { page += entry(name, help) }
        page += ".SH EXIT STATUS\n"
        for (status, help) in UsageText.exitStatuses { page += entry(status, help) }
        return page + ".SH SEE ALSO\n.BR redis\\-cli (1)\n"
    }

    private static func entry(_ name: String, _ help: String) -> String {
        ".TP\n\(bold(name))\n\(escaped(help))\n"
    }

    private static func bold(_ text: String) -> String {
        "\\fB\(escaped(text.split(separator: " ").joined(separator: " ")))\\fR"
    }

    /// With what man would obey, or print as another character, made plain.
    private static func escaped(_ text: String) -> String {
        let plain = text.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "~": result += "\\(ti"
            default: result.append(character)
            }
        }
        return plain.hasPrefix(".") ? "\\&" + plain : plain
    }
}
