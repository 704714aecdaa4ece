/// Whose ways slotline follows: its own, or those of the tool in whose place it was put, so that scripts find what they
/// know. All that differs is asked here by name; how it is done stands where it is asked.
package enum Dialect: Sendable {
    case slotline
    case redisCLI
    case valkeyCLI

    /// - Parameter programName: what slotline was called by, without its folder.
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

    /// Options that contradict each other, or have no effect, are errors; else redis-cli's order says which counts.
    package var refusesIdleOptions: Bool { isOwn }
    /// Each `-u` names further seeds; else it says anew what `-h` and `-p` have said.
    package var addsSeeds: Bool { isOwn }
    /// Seconds that a reply may take where nobody sits at a prompt; nil for any number.
    package var replyTimeout: Double? { isOwn ? 30 : nil }
    /// Seconds without a reply after which a load ends that was given no number; nil for any number.
    package var loadReplyTimeout: Double? { isOwn ? nil : 30 }
    /// `--verbose` has an effect.
    package var tellsRedirects: Bool { isOwn }
    /// `--help` shows where a target stands. redis-cli's line is looked for by scripts.
    package var showsTargetInUsage: Bool { isOwn }

    /// The version that scripts are answered with; nil for slotline's own.
    package var standsFor: String? {
        switch self {
        case .slotline: nil
        case .redisCLI: "redis-cli 7.0.15"
        case .valkeyCLI: "valkey-cli 8.0.1"
        }
    }

    // MARK: Connections

    /// Without `-c` every command goes to the named node alone, and redirects are replies.
    package var prefersNodeAlone: Bool { !isOwn }
    /// When AUTH was refused, commands run as the user that a connection begins with.
    package var toleratesRefusedUser: Bool { !isOwn }

    /// `connect` sends a password to no other cluster than the one that it was given for.
    package var keepsPasswordsHome: Bool { isOwn }

    /// The nodes of a cluster are kept in a file from one run to the next.
    package var keepsNodes: Bool { isOwn }

    // MARK: Lines

    /// At the prompt `#` begins a comment.
    package var hasComments: Bool { isOwn }
    /// At the prompt `|`, `>` and `>>` lead a reply elsewhere.
    package var hasRedirections: Bool { isOwn }
    /// At the prompt `;json` at the end of a line chooses the format of its reply.
    package var hasFormatSuffixes: Bool { isOwn }
    /// There are words of the shell that begin with a colon; else only `:set`, and none on the command line.
    package var hasColonWords: Bool { isOwn }
    /// `connect` takes a URI or HOST:PORT as well, else a host and a port alone.
    package var connectsByURI: Bool { isOwn }
    /// A word of the shell with arguments that it does not take is an error; else, without a colon, it is sent.
    package var refusesMisusedWords: Bool { isOwn }
    /// `restart` is a word of the script debugger, and refused outside of it.
    package var hasRestart: Bool { !isOwn }

    // MARK: Words

    /// Messages have redis-cli's words, where it has any for the case, and are not wrapped.
    package var hasRedisCLIWords: Bool { !isOwn }
    /// Messages about lines that cannot be run are printed to stdout.
    package var printsTypingErrors: Bool { !isOwn }
    /// A message says at which line of a file it arose, and about which command.
    package var namesPlaces: Bool { isOwn }
    /// What redis-cli never tells is told on stderr: notes, suggestions, the progress of a load and where it stopped, a
    /// transaction that the input left open, and that a tool looks at one node of several.
    package var hasOwnNotes: Bool { isOwn }
    /// Each refusal of a user is told, not each reason once.
    package var repeatsRefusals: Bool { !isOwn }
    /// A load ends with a line of slotline's own, in front of redis-cli's.
    package var hasOwnLoadReport: Bool { isOwn }

    // MARK: Exit statuses

    /// There are only three: 0, 1 and that of Ctrl-C.
    package var hasOneErrorStatus: Bool { !isOwn }
    /// An error reply counts only with `-e`.
    package var ignoresErrorReplies: Bool { !isOwn }
    /// A file ends as its worst line did; else as the last one that had no connection, or any with `-e`.
    package var countsWorstLine: Bool { isOwn }
    /// Ctrl-C is the plain end of a tool.
    package var endsToolsByInterrupt: Bool { !isOwn }

    // MARK: Data

    /// Under JSON and CSV a command without a reply leaves a record of why.
    package var keepsRecords: Bool { isOwn }
    /// Bytes that are not UTF-8 stand in JSON as they are.
    package var keepsBytesInJSON: Bool { !isOwn }
    /// On a terminal replies are laid out for a person: in color, as pairs and as tables, JSON on several lines.
    package var laysOutReplies: Bool { isOwn }
    /// Of the least and the greatest latency; redis-cli measures whole milliseconds.
    package var latencyDecimals: Int { isOwn ? 2 : 0 }

    // MARK: The shell

    /// Questions are asked before what destroys data.
    package var asksBeforeDamage: Bool { isOwn }
    /// The shell begins with a line about itself and the server.
    package var greets: Bool { isOwn }
    /// The prompt says where a transaction is and how much it holds; else only that there is one.
    package var showsTransactions: Bool { isOwn }
    /// Replies taller than the window go through a pager.
    package var usesPager: Bool { isOwn }
    /// Ctrl-C at the prompt drops the line or the stream of messages; else it leaves the shell.
    package var staysAfterInterrupt: Bool { isOwn }
    /// A line with an open quote, or with a backslash at its end, goes on behind the next Return.
    package var continuesLines: Bool { isOwn }
    /// Hints are gray also without colors, where slotline's are faint.
    package var alwaysHasGrayHints: Bool { !isOwn }
    /// `:set` shows what is set; else it takes two words alone, `hints` and `nohints`, which change it.
    package var showsPreferences: Bool { isOwn }
    /// `help` explains slotline's own ways, besides commands.
    package var hasHelpTopics: Bool { isOwn }
    /// Lines of the history that begin as what is typed are suggested, and Arrow-Up goes through them alone.
    package var suggestsLines: Bool { isOwn }
    /// Tab completes small letters by small letters; else the names of commands are in capitals.
    package var completesInTypedCase: Bool { isOwn }
    /// `help` for what it does not know prints an empty line.
    package var passesOverUnknownHelp: Bool { !isOwn }

    // MARK: Files of the user

    /// The variables that may name the file of the history, the first first.
    package var historyVariables: [String] { variables("HISTFILE") }
    /// The same for the preferences.
    package var preferencesVariables: [String] { variables("RCFILE") }
    /// The name of the history in the home directory.
    package var historyFile: String { ".\(fileStem)_history" }
    /// The name of the preferences in the home directory.
    package var preferencesFile: String { ".\(fileStem)rc" }

    /// Lines of that file begin with a colon, as they are typed; else the colon may be left out and `#` begins a comment.
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
