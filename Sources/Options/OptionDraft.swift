import Commands
import Presentation
import RESP
import Routing

/// A configuration in the making: ``result`` holds what an option says on its own, the other properties what makes
/// sense only together with other options.
struct OptionDraft {
    var result: Configuration
    var host: String?
    var port: Int?
    var socketPath: String?
    var isAuthWarningWanted = true
    var isInputQuoted = false
    /// Set by `--ldb`: whether the debugged script blocks the server.
    var debugsSynchronously: Bool?
    /// For `--memkeys`.
    var memorySamples = 0
    /// For `--keystats`.
    var keyStatistics = KeyStatistics()
    /// For `--pipe`.
    var load = Configuration.Load()
    var isPlayground = false
    var shape: PlaygroundShape?
    var playgroundServer: ByteString?
    /// For `--latency-dist`.
    var isMonochrome = false
    /// The options of `--tls`, whether or not it was given.
    var tls = Configuration.TLSOptions()
    /// The option that asks for TLS.
    var encryptingOption: String?
    private var isEncrypted: Bool { encryptingOption != nil }
    /// For `--hotkeys`.
    var hotKeyCount = HotKeyReport.standardCount
    /// For `--pass-command`.
    var tokenAge: Double?
    /// Seconds; cloud tokens live for 15 minutes.
    static let tokenAge = 600.0
    /// The name of the profile, if one is requested.
    var profile: ByteString?
    /// The settings that were given, if they are to be explained.
    var record: SettingRecord?
    private var inherited: Inheritance?
    private(set) var uriAddresses: [SeedURI.Address] = []
    private var isPasswordVisible = false
    /// The option that the password comes from.
    private var passwordOption: String?
    /// Which argument holds the value being read, and at which offset.
    var place: (argument: Int, offset: Int)?
    /// The option that the mode comes from; nil for a plain command.
    private var modeOption: String?
    /// The last option that needs a mode which goes through keys.
    var keyOption: String?

    init(programName: String) {
        result = Configuration(programName: programName)
    }

    mutating func speak(protocolVersion version: Int) throws(OptionError) {
        if let other = result.protocolVersion, other != version { throw .mutuallyExclusive("-2", "-3") }
        result.protocolVersion = version
    }

    /// In place of redis-cli, the first of several modes counts, in redis-cli's order.
    mutating func choose(_ mode: Configuration.Mode, by option: String) throws(OptionError) {
        if let other = modeOption, other != option, mode != result.mode {
            if case (.tool(.snapshot), .tool(.snapshot)) = (mode, result.mode) {
                throw .mutuallyExclusive(other, option)
            }
            guard !result.dialect.refusesIdleOptions else { throw .mutuallyExclusive(other, option) }
            guard mode.rank <= result.mode.rank else { return }
        }
        result.mode = mode
        modeOption = option
    }

    mutating func prefer(_ version: IPVersion) throws(OptionError) {
        if let other = result.ipVersion, other != version { throw .mutuallyExclusive("-4", "-6") }
        result.ipVersion = version
    }

    mutating func reachOtherNodes(_ way: AddressMap.Otherwise) throws(OptionError) {
        if ![.asAnnounced, way].contains(result.addresses.otherwise) {
            throw .mutuallyExclusive("--map-to-seed", "--one-endpoint")
        }
        result.addresses.otherwise = way
    }

    mutating func readStandardInput(as use: Configuration.StandardInput) throws(OptionError) {
        switch (result.standardInput, use) {
        case (.lastArgument, .argument), (.argument, .lastArgument): throw .mutuallyExclusive("-x", "-X")
        default: result.standardInput = use
        }
    }

    /// Called when the profile has been applied; the command line comes next.
    mutating func endProfile() {
        inherited = Inheritance(self)
        result.addresses = AddressMap()
        (host, socketPath, uriAddresses) = (nil, nil, [])
        (result.password, result.passwordOrigin, result.asksPassword) = (nil, nil, false)
        (isPasswordVisible, passwordOption) = (false, nil)
    }

    private mutating func inherit() {
        guard let inherited else { return }
        result.profile = profile
        if host == nil, socketPath == nil, uriAddresses.isEmpty {
            (host, socketPath, uriAddresses) = (inherited.host, inherited.socketPath, inherited.uriAddresses)
        }
        // The first rule that matches counts.
        result.addresses.rules += inherited.addresses.rules
        if result.addresses.otherwise == .asAnnounced { result.addresses.otherwise = inherited.addresses.otherwise }
        guard !result.hasPassword, !result.asksPassword else { return }
        result.password = inherited.password
        result.passwordOrigin = inherited.passwordOrigin
        result.asksPassword = inherited.asksPassword
    }

    /// The password comes from one place only. Of several on the command line, the last counts, as in redis-cli.
    mutating func takePassword(by option: ByteString, isVisible: Bool = false) throws(OptionError) {
        if let other = passwordOption, other != option.text, !isVisible || !isPasswordVisible {
            throw .mutuallyExclusive(other, option.text)
        }
        passwordOption = option.text
    }

    /// - Parameter range: where it is in the value being read.
    mutating func giveVisiblePassword(_ password: ByteString, at range: Range<Int>) {
        result.password = password
        isPasswordVisible = true
        guard let place else { return }
        let first = place.offset + range.lowerBound
        result.secret = Configuration.Secret(
            argument: place.argument, bytes: first..<(first + range.count), previous: result.secret)
    }

    /// Applies a `-u`. For a drop-in it overrides `-h` and `-p`, as in redis-cli; otherwise it adds seeds.
    mutating func add(_ uri: SeedURI, by option: ByteString) throws(OptionError) {
        if let user = uri.user { result.user = user }
        if let password = uri.password {
            try takePassword(by: option, isVisible: true)
            giveVisiblePassword(password, at: uri.placeOfPassword)
        }
        if let database = uri.database { result.database = database }
        if uri.isEncrypted { encryptingOption = option.text }
        if !result.dialect.addsSeeds, let address = uri.addresses.first {
            host = address.host ?? host
            port = address.port ?? port
        } else {
            uriAddresses += uri.addresses
        }
    }

    /// The word that a quoted string stands for.
    static func unquoted(_ text: ByteString, for option: String) throws(OptionError) -> ByteString {
        guard let words = try? Tokenizer.words(text.bytes), words.count == 1 else {
            throw .badQuoting(option: option)
        }
        return words[0]
    }

    /// The configuration, once all options are read.
    ///
    /// - Parameter words: the words after the options.
    /// - Throws: for options that contradict each other. What redis-cli silently ignores is an error as well, except
    ///   for a drop-in.
    consuming func finished(
        words: ArraySlice<ByteString>, environment: (StaticString) -> ByteString?
    ) throws(OptionError) -> Configuration {
        if result.isClusterFlagSet, socketPath != nil { throw .mutuallyExclusive("-c", "-s") }
        if isPlayground {
            for (option, isGiven) in [
                ("--profile", profile != nil), ("-h", host != nil), ("-p", port != nil), ("-s", socketPath != nil),
                ("-u", !uriAddresses.isEmpty),
            ] where isGiven { throw .mutuallyExclusive("--playground", option) }
            if tls != .init() { throw .encryptionOfPlayground }
            result.playground = shape ?? .standard
            result.playgroundServer = playgroundServer
        }
        if result.readsObjects, result.format == nil { result.format = .json }
        switch result.mode {
        case .load:
            load.replyTimeout = load.replyTimeout ?? result.dialect.loadReplyTimeout
            result.mode = .load(load)
            // As in redis-cli, where `-i` is for repeated commands. `--rate` slows a load down.
            result.interval = 0
        case .tool(.memoryKeys): result.mode = .tool(.memoryKeys(samples: memorySamples))
        case .tool(.hotKeys): result.mode = .tool(.hotKeys(count: hotKeyCount))
        case .tool(.latency(.spectrum)): result.mode = .tool(.latency(.spectrum(isMonochrome: isMonochrome)))
        case .tool(.keyStatistics): result.mode = .tool(.keyStatistics(keyStatistics))
        default: break
        }
        if let debugsSynchronously {
            guard case .eval(let file) = result.mode else {
                throw .dependent(debugsSynchronously ? "--ldb-sync-mode" : "--ldb", on: "--eval")
            }
            result.mode = .tool(.scriptDebugger(file: file, isSynchronous: debugsSynchronously))
        }
        for variable: StaticString in ["VALKEYCLI_AUTH", "REDISCLI_AUTH"] where !result.hasPassword {
            if let password = environment(variable), !password.isEmpty {
                result.password = password
                record?.settings.append(.init(variable: variable))
            }
        }
        inherit()
        result.namesServer = host != nil || port != nil || socketPath != nil || !uriAddresses.isEmpty
        result.seeds = seeds()
        if isEncrypted { result.tls = tls }
        result.explanation = record.map { Configuration.Explanation($0.table) }
        if case .command(let command, _) = result.passwordOrigin {
            result.passwordOrigin = .command(command, longestAge: tokenAge ?? Self.tokenAge)
        } else if tokenAge != nil, result.dialect.refusesIdleOptions {
            throw .dependent("--pass-command-ttl", on: "--pass-command")
        }
        if isPasswordVisible, isAuthWarningWanted { result.warnings.append(.visiblePassword) }
        // redis-cli ignores a command given with --pipe; under its own name slotline refuses it.
        let ignoresWords = if case .load = result.mode { !result.dialect.refusesIdleOptions } else { false }
        for word in words where !ignoresWords {
            result.command.append(isInputQuoted ? try Self.unquoted(word, for: "--quoted-input") : word)
        }
        if !result.dialect.tellsRedirects { result.isVerbose = false }
        if result.dialect.refusesIdleOptions { try rejectWithoutEffect() }
        return result
    }

    /// Names the options that choose a mode which goes through keys, according to the table.
    private static func needsKeyMode(_ option: String) -> OptionError {
        let modes = OptionTable.rows.filter { mode in
            var draft = OptionDraft(programName: "slotline")
            try? mode.apply(&draft, OptionValue(option: "", bytes: ""))
            return mode.value == nil && draft.result.mode.goesThroughKeys
        }
        return .dependent(option, on: modes.map { "\($0.names[0])" }.alternatives)
    }

    private func seeds() -> [NodeAddress] {
        if let socketPath { return [NodeAddress(socketPath: socketPath)] }
        let named = host != nil || uriAddresses.isEmpty ? [SeedURI.Address(host: host, port: port)] : []
        return (named + uriAddresses).map {
            NodeAddress(host: $0.host ?? "127.0.0.1", port: $0.port ?? port ?? 6379)
        }
    }

    /// An option after a target or a shell word, where no command takes it. The words of a command belong to the server,
    /// unless they are more than it takes.
    private func rejectMisplacedOption() throws(OptionError) {
        guard let first = result.command.first else { return }
        let rest = Array(result.command.dropFirst())
        if Target.isTarget(first) {
            if let option = rest.first, option.hasPrefix("-") { throw .behindTarget(option, target: first) }
            return
        }
        guard let word = ShellWord(first), LineGrammar(.arguments).answers(word) else { return }
        var own = rest[...]
        if let place = word.row.completion.placeOfCommand(among: rest) {
            let command = Array(rest.dropFirst(place))
            if CommandTable.row(for: command)?.accepts(command) != false { own = rest.prefix(place + 1) }
        }
        // `:peek k -2` shows the last two elements.
        if let option = own.first(where: { $0.integer == nil && OptionTable.row(named: $0) != nil }) {
            throw .behindWord(option, word: first)
        }
    }

    private func rejectWithoutEffect() throws(OptionError) {
        if let keyOption, !result.mode.goesThroughKeys { throw Self.needsKeyMode(keyOption) }
        if let modeOption, !result.mode.takesWords, !result.command.isEmpty { throw .commandBeside(modeOption) }
        if let modeOption, let format = result.format, !result.mode.prints(format) {
            throw .mutuallyExclusive(modeOption, "\(format.row.option)")
        }
        if case .command = result.mode { try rejectMisplacedOption() }
        if result.readsObjects, result.format?.isJSON != true { throw .dependent("--objects", on: "--json") }
        if modeOption != "--pipe" {
            if load.reject != nil { throw .dependent("--reject", on: "--pipe") }
            if load.maximumErrors != nil { throw .dependent("--max-errors", on: "--pipe") }
            if load.rate != nil { throw .dependent("--rate", on: "--pipe") }
            if load.replyTimeout != nil { throw .dependent("--pipe-timeout", on: "--pipe") }
            if load.resume != nil { throw .dependent("--resume", on: "--pipe") }
        }
        let reportsKeys = if case .tool(.keyStatistics) = result.mode { true } else { false }
        if !reportsKeys {
            if keyStatistics.cursor != KeyStatistics().cursor { throw .dependent("--cursor", on: "--keystats") }
            if keyStatistics.top != KeyStatistics().top { throw .dependent("--top", on: "--keystats") }
        }
        if modeOption != "--latency-dist", isMonochrome { throw .dependent("--mono", on: "--latency-dist") }
        if result.inputFile != nil, !result.mode.readsCommands || !result.command.isEmpty {
            throw .commandBeside("--file")
        }
        if !result.addresses.rules.isEmpty, result.addresses.otherwise == .unreachable {
            throw .mutuallyExclusive("--map", "--one-endpoint")
        }
        if !isEncrypted, tls != .init() { throw .tlsMissing }
        if let encryptingOption, socketPath != nil { throw .mutuallyExclusive(encryptingOption, "-s") }
        if (tls.certificate == nil) != (tls.key == nil) {
            throw tls.key == nil ? .dependent("--cert", on: "--key") : .dependent("--key", on: "--cert")
        }
        if shape != nil, !isPlayground { throw .dependent("--shape", on: "--playground") }
        if playgroundServer != nil, !isPlayground { throw .dependent("--server", on: "--playground") }
        if result.user != nil, !result.hasPassword, !result.asksPassword { throw .passwordMissing }
        if result.repeatCount != 1, let modeOption, !result.mode.repeats {
            throw .mutuallyExclusive(modeOption, "-r")
        }
        if result.mode.readsCommands, result.command.isEmpty {
            if result.repeatCount != 1 { throw .commandMissing("-r") }
            switch result.standardInput {
            case .lastArgument: throw .commandMissing("-x")
            case .argument: throw .commandMissing("-X")
            case nil: break
            }
        }
    }
}

extension Configuration.Mode {
    /// False for a format that the mode would ignore: most tools print text for people.
    fileprivate func prints(_ format: Format) -> Bool {
        switch self {
        case .tool(.latency(.summary)), .tool(.latency(.history)), .tool(.diagnosis), .tool(.scriptDebugger): true
        case .tool(.replica): format == .csv || format.isForPeople
        case .tool, .load: format.isForPeople
        case .command, .eval, .scan, .recover, .help, .version, .manual, .completions, .candidates,
            .explainConfiguration, .writeConfiguration:
            true
        }
    }

    /// True for the modes that `-r` is for.
    fileprivate var repeats: Bool {
        switch self {
        case .command, .eval, .scan: true
        default: false
        }
    }

    /// True for the modes that `--pattern` and the like are for.
    fileprivate var goesThroughKeys: Bool {
        switch self {
        case .scan, .tool(.bigKeys), .tool(.memoryKeys), .tool(.keyStatistics), .tool(.hotKeys): true
        default: false
        }
    }

    /// True for the modes that read commands from a file or stdin if none is given.
    fileprivate var readsCommands: Bool {
        switch self {
        case .command, .load: true
        default: false
        }
    }

    /// The order in which redis-cli checks for modes: of several that are given, the first runs.
    fileprivate var rank: Int {
        switch self {
        case .tool(.latency(.history)): 0
        case .tool(.latency(.summary)): 1
        case .tool(.latency(.spectrum)): 2
        case .tool(.replica): 3
        case .tool(.snapshot): 4
        case .load: 5
        case .tool(.bigKeys): 6
        case .tool(.memoryKeys): 7
        case .tool(.keyStatistics): 8
        case .tool(.hotKeys): 9
        case .tool(.statistics): 10
        case .scan: 11
        case .tool(.lruTest): 12
        case .tool(.intrinsicLatency): 13
        case .recover, .eval, .command, .tool(.scriptDebugger), .tool(.diagnosis), .help, .version, .manual,
            .completions, .candidates, .explainConfiguration, .writeConfiguration:
            14
        }
    }

    fileprivate var takesWords: Bool {
        switch self {
        case .command, .eval, .tool(.scriptDebugger): true
        default: false
        }
    }
}
