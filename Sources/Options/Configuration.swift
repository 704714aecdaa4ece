package import Commands
package import Presentation
package import RESP
package import Routing

/// What the command line asks for: every option read, checked against the others, and defaults filled in.
package struct Configuration: Sendable {
    /// The name slotline was called by, without its folder.
    package let programName: String
    package let dialect: Dialect
    /// Where to connect, in order; never empty. The first that answers is used.
    package var seeds: [NodeAddress] = []
    package var user: ByteString?
    /// From the command line, else from `REDISCLI_AUTH`.
    package var password: ByteString?
    /// Where the password of each connection comes from, in place of ``password``.
    package var passwordOrigin: PasswordOrigin?
    /// The password is to be asked for, whatever ``password`` says.
    package var asksPassword = false
    /// The section of the file of profiles that was taken in.
    package var profile: ByteString?
    package var database = 0
    /// 2 or 3 if the user said so. Nil: as the format wants it; JSON formats want 3, others 2.
    package var protocolVersion: Int?
    /// Seconds.
    package var connectTimeout = 2.0
    /// Which addresses of a name are tried first; nil for the resolver's order.
    package var ipVersion: IPVersion?
    /// Nil for plain connections.
    package var tls: TLSOptions?
    /// How the addresses that nodes announce are reached.
    package var addresses = AddressMap()
    /// Seconds for which a command is tried again; 0 for not at all.
    package var retryTime = 30.0
    /// Seconds that a reply may take, if the user said so.
    var wantedReplyTimeout: Double?

    /// Nil: by stdout, formatted on a terminal and raw elsewhere.
    package var format: Format?
    /// INFO, CLIENT LIST and the like are taken apart.
    package var readsObjects = false
    package var elementDelimiter: ByteString = "\n"
    package var replyDelimiter: ByteString = "\n"
    /// Nil: when stdout is a terminal.
    package var showsPushes: Bool?
    /// Notes on stderr tell of redirects. Never set for a drop-in.
    package var isVerbose = false
    /// No notes on stderr, and no banner.
    package var isQuiet = false
    /// The shell begins with a line about itself and the server.
    package var showsBanner = true
    /// What `--debug` reports on stderr.
    package var traced: Set<TraceCategory> = []

    /// SGR parameters of the prompt's color; nil for the terminal's own.
    package var promptColor: Int?
    package var theme = Theme.auto
    /// For ``Mode/explainConfiguration``.
    package var explanation: Explanation?

    /// What stdin is for beside a command; nil when it holds commands or nothing.
    package var standardInput: StandardInput?
    /// The file to read commands from in place of stdin.
    package var inputFile: ByteString?
    /// How often the command runs. Nil: without end.
    package var repeatCount: Int? = 1
    /// Seconds after every run, and after every line of a file.
    package var interval = 0.0
    /// Stop at the first error, and show error replies on stderr.
    package var stopsAtError = false
    /// An error reply leaves the exit status 0.
    package var ignoresErrors = false
    package var confirmation = Confirmation.ask

    package var aggregation = AggregationMode.byTable
    /// The cluster's nodes are kept from one run to the next.
    package var keepsNodes: Bool
    /// Which nodes answer reads of a single slot.
    package var readFrom = ReadPreference.master
    /// A command whose keys span slots is sent as it is.
    package var isStrict = false
    /// What may change something is not sent.
    package var isReadOnly = false
    /// What the keys begin with that slotline makes for itself.
    package var keyPrefix = PrivateKeys.standardPrefix
    /// Names in capitals, as in the command table: `WATCH`, `SCRIPT KILL`.
    package var unblocked: Set<ByteString> = []
    /// `-c` was given.
    package var isClusterFlagSet = false

    package var mode = Mode.command
    package var scan = Scan()
    /// Set when a throwaway cluster is to be started and connected to, in place of ``seeds``.
    package var playground: PlaygroundShape?
    /// The program of its servers, a name or a path; nil for the first on PATH.
    package var playgroundServer: ByteString?
    /// True when the user said where to connect.
    package var namesServer = false
    /// The words behind the options, byte for byte, a target in front included. Empty: stdin holds the commands.
    package var command: [ByteString] = []
    /// Where the last password stands in the arguments, which everybody can read; nil when none does.
    package var secret: Secret?
    /// To be told on stderr before anything else.
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
        /// Finish what commands over several slots have left behind.
        case recover
        /// One group of options, or all of them.
        case help(Option.Category?)
        case version
        case manual
        case completions(CompletionScript)
        /// What may stand in place of the last word of ``Configuration/command``.
        case candidates
        /// Show where each setting comes from.
        case explainConfiguration
        /// Write a sample of the file of profiles.
        case writeConfiguration
    }

    /// What comes before a command that destroys much.
    package enum Confirmation: Sendable {
        case none
        /// A question that is answered with yes or no.
        case ask
        /// The same, answered with the name of the cluster.
        case name
    }

    // Classes: that of an array would have to be instantiated at each start of the program, though it is empty.

    package final class Secret: Sendable {
        /// Counts from the program's name.
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
        /// Run anew for a connection that is opened so many seconds later.
        case command(ByteString, longestAge: Double)
    }

    /// Which keys the modes that go through all of them look at; nil for all, and for the server's own count.
    package struct Scan: Equatable, Sendable {
        package var pattern: ByteString?
        package var type: ByteString?
        package var count: Int?

        /// The arguments of SCAN behind its cursor.
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
        /// Where commands are written that failed.
        package var reject: ByteString?
        /// The load stops when so many commands have failed.
        package var maximumErrors: Int?
        /// Commands a second at most.
        package var rate: Int?
        /// Seconds without a reply after which no more are waited for, once all is sent; nil for any number.
        package var replyTimeout: Double?
        /// Where the load notes how far it came, and finds out how far it came the last time.
        package var resume: ByteString?
    }

    package enum StandardInput: Equatable, Sendable {
        /// All of stdin is the last argument.
        case lastArgument
        /// All of stdin stands in place of the first argument that is `tag`.
        case argument(tag: ByteString)
    }

    /// How connections are encrypted. Files are PEM; nil is for what was not given.
    package struct TLSOptions: Equatable, Sendable {
        package var authorityFile: ByteString?
        package var authorityFolder: ByteString?
        package var certificate: ByteString?
        package var key: ByteString?
        package var ciphers: ByteString?
        package var cipherSuites: ByteString?
        /// Any certificate will do.
        package var isInsecure = false
        /// The name that every server is asked for, in place of its own.
        package var requestedName: String?
        /// A name that certificates may have in place of the host that is connected to.
        package var alternativeName: AlternativeName?

        package init() {}

        package enum AlternativeName: Equatable, Sendable {
            /// The host of the first seed.
            case seed
            case host(String)
        }
    }

    /// Seconds that a reply may take; nil for any number.
    ///
    /// - Parameter isAtPrompt: true where somebody can press Ctrl-C.
    package func replyTimeout(isAtPrompt: Bool) -> Double? {
        wantedReplyTimeout ?? (isAtPrompt ? nil : dialect.replyTimeout)
    }

    init(programName: String) {
        self.programName = programName
        dialect = Dialect(programName: programName)
        keepsNodes = dialect.keepsNodes
    }

    /// False when every command goes to the first seed alone: where redirects are shown, as redis-cli does without `-c`, or
    /// lead nowhere.
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
