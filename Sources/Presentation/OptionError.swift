package import Commands
package import RESP

/// An invalid command line. Options are named as they were typed.
package indirect enum OptionError: Error, Equatable, Sendable {
    /// A word that starts with `-` but is not an option, and the options that may have been meant.
    case unrecognized(ByteString, near: [String] = [])
    case missingValue(ByteString)
    /// `--name=value` for an option that takes no value.
    case unexpectedValue(ByteString)
    /// A value of the wrong kind; `wanted` completes "-n expects ...".
    case badValue(option: ByteString, value: ByteString, wanted: String)
    /// A value that is not one of the choices.
    case badChoice(option: ByteString, value: ByteString, choices: [String])
    /// From `-p`, or from an address of `-u`.
    case badPort(option: ByteString, value: ByteString)
    /// The address is never shown: it may be a password that lacks its `@`.
    case badURIAddress(option: ByteString)
    case badConnectTimeout(ByteString)
    case mutuallyExclusive(String, String)
    /// An option that has no effect without another.
    case dependent(String, on: String)
    /// An option that has no effect without a command.
    case commandMissing(String)
    /// An option between a target and its command.
    case behindTarget(ByteString, target: ByteString)
    /// An option after a word that slotline answers itself.
    case behindWord(ByteString, word: ByteString)
    /// A command together with a mode that takes none.
    case commandBeside(String)
    /// `--user` without any password.
    case passwordMissing
    case badURIScheme
    /// TLS options without TLS.
    case tlsMissing
    /// TLS options together with the playground, which makes its own certificates.
    case encryptionOfPlayground
    /// A `%` that is not followed by two hexadecimal digits.
    case badURIEncoding
    /// A `%` at the very end.
    case incompleteURIEncoding
    /// An argument that `--quoted-input` or `--quoted-pattern` cannot read as exactly one quoted word.
    case badQuoting(option: String)

    // The file of profiles.

    case noProfiles(file: String, reason: String)
    /// Someone other than the user or the administrator may have written it.
    case untrustedProfiles(file: String)
    /// It contains a password, and others can read it.
    case exposedPassword(SourceLine)
    /// `faulty` are those that cannot be used because of a mistake.
    case noProfile(ByteString, file: String, known: [String], faulty: [String])
    /// `wanted` completes "expected ...".
    case badProfile(SourceLine, wanted: String)
    case unknownSetting(SourceLine, ByteString, near: [String], known: [String])
    case inProfile(SourceLine, OptionError)
}

/// A warning about the command line, printed once on stderr; it does not stop anything.
package enum OptionWarning: Equatable, Sendable {
    /// A password on the command line, where other users of the machine can see it.
    case visiblePassword
    /// A value of `--show-pushes` that is neither yes nor no, and has no effect.
    case unknownPushChoice(ByteString)
    /// A `--type` that only a module could have, and the ones that may have been meant.
    case unknownType(ByteString, near: [String])

    /// One line, without a newline; where redis-cli has words, its own, which scripts filter for.
    package var message: String {
        switch self {
        case .visiblePassword:
            "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe."
        case .unknownPushChoice(let value):
            "Unknown --show-pushes value '\(printable(value))' (valid: '[y]es', '[n]o')"
        case .unknownType(let value, let near):
            "Redis has no type '\(printable(value))'.\(near.question.map { " \($0)" } ?? "")"
        }
    }
}

extension OptionError {
    /// One line, without a newline.
    package func message(in dialect: Dialect) -> String {
        if dialect.hasRedisCLIWords, let words = redisCLIWords { return words }
        return switch self {
        case .unrecognized(let option, let near):
            "Unrecognized option: '\(printable(option))'. \(near.question ?? "Try slotline --help.")"
        case .missingValue(let option):
            "Option \(printable(option)) requires a value. Try slotline --help."
        case .unexpectedValue(let option):
            "Option \(printable(option)) takes no value."
        case .badValue(let option, let value, let wanted):
            "Option \(printable(option)) expects \(wanted), not '\(printable(value))'."
        case .badChoice(let option, let value, let choices):
            "Option \(printable(option)) expects \(choices.alternatives), not '\(printable(value))'."
                + (Suggestions.near(value, of: choices).question.map { " \($0)" } ?? "")
        case .badURIAddress(let option):
            "Option \(printable(option)) expects HOST:PORT addresses after the scheme; credentials before them must "
                + "end with @."
        case .badPort(let option, let value):
            "Option \(printable(option)) expects a port from 1 to 65535, not '\(printable(value))'."
        case .badConnectTimeout(let value):
            "Option -t expects a number of seconds, not '\(printable(value))'."
        case .mutuallyExclusive(let first, let second):
            "Options \(first) and \(second) are mutually exclusive."
        case .dependent(let option, let other):
            "Option \(option) requires \(other)."
        case .commandMissing(let option):
            "Option \(option) requires a command."
        case .behindTarget(let option, let target):
            "Options come before the target: put \(printable(option)) before \(printable(target))."
        case .behindWord(let option, let word):
            "Options come before the command: put \(printable(option)) before \(printable(word))."
        case .commandBeside(let option):
            "Option \(option) takes neither a command nor a target."
        case .passwordMissing:
            "Option --user requires a password: -a, --pass-file, --pass-command, --askpass or REDISCLI_AUTH."
        case .badURIScheme:
            "Invalid URI scheme: use redis:// or valkey:// with -u, or rediss:// or valkeys:// for TLS."
        case .tlsMissing:
            "Certificate and cipher options require --tls, or a rediss:// URI."
        case .encryptionOfPlayground:
            "Certificate and cipher options cannot be used with --playground, which creates its own certificates."
        case .badURIEncoding:
            "Illegal character in URI encoding: every '%' must be followed by two hexadecimal digits."
        case .incompleteURIEncoding:
            "Incomplete URI encoding: every '%' must be followed by two hexadecimal digits."
        case .badQuoting(let option):
            "Invalid quoted string: with \(option), each argument must be exactly one word, quoted if necessary."
        case .noProfiles(let file, let reason):
            "Cannot read the profiles in \(file): \(reason). slotline --write-config writes a sample."
        case .untrustedProfiles(let file):
            "\(file) was not read: it belongs to someone else, or others can write to it. To use it: chown it to yourself, "
                + "and chmod go-w."
        case .exposedPassword(let place):
            "\(place): this is a password, and others can read the file. Run chmod go-r \(place.file), or use "
                + "pass-command."
        case .noProfile(let name, let file, let known, let faulty):
            "No profile '\(printable(name))' in \(file)"
                + (known.isEmpty && faulty.isEmpty ? ", which has no profiles yet." : ".")
                + (known.isEmpty ? "" : " Profiles: \(known.joined(separator: ", ")).")
                + (faulty.isEmpty ? "" : " With mistakes: \(faulty.joined(separator: ", ")).")
                + (Suggestions.near(name, of: known + faulty).question.map { " \($0)" } ?? "")
        case .badProfile(let place, let wanted):
            "\(place): expected \(wanted)."
        case .unknownSetting(let place, let key, let near, let known):
            "\(place): unknown setting '\(printable(key))'. "
                + (near.question ?? "Settings: \(known.joined(separator: ", ")).")
        case .inProfile(let place, let error):
            "\(place): \(error.message(in: .slotline))"
        }
    }

    /// True when this is printed to stdout.
    package func isOnStandardOutput(in dialect: Dialect) -> Bool {
        dialect.printsTypingErrors && self == .badQuoting(option: "--quoted-input")
    }

    /// Options for which redis-cli reports a "conversion error".
    private static let convertedOptions = ["--memkeys-samples", "--keystats-samples", "--cursor", "--top"]

    private var redisCLIWords: String? {
        switch self {
        case .unrecognized(let option, _), .missingValue(let option):
            "Unrecognized option or bad number of args for: '\(printable(option))'"
        case .badPort, .badURIAddress: "Invalid server port."
        case .badConnectTimeout: "Invalid connection timeout for -t."
        case .badValue(let option, _, _) where Self.convertedOptions.contains(option.text):
            "\(option.text) conversion error."
        case .dependent(_, on: "--eval"):
            "Options --ldb and --ldb-sync-mode require --eval.\nTry redis-cli --help for more information."
        case .badURIScheme: "Invalid URI scheme"
        case .badURIEncoding: "Illegal character in URI encoding"
        case .incompleteURIEncoding: "Incomplete URI encoding"
        case .badQuoting(option: "--quoted-input"): "Invalid quoted string"
        case .badQuoting(let option): "Invalid quoted string specified for \(option)."
        case .unexpectedValue, .badValue, .badChoice, .mutuallyExclusive, .dependent, .commandMissing, .behindTarget,
            .behindWord, .commandBeside, .passwordMissing, .tlsMissing, .encryptionOfPlayground, .noProfiles,
            .untrustedProfiles,
            .exposedPassword,
            .noProfile, .badProfile, .unknownSetting, .inProfile:
            nil
        }
    }
}

/// What the user typed, with everything escaped that would break the line or control the terminal.
private func printable(_ word: ByteString) -> String { Quoting.utf8.escaped(word) }
