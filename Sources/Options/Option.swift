import Commands
package import Presentation
package import RESP
package import Routing

/// One row of the option table: everything slotline knows about an option. The parser, `--help` and the completion
/// scripts are made from the same rows.
package struct Option: Sendable {
    /// Every spelling, dashes included: `-a`, `--pass`.
    package let names: [StaticString]
    /// Nil for an option without a value.
    package let value: Value?
    /// The name of the value that may follow `=`, for an option whose value is optional.
    package private(set) var optionalValue: StaticString?
    /// One or more plain sentences, without line breaks.
    package let help: StaticString
    package var category = Category.connection
    /// Its name in a profile, if it has no long one.
    package private(set) var key: StaticString?
    /// True when values accumulate, false when the last one counts.
    private(set) var addsUp = false
    let apply: Apply

    typealias Apply = @Sendable (inout OptionDraft, OptionValue) throws(OptionError) -> Void

    /// What `--help` calls the value, and how a shell completes it.
    package struct Value: Sendable {
        package let name: StaticString
        package let kind: Kind

        package enum Kind: Equatable, Sendable {
            case text, host, file
            /// A password.
            case secret
            case uri
            /// The name of a section of the profile file.
            case profile
            case choice([String])
            /// Blocked commands. They are listed only where a list is wanted: it takes a walk through the command table.
            case blocked

            /// What the value can be, where that is a few words.
            var words: [String] {
                switch self {
                case .choice(let words): words
                case .blocked: OptionValue.liftable
                case .text, .host, .file, .secret, .uri, .profile: []
                }
            }
        }
    }

    /// The headings of `--help`, in order.
    package enum Category: String, CaseIterable, Sendable {
        case connection = "Connection"
        case authentication = "Authentication"
        case encryption = "TLS"
        case cluster = "Cluster"
        case profiles = "Profiles"
        case input = "Input"
        case load = "Bulk load"
        case output = "Output"
        case modes = "Modes"
        case tools = "Tools for a single node"
        case information = "Information"

        /// What `--help=GROUP` calls it.
        package var name: String {
            switch self {
            case .encryption: "tls"
            case .load: "load"
            case .tools: "tools"
            default: rawValue.lowercased()
            }
        }

        /// A command line that shows some of its options.
        package var example: String {
            switch self {
            case .connection: "slotline -u redis://10.0.0.5:7000,10.0.0.6:7000 GET user:1"
            case .authentication: "slotline --user joe --pass-file ~/.redis-password GET user:1"
            case .encryption: "slotline -u rediss://cache.example.com --cacert ca.crt PING"
            case .cluster: "slotline --map '10.0.0.*:*=localhost:*' --read-only DBSIZE"
            case .profiles: "slotline --profile prod INFO replication"
            case .input: "slotline -x SET photo:1 < photo.jpg"
            case .load: "slotline --pipe --reject failed.txt < data.txt"
            case .output: "slotline --json HGETALL user:1"
            case .modes: "slotline --scan --pattern 'user:*'"
            case .tools: "slotline -p 7000 --bigkeys"
            case .information: "slotline --help=cluster"
            }
        }
    }
}

// How the rows of the table are written. Never inlined, like the rows of the command table.
extension Option {
    /// An option without a value.
    @inline(never)
    static func flag(
        _ names: StaticString..., help: StaticString,
        apply: @escaping @Sendable (inout OptionDraft) throws(OptionError) -> Void
    ) -> Option {
        Option(names: names, value: nil, help: help) { (draft, _) throws(OptionError) in try apply(&draft) }
    }

    /// An option with a value.
    @inline(never)
    static func value(
        _ names: StaticString..., name: StaticString, _ kind: Value.Kind = .text, help: StaticString,
        apply: @escaping Apply
    ) -> Option {
        Option(names: names, value: Value(name: name, kind: kind), help: help, apply: apply)
    }

    /// An option whose value is optional; without one it is applied with an empty value.
    @inline(never)
    static func flag(
        _ name: StaticString, optionally optionalValue: StaticString, help: StaticString, apply: @escaping Apply
    ) -> Option {
        Option(names: [name], value: nil, optionalValue: optionalValue, help: help, apply: apply)
    }

    @inline(never)
    func addingUp() -> Option {
        var option = self
        option.addsUp = true
        return option
    }

    @inline(never)
    func inProfiles(as key: StaticString) -> Option {
        var option = self
        option.key = key
        return option
    }
}

/// The value of an option, and the option's name as it was typed. Numbers are strict: any other text is an error. A
/// preference of the shell takes the same values as its option.
package struct OptionValue: Sendable {
    package let option: ByteString
    package let bytes: ByteString

    package init(option: ByteString, bytes: ByteString) {
        self.option = option
        self.bytes = bytes
    }

    /// More than ten days, which stands for no limit. Any number of seconds up to it fits into 32 bits as milliseconds.
    static let longestTime = 1_000_000.0

    func rejected(wanted: String) -> OptionError {
        .badValue(option: option, value: bytes, wanted: wanted)
    }

    private func rejected(choices: [String]) -> OptionError {
        .badChoice(option: option, value: bytes, choices: choices)
    }

    func integer(atLeast least: Int, wanted: String) throws(OptionError) -> Int {
        guard let number = bytes.integer, number >= least else { throw rejected(wanted: wanted) }
        return number
    }

    /// The value of a setting in a profile whose option takes none.
    func truth() throws(OptionError) -> Bool {
        try choice(of: [("true", true), ("false", false), ("yes", true), ("no", false), ("on", true), ("off", false)])
    }

    func host() throws(OptionError) -> String {
        // An IPv6 address has several colons, and any other host none.
        guard bytes.bytes.count(where: { $0 == UInt8(ascii: ":") }) != 1 else {
            throw rejected(wanted: "a host without a port (use -p for the port)")
        }
        return bytes.text
    }

    func port() throws(OptionError) -> Int {
        guard let port = bytes.integer, 1...65535 ~= port else { throw .badPort(option: option, value: bytes) }
        return port
    }

    /// A number of seconds, 0 or more; fractions are allowed.
    package func seconds() throws(OptionError) -> Double {
        guard let seconds = Double(bytes.text), 0...Self.longestTime ~= seconds else {
            throw rejected(wanted: "a number of seconds from 0 to 1000000")
        }
        return seconds
    }

    /// A number of bytes above 0: `500`, `4k`, `1M`.
    package func size() throws(OptionError) -> Int {
        let units: [(name: StaticString, bits: Int)] = [("k", 10), ("m", 20), ("g", 30)]
        let unit = units.first { ByteString(bytes.bytes.suffix(1)).matches($0.name) }
        let digits = unit == nil ? bytes : ByteString(bytes.bytes.dropLast())
        guard let number = digits.integer, number > 0, number <= Int.max >> 30 else {
            throw rejected(wanted: "off or a number of bytes such as 4k or 1m")
        }
        return number << (unit?.bits ?? 0)
    }

    package func choice<Value>(of choices: [(name: String, value: Value)]) throws(OptionError) -> Value {
        if let choice = choices.first(where: { bytes.uppercased.text == $0.name.uppercased() }) { return choice.value }
        throw rejected(choices: choices.map(\.name))
    }

    package func keyPrefix() throws(OptionError) -> ByteString {
        guard PrivateKeys.accepts(prefix: bytes) else { throw rejected(wanted: "text without braces") }
        return bytes
    }

    package func readPreference() throws(OptionError) -> ReadPreference {
        guard let preference = ReadPreference(bytes.text) else {
            throw rejected(choices: ReadPreference.forms)
        }
        return preference
    }

    /// The name of a command that is blocked and can be unblocked, in capitals: `script_kill` is `SCRIPT KILL`.
    private func liftable() throws(OptionError) -> ByteString {
        let name = ByteString(bytes.bytes.map { $0 == UInt8(ascii: "_") ? 0x20 : $0.asciiUppercased })
        if CommandTable.liftable.contains(where: { name.matches($0.name) }) { return name }
        throw rejected(choices: Self.liftable)
    }

    /// Several of them, separated by commas.
    package func liftables() throws(OptionError) -> Set<ByteString> {
        var names: Set<ByteString> = []
        for name in bytes.bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            names.insert(try OptionValue(option: option, bytes: ByteString(name)).liftable())
        }
        return names
    }

    /// What ``liftable()`` accepts, in alphabetical order.
    package static var liftable: [String] {
        CommandTable.liftable.map { CommandTable.unblocking("\($0.name)") }.sorted()
    }
}
