import Commands

/// The manual page in man(7) macros, made from the option table, the words of the shell and its help topics.
package enum ManualPage {
    /// The whole page.
    ///
    /// - Parameter settings: each setting of the shell and what it is for.
    package static func text(settings: [HelpTopic.Entry]) -> String {
        let facts = HelpTopic.Facts(settings: settings)
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
            page += ".SS \(category.rawValue)\n" + examples([category.example])
            for option in OptionTable.rows(under: category) {
                page += entry(.init(option.usage, option.help.description))
            }
        }
        page += ".SH SHELL COMMANDS\n"
        for section in ShellWord.Section.allCases {
            page += ".SS \(section.rawValue)\n"
            for word in ShellWord.listed where word.row.section == section {
                page += entry(.init(word.row.usage, word.row.description)) + examples([word.row.example.description])
            }
        }
        for topic in HelpTopic.allCases {
            page += ".SH \(topic.rawValue.uppercased())\n"
            for block in topic.blocks(facts) {
                switch block {
                case .paragraph(let text): page += ".PP\n\(escaped(text))\n"
                case .entries(let entries), .list(let entries): page += entries.map(entry).joined()
                case .examples(let lines): page += examples(lines)
                }
            }
        }
        page += ".SH EXIT STATUS\n" + UsageText.exitStatuses.map(entry).joined()
        page += ".SH EXAMPLES\n"
        for example in UsageText.examples {
            page += ".PP\n\(escaped(example.name)) \\- \(escaped(example.text))\n"
        }
        return page + ".SH SEE ALSO\n.BR redis\\-cli (1)\n"
    }

    private static func entry(_ entry: HelpTopic.Entry) -> String {
        ".TP\n\(bold(entry.name))\n\(escaped(entry.text))\n"
    }

    private static func examples(_ lines: [String]) -> String {
        ".PP\n.nf\n.RS\n" + lines.map { escaped($0) + "\n" }.joined() + ".RE\n.fi\n"
    }

    private static func bold(_ text: String) -> String {
        "\\fB\(escaped(text.split(separator: " ").joined(separator: " ")))\\fR"
    }

    /// Escapes what man would interpret, or print as another character.
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
