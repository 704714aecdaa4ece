package import RESP

/// A command line that cannot be carried out. Options are named as they were typed.
package enum OptionError: Error, Equatable, Sendable {
    /// A word that begins with `-` and is no option.
    case unrecognized(ByteString)
    case missingValue(ByteString)
    /// `--name=value` for an option that takes no value.
    case unexpectedValue(ByteString)
    /// A value that is not of the option's kind; `wanted` completes "-n wants ...".
    case badValue(option: ByteString, value: ByteString, wanted: String)
    /// From `-p`, or from an address of `-u`.
    case badPort(option: ByteString, value: ByteString)
    /// What stands in place of host and port may be a password whose `@` is missing: it is not shown.
    case badURIAddress(option: ByteString)
    case badConnectTimeout(ByteString)
    case mutuallyExclusive(String, String)
    /// An option that means nothing without another.
    case dependent(String, on: String)
    /// An option that means nothing without a command.
    case commandMissing(String)
    /// A command beside a mode that runs its own.
    case commandBeside(String)
    /// `--user` without any password.
    case passwordMissing
    case badURIScheme
    /// `rediss://` or `valkeys://`.
    case encryptedURI
    /// A `%` that is not followed by two hexadecimal digits.
    case badURIEncoding
    /// A `%` at the very end.
    case incompleteURIEncoding
    /// A word that `--quoted-input` or `--quoted-pattern` cannot read as exactly one quoted word.
    case badQuoting(option: String)
}

/// Something about a command line that is said on stderr, once, and stops nothing.
package enum OptionWarning: Equatable, Sendable {
    /// A password stands on the command line, where other users of the machine can see it.
    case visiblePassword
    /// A value of `--show-pushes` that is neither yes nor no, and changes nothing.
    case unknownPushChoice(ByteString)

    /// One line, without the newline, in redis-cli's words, which scripts filter by.
    package var message: String {
        switch self {
        case .visiblePassword:
            "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe."
        case .unknownPushChoice(let value):
            "Unknown --show-pushes value '\(printable(value))' (valid: '[y]es', '[n]o')"
        }
    }
}

extension OptionError {
    /// One line, without the newline.
    ///
    /// - Parameter isDropIn: true for redis-cli's own words, where it has any for the case.
    package func message(isDropIn: Bool) -> String {
        if isDropIn, let words = redisCLIWords { return words }
        return switch self {
        case .unrecognized(let option):
            "Unrecognized option: '\(printable(option))'. Try slotline --help."
        case .missingValue(let option):
            "Option \(printable(option)) needs a value. Try slotline --help."
        case .unexpectedValue(let option):
            "Option \(printable(option)) takes no value."
        case .badValue(let option, let value, let wanted):
            "Option \(printable(option)) wants \(wanted), not '\(printable(value))'."
        case .badURIAddress(let option):
            "Option \(printable(option)) wants addresses of the form HOST:PORT behind the scheme, and in front of them a "
                + "password only with an @ behind it."
        case .badPort(let option, let value):
            "Option \(printable(option)) wants a port from 1 to 65535, not '\(printable(value))'."
        case .badConnectTimeout(let value):
            "Option -t wants a number of seconds, not '\(printable(value))'."
        case .mutuallyExclusive(let first, let second):
            "Options \(first) and \(second) are mutually exclusive."
        case .dependent(let option, let other):
            "Option \(option) needs \(other)."
        case .commandMissing(let option):
            "Option \(option) needs a command."
        case .commandBeside(let option):
            "Option \(option) goes with no command."
        case .passwordMissing:
            "Option --user needs a password: -a, --askpass or REDISCLI_AUTH."
        case .badURIScheme:
            "Invalid URI scheme: -u wants redis:// or valkey://."
        case .encryptedURI:
            "TLS is not supported yet: -u wants redis:// or valkey://."
        case .badURIEncoding:
            "Illegal character in URI encoding: -u wants two hexadecimal digits behind every '%'."
        case .incompleteURIEncoding:
            "Incomplete URI encoding: -u wants two hexadecimal digits behind every '%'."
        case .badQuoting(let option):
            "Option \(option) wants every word to be one quoted string."
        }
    }

    /// True when redis-cli tells this on stdout.
    package var isOnStandardOutputInRedisCLI: Bool {
        self == .badQuoting(option: "--quoted-input")
    }

    /// Those of which redis-cli tells that their value is no number.
    private static let convertedOptions = ["--memkeys-samples", "--keystats-samples", "--cursor", "--top"]

    private var redisCLIWords: String? {
        switch self {
        case .unrecognized(let option), .missingValue(let option):
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
        case .unexpectedValue, .badValue, .mutuallyExclusive, .dependent, .commandMissing, .commandBeside,
            .passwordMissing, .encryptedURI:
            nil
        }
    }
}

/// What the user typed, with escapes for what would break the line or act on the terminal.
private func printable(_ word: ByteString) -> String { Quoting.utf8.escaped(word) }
