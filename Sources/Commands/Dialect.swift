/// Whose behavior slotline follows: its own, or that of the tool it is used in place of, so that scripts find what they
/// expect. Every difference has a name here; the implementation is where that name is used.
package enum Dialect: Sendable {
    case slotline
    case redisCLI
    case valkeyCLI

    /// - Parameter programName: the name that slotline was called by, without its folder.
    package init(programName: String) {
        self =
            switch programName {
            case "redis-cli": .redisCLI
            case "valkey-cli": .valkeyCLI
            default: .slotline
            }
    }

    private var isOwn: Bool { self == .slotline }

    // MARK: Options

    /// Options that contradict each other, or have no effect, are errors; otherwise redis-cli's order says which
    /// counts.
    package var refusesIdleOptions: Bool { isOwn }
    /// Each `-u` names further seeds; otherwise it overrides what `-h` and `-p` have said.
    package var addsSeeds: Bool { isOwn }
    /// Seconds that a reply may take when no one is at a prompt; nil for no limit.
    package var replyTimeout: Double? { isOwn ? 30 : nil }
    /// Seconds without a reply after which a load without its own limit ends; nil for none.
    package var loadReplyTimeout: Double? { isOwn ? nil : 30 }
    /// `--verbose` has an effect.
    package var tellsRedirects: Bool { isOwn }
    /// `--help` shows where a target goes. Scripts look for the first line of redis-cli's.
    package var showsTargetInUsage: Bool { isOwn }

    /// The version that scripts are told; nil for slotline's own.
    package var standsFor: String? {
        switch self {
        case .slotline: nil
        case .redisCLI: "redis-cli 7.0.15"
        case .valkeyCLI: "valkey-cli 8.0.1"
        }
    }

    // MARK: Connections

    /// Without `-c`, every command goes only to the named node, and redirects are replies.
    package var prefersNodeAlone: Bool { !isOwn }
    /// If AUTH was refused, commands run as the user that a connection starts as.
    package var toleratesRefusedUser: Bool { !isOwn }

    /// `connect` sends a password only to the cluster that it was given for.
    package var keepsPasswordsHome: Bool { isOwn }

    /// The nodes of a cluster are kept in a file from one run to the next.
    package var keepsNodes: Bool { isOwn }

    // MARK: Lines

    /// At the prompt, `#` starts a comment.
    package var hasComments: Bool { isOwn }
    /// At the prompt, `|`, `>` and `>>` redirect a reply.
    package var hasRedirections: Bool { isOwn }
    /// At the prompt, `;json` at the end of a line chooses the format of its reply.
    package var hasFormatSuffixes: Bool { isOwn }
    /// There are shell words that start with a colon; otherwise only `:set`, and none on the command line.
    package var hasColonWords: Bool { isOwn }
    /// `connect` also takes a URI or HOST:PORT; otherwise only a host and a port.
    package var connectsByURI: Bool { isOwn }
    /// A shell word with arguments that it does not take is an error; otherwise, without a colon, it is sent.
    package var refusesMisusedWords: Bool { isOwn }
    /// `restart` is a word of the script debugger, and refused elsewhere.
    package var hasRestart: Bool { !isOwn }

    // MARK: Words

    /// Messages use redis-cli's words, where it has any for the case, and are not wrapped.
    package var hasRedisCLIWords: Bool { !isOwn }
    /// Messages about lines that cannot be run are printed to stdout.
    package var printsTypingErrors: Bool { !isOwn }
    /// A message says which line of a file it is about, and which command.
    package var namesPlaces: Bool { isOwn }
    /// What redis-cli never says is said on stderr: notes, suggestions, the progress of a load and where it stopped, a
    /// transaction that the input left open, and that a tool looks at one node of several.
    package var hasOwnNotes: Bool { isOwn }
    /// Every refusal of a user is reported, not just each reason once.
    package var repeatsRefusals: Bool { !isOwn }
    /// A load ends with a line of slotline's own, before redis-cli's.
    package var hasOwnLoadReport: Bool { isOwn }

    // MARK: Exit statuses

    /// There are only three: 0, 1 and that of Ctrl-C.
    package var hasOneErrorStatus: Bool { !isOwn }
    /// An error reply counts only with `-e`.
    package var ignoresErrorReplies: Bool { !isOwn }
    /// A file exits with the status of its worst line; otherwise with that of the last line that had no connection, or
    /// of any with `-e`.
    package var countsWorstLine: Bool { isOwn }
    /// Ctrl-C is the normal end of a tool.
    package var endsToolsByInterrupt: Bool { !isOwn }

    // MARK: Data

    /// In JSON and CSV, a command without a reply leaves a record of the reason, and help is a string.
    package var keepsRecords: Bool { isOwn }
    /// Bytes that are not UTF-8 appear unchanged in JSON.
    package var keepsBytesInJSON: Bool { !isOwn }
    /// On a terminal, replies are laid out for people: in color, as pairs and as tables, JSON on several lines.
    package var laysOutReplies: Bool { isOwn }
    /// For the lowest and the highest latency; redis-cli measures whole milliseconds.
    package var latencyDecimals: Int { isOwn ? 2 : 0 }

    // MARK: The shell

    /// The user is asked before a command destroys data.
    package var asksBeforeDamage: Bool { isOwn }
    /// The shell starts with a line about itself and the server.
    package var greets: Bool { isOwn }
    /// The prompt says where a transaction is and how much it holds; otherwise only that there is one.
    package var showsTransactions: Bool { isOwn }
    /// Replies taller than the window go through a pager.
    package var usesPager: Bool { isOwn }
    /// Ctrl-C at the prompt drops the line or the stream of messages; otherwise it leaves the shell.
    package var staysAfterInterrupt: Bool { isOwn }
    /// A line with an open quote, or with a backslash at its end, continues after the next Return.
    package var continuesLines: Bool { isOwn }
    /// Hints are gray even without colors, where slotline's are faint.
    package var alwaysHasGrayHints: Bool { !isOwn }
    /// `:set` shows what is set; otherwise it only takes two words, `hints` and `nohints`, which change it.
    package var showsPreferences: Bool { isOwn }
    /// `help` explains slotline's own features, besides commands.
    package var hasHelpTopics: Bool { isOwn }
    /// Lines of the history that start with what is typed are suggested, and Arrow-Up goes only through those.
    package var suggestsLines: Bool { isOwn }
    /// Tab completes lower case with lower case; otherwise command names are in upper case.
    package var completesInTypedCase: Bool { isOwn }
    /// `help` prints an empty line for what it does not know.
    package var passesOverUnknownHelp: Bool { !isOwn }

    // MARK: Files of the user

    /// The variables that may name the history file, in order of precedence.
    package var historyVariables: [String] { variables("HISTFILE") }
    /// The same for the preferences.
    package var preferencesVariables: [String] { variables("RCFILE") }
    /// The name of the history file in the home directory.
    package var historyFile: String { ".\(fileStem)_history" }
    /// The name of the preferences file in the home directory.
    package var preferencesFile: String { ".\(fileStem)rc" }

    /// Lines of that file start with a colon, as when typed; otherwise the colon may be left out and `#` starts a
    /// comment.
    package var preferencesNeedColons: Bool { !isOwn }

    private func variables(_ suffix: String) -> [String] {
        (isOwn ? ["SLOTLINE"] : ["VALKEYCLI", "REDISCLI"]).map { "\($0)_\(suffix)" }
    }

    private var fileStem: String {
        switch self {
        case .slotline: "slotline"
        case .redisCLI: "rediscli"
        case .valkeyCLI: "valkeycli"
        }
    }
}
