package import Commands
package import Presentation
package import RESP
package import Routing

/// What the command line asks for: every option read, checked against the others, and defaults filled in.
package struct Configuration: Sendable {
    /// The name slotline was called by, without its directory.
    package let programName: String
    package let dialect: Dialect
    /// Where to connect, in order; never empty. The first that answers is used.
    package var seeds: [NodeAddress] = []
    package var user: ByteString?
    /// From the command line, or else from `REDISCLI_AUTH`.
    package var password: ByteString?
    /// Where the password of each connection comes from, instead of ``password``.
    package var passwordOrigin: PasswordOrigin?
    /// Prompt for the password, whatever ``password`` says.
    package var asksPassword = false
    /// The section of the profile file that is used.
    package var profile: ByteString?
    package var database = 0
    /// 2 or 3 if the user chose one. Nil: as the format needs, 3 for JSON formats and 2 for others.
    package var protocolVersion: Int?
    /// Seconds.
    package var connectTimeout = 2.0
    /// Which addresses of a name are tried first; nil for the resolver's order.
    package var ipVersion: IPVersion?
    /// Nil for plain connections.
    package var tls: TLSOptions?
    /// How the addresses that nodes announce are reached.
    package var addresses = AddressMap()
    /// Seconds for which a command is retried; 0 for no retries.
    package var retryTime = 30.0
    /// Seconds that a reply may take, if the user set a limit.
    var wantedReplyTimeout: Double?

    /// Nil: formatted if stdout is a terminal, raw otherwise.
    package var format: Format?
    /// Parse INFO, CLIENT LIST and the like into objects.
    package var readsObjects = false
    package var elementDelimiter: ByteString = "\n"
    package var replyDelimiter: ByteString = "\n"
    /// Nil: when stdout is a terminal.
    package var showsPushes: Bool?
    /// Report redirects on stderr. Never set for a drop-in.
    package var isVerbose = false
    /// No notes on stderr, and no banner.
    package var isQuiet = false
    /// The shell starts with a line about itself and the server.
    package var showsBanner = true
    /// What `--debug` reports on stderr.
    package var traced: Set<TraceCategory> = []

    /// SGR parameters of the prompt's color; nil for the terminal's own.
    package var promptColor: Int?
    package var theme = Theme.auto
    /// For ``Mode/explainConfiguration``.
    package var explanation: Explanation?

    /// What stdin is used for when there is a command; nil when it holds commands or nothing.
    package var standardInput: StandardInput?
    /// The file to read commands from instead of stdin.
    package var inputFile: ByteString?
    /// How many times the command runs. Nil: forever.
    package var repeatCount: Int? = 1
    /// Seconds after every run, and after every line of a file.
    package var interval = 0.0
    /// Stop at the first error, and show error replies on stderr.
    package var stopsAtError = false
    /// Keep the exit status 0 after an error reply.
    package var ignoresErrors = false
    package var confirmation = Confirmation.ask

    package var aggregation = AggregationMode.byTable
    /// Keep the cluster's nodes from one run to the next.
    package var keepsNodes: Bool
    /// Which nodes answer reads of a single slot.
    package var readFrom = ReadPreference.master
    /// Send a command whose keys span slots as it is.
    package var isStrict = false
    /// Refuse what could modify data.
    package var isReadOnly = false
    /// The prefix of the keys that slotline creates for itself.
    package var keyPrefix = PrivateKeys.standardPrefix
    /// Names in capitals, as in the command table: `WATCH`, `SCRIPT KILL`.
    package var unblocked: Set<ByteString> = []
    /// `-c` was given.
    var isClusterFlagSet = false

    package var mode = Mode.command
    package var scan = Scan()
    /// Set to start a throwaway cluster and connect to it, instead of to ``seeds``.
    package var playground: PlaygroundShape?
    /// The program for its servers, a name or a path; nil for the first on PATH.
    package var playgroundServer: ByteString?
    /// True when the user said where to connect.
    package var namesServer = false
    /// The words after the options, byte for byte, including a target before the command. Empty: stdin holds the
    /// commands.
    package var command: [ByteString] = []
    /// Where the last password is in the arguments, which other users can read; nil without one.
    package var secret: Secret?
    /// Warnings to print on stderr before anything else.
    package var warnings: [OptionWarning] = []

    package enum Mode: Equatable, Sendable {
        /// Run ``Configuration/command``, or what stdin holds.
        case command
        /// Run the script in the file; ``Configuration/command`` holds keys, a comma, and arguments.
        case eval(file: ByteString)
        /// List the keys that ``Configuration/scan`` asks for.
        case scan
        /// Load what ``Configuration/inputFile`` or stdin holds.
        case load(Load)
        case tool(Tool)
        /// Finish what cross-slot commands have left behind.
        case recover
        /// One group of options, or all of them.
        case help(Option.Category?)
        case version
        case manual
        case completions(CompletionScript)
        /// List the completions of the last word of ``Configuration/command``.
        case candidates
        /// Show where each setting comes from.
        case explainConfiguration
        /// Write a sample profile file.
        case writeConfiguration
    }

    /// How a destructive command is confirmed.
    package enum Confirmation: Sendable {
        case none
        /// A yes-or-no question.
        case ask
        /// The same, answered with the name of the cluster.
        case name
    }

    // Classes: an array's type would have to be instantiated at every start of the program, even when the array is
    // empty.

    package final class Secret: Sendable {
        /// Counted from the program's name.
        package let argument: Int
        package let bytes: Range<Int>
        /// The one before it.
        package let previous: Secret?

        init(argument: Int, bytes: Range<Int>, previous: Secret?) {
            self.argument = argument
            self.bytes = bytes
            self.previous = previous
        }
    }

    package final class Explanation: Sendable {
        package let table: Table

        init(_ table: Table) {
            self.table = table
        }
    }

    var hasPassword: Bool { password != nil || passwordOrigin != nil }

    package enum PasswordOrigin: Equatable, Sendable {
        case file(ByteString)
        /// Run again for a connection that is opened `longestAge` seconds later.
        case command(ByteString, longestAge: Double)
    }

    /// Which keys are looked at by the modes that go through all of them; nil for all, and for the default count.
    package struct Scan: Equatable, Sendable {
        package var pattern: ByteString?
        package var type: ByteString?
        package var count: Int?

        /// The arguments of SCAN after its cursor.
        package var words: [ByteString] {
            var words: [ByteString] = []
            if let pattern { words += ["MATCH", pattern] }
            if let count { words += ["COUNT", ByteString(String(count))] }
            if let type { words += ["TYPE", type] }
            return words
        }
    }

    /// How `--pipe` loads.
    package struct Load: Equatable, Sendable {
        /// Where failed commands are written.
        package var reject: ByteString?
        /// The load stops when this many commands have failed.
        package var maximumErrors: Int?
        /// Commands per second, at most.
        package var rate: Int?
        /// Seconds without a reply after which waiting ends, once everything is sent; nil for no limit.
        package var replyTimeout: Double?
        /// Where the load records its progress, and finds that of the last time.
        package var resume: ByteString?
    }

    package enum StandardInput: Equatable, Sendable {
        /// All of stdin is the last argument.
        case lastArgument
        /// All of stdin replaces the first argument that is `tag`.
        case argument(tag: ByteString)
    }

    /// How connections are encrypted. Files are PEM; nil means not given.
    package struct TLSOptions: Equatable, Sendable {
        package var authorityFile: ByteString?
        package var authorityFolder: ByteString?
        package var certificate: ByteString?
        package var key: ByteString?
        package var ciphers: ByteString?
        package var cipherSuites: ByteString?
        /// Accept any certificate.
        package var isInsecure = false
        /// The name that is requested from every server, instead of its own.
        package var requestedName: String?
        /// A name that certificates may have instead of the host that is connected to.
        package var alternativeName: AlternativeName?

        package init() {}

        package enum AlternativeName: Equatable, Sendable {
            /// The host of the first seed.
            case seed
            case host(String)
        }
    }

    /// Seconds that a reply may take; nil for no limit.
    ///
    /// - Parameter isAtPrompt: true where someone can press Ctrl-C.
    package func replyTimeout(isAtPrompt: Bool) -> Double? {
        wantedReplyTimeout ?? (isAtPrompt ? nil : dialect.replyTimeout)
    }

    init(programName: String) {
        self.programName = programName
        dialect = Dialect(programName: programName)
        keepsNodes = dialect.keepsNodes
    }

    /// False when every command goes to the first seed only: where redirects are shown, as redis-cli does without `-c`,
    /// or lead nowhere.
    package var routesCommands: Bool {
        addresses.otherwise != .unreachable && (!dialect.prefersNodeAlone || isClusterFlagSet)
    }
}

/// How many nodes a playground has.
package struct PlaygroundShape: Equatable, Sendable {
    package let masters: Int
    package let replicasPerMaster: Int

    package static let standard = PlaygroundShape(masters: 3, replicasPerMaster: 1)

    private static let maximumNodeCount = 100

    package var nodeCount: Int { masters * (1 + replicasPerMaster) }

    package init(masters: Int, replicasPerMaster: Int) {
        self.masters = masters
        self.replicasPerMaster = replicasPerMaster
    }

    /// Reads `3x1`; nil for anything else, and for no masters or more than 100 nodes.
    package init?(_ text: ByteString) {
        let numbers = text.bytes.split(separator: UInt8(ascii: "x"), omittingEmptySubsequences: false)
            .map { Int(asciiDecimal: $0) }
        guard numbers.count == 2, let masters = numbers[0], let replicas = numbers[1],
            1...Self.maximumNodeCount ~= masters, 0..<Self.maximumNodeCount ~= replicas,
            masters * (1 + replicas) <= Self.maximumNodeCount
        else { return nil }
        self.init(masters: masters, replicasPerMaster: replicas)
    }
}

/// Which addresses of a name are tried first.
package enum IPVersion: Sendable {
    case version4, version6
}
