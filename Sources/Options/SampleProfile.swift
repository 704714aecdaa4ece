import Presentation

/// What `--write-config` writes: example profiles, and every setting with its help, from the option table.
package enum SampleProfile {
    private static let head = """
        # Profiles of slotline: slotline --profile prod takes the settings of the section
        # [prod]. The environment (REDISCLI_AUTH) and options take precedence, and
        # slotline --profile prod --explain-config shows where each setting comes from.
        #
        # A file that contains passwords must be readable by you alone (chmod 600).
        #
        # [prod]
        # seeds = ["10.0.0.5:7000", "10.0.0.6:7000"]
        # tls = true
        # user = "ann"
        # pass-command = "my-cloud token --user ann"
        # confirm = "name"
        # prompt-color = "red"
        #
        # [local]
        # port = 7000
        #
        # All settings:

        """

    package static var text: String {
        var text = head
        for category in Option.Category.allCases {
            let options = OptionTable.rows(under: category).filter { $0.profileKey != nil }
            guard !options.isEmpty else { continue }
            text += "#\n# -- \(category.rawValue)\n"
            for option in options {
                let value = option.value.map { "\"\($0.name)\"" } ?? "true"
                text += "#\n# \(option.profileKey ?? "") = \(option.addsUp ? "[\(value), ...]" : value)\n"
                for line in option.help.description.wrapped(at: 74) { text += "#     \(line)\n" }
            }
        }
        return text
    }
}
