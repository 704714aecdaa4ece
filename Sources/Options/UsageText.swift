package import Commands
import Presentation

/// What `--help` and `--version` print, newlines included.
package enum UsageText {
    package static let versionNumber = "0.1.0"

    /// Name and version; for a drop-in those of the program it stands for, followed by slotline's own.
    package static func title(in dialect: Dialect) -> String {
        let name = "slotline \(versionNumber)"
        return dialect.standsFor.map { "\($0) (\(name))" } ?? name
    }

    /// - Parameter libraries: the linked libraries with their versions.
    package static func version(in dialect: Dialect, libraries: [String]) -> String {
        guard dialect.standsFor == nil else { return title(in: dialect) + "\n" }
        return """
            \(title(in: dialect))
            servers: tested with Redis 6.2, 7.0, 8.2 and Valkey 8.0, 9.1, standalone and cluster
            protocols: RESP2, RESP3, TLS 1.2, TLS 1.3, Unix sockets
            commands: \(CommandTable.rows.count), and those that a server describes with COMMAND INFO
            libraries: \(libraries.joined(separator: ", "))

            """
    }

    /// The help text, or only one category of options.
    ///
    /// - Parameter width: the columns that a line may take.
    package static func help(
        for configuration: Configuration, _ category: Option.Category? = nil, width: Int = 80
    ) -> String {
        if let category { return options(under: category, width) }
        let dialect = configuration.dialect
        let target = dialect.showsTargetInUsage ? "[@TARGET] " : ""
        let usage = "Usage: \(configuration.programName) [OPTIONS] \(target)[cmd [arg [arg ...]]]"
        // redis-cli's help begins with its version.
        var text = dialect.standsFor == nil ? "" : title(in: dialect) + "\n\n"
        text += usage.wrapped(at: width).joined(separator: "\n") + "\n"
        for paragraph in introduction { text += "\n" + paragraph.wrapped(at: width).joined(separator: "\n") + "\n" }
        text += "\nExamples:\n" + examples.map { $0.text(at: 40, in: width) }.joined()
        for category in Option.Category.allCases { text += "\n" + options(under: category, width) }
        text += "\nEnvironment:\n" + environment.map { $0.text(in: width) }.joined()
        return text + "\nExit status:\n" + exitStatuses.map { $0.text(in: width) }.joined()
    }

    private static func options(under category: Option.Category, _ width: Int) -> String {
        let example = "$ \(category.example)".wrapped(at: width, indent: 4).joined(separator: "\n")
        return "\(category.rawValue):\n  \(example)\n"
            + OptionTable.rows(under: category).map { option in
                HelpTopic.Entry(option.usage, option.help.description).text(in: width)
            }.joined()
    }

    /// What slotline does depending on the words after its options, in paragraphs.
    static let introduction = [
        """
        Without a command, commands are read from stdin, one per line; on a terminal this starts the shell. Options \
        come before the command; everything after its first word belongs to it. Long options can be written \
        --name=value.
        """,
        "A target chooses where a command runs: \(Target.listOfForms).",
        "--help=GROUP shows one group of options: \(Option.Category.allCases.map(\.name).joined(separator: ", ")).",
    ]

    static let examples: [HelpTopic.Entry] = [
        .init("slotline -h 10.0.0.5 -p 7000", "opens the shell"),
        .init("slotline --playground", "tries everything on a throwaway cluster"),
        .init("slotline -p 7000 GET user:1", "runs one command"),
        .init("slotline -p 7000 :nodes", "shows the nodes and their health"),
        .init("slotline -p 7000 @masters DBSIZE", "runs a command on every master"),
        .init("slotline -p 7000 --json INFO memory", "prints JSON"),
        .init("slotline -p 7000 < commands.txt", "runs a file of commands"),
        .init("slotline -p 7000 --pipe < data.txt", "loads data"),
    ]

    static let environment: [HelpTopic.Entry] = [
        .init("REDISCLI_AUTH", "Password. VALKEYCLI_AUTH takes precedence."),
        .init("NO_COLOR", "No colors, if set and not empty; --theme takes precedence."),
        .init("SLOTLINE_HISTFILE", "History file (default ~/.slotline_history)."),
        .init("SLOTLINE_RCFILE", "Settings file (default ~/.slotlinerc)."),
        .init("XDG_CONFIG_HOME", "Directory of slotline/config, the profiles (default ~/.config)."),
        .init("XDG_CACHE_HOME", "Directory of slotline/nodes, see --no-cache (default ~/.cache)."),
        .init("PAGER", "Program that shows tall replies in the shell (default less)."),
        .init("VISUAL, EDITOR", "Editor of :edit."),
        .init("SSL_CERT_FILE, SSL_CERT_DIR", "Certificates of the authorities to trust with --tls."),
    ]

    static let exitStatuses: [HelpTopic.Entry] = [
        .init("0", "Success."),
        .init("1", "An error reply, or a refused command."),
        .init("2", "Usage error."),
        .init("3", "No connection."),
        .init("4", "Some nodes or keys failed, or an outcome is unknown."),
        .init("130", "Interrupted."),
    ]
}

extension Option {
    /// All spellings, and what the value is called.
    var usage: String {
        spellings.joined(separator: ", ") + (value.map { " \($0.name)" } ?? "")
            + (optionalValue.map { "[=\($0)]" } ?? "")
    }
}
