package import Commands
package import RESP
import Routing

// The text of the shell's own errors, and of lines and targets that cannot be parsed.

extension ExitStatus {
    package init(_ error: CLIError) {
        switch error {
        case .option, .tagNotFound, .commandMissing, .cannotOpen, .noCheckpoint, .oldCheckpoint,
            .checkpointNeedsUser, .otherInput, .extendedLine, .unusableEncryption, .serverNotFound, .cannotRun:
            self = .usage
        case .invalidLine, .unusableInput, .invalidTarget, .secondTarget, .targetOfWord, .endsInTransaction,
            .invalidRepeat, .wordUsage,
            .badValue,
            .badPreference, .unknownWord, .onlyAtPrompt, .unknownFormat, .unknownCommand, .wrongArgumentCount,
            .answeredLocally,
            .unknownPreference, .noHelp, .noAlias, .idleAlias, .endingInAlias, .noLastElements,
            .notACluster, .topologyUnknown,
            .noEditor, .noPassword, .untrustedFile, .cannotWrite, .cannotWriteTo, .cannotKeep, .toolRefused,
            .notDebugging:
            self = .error
        case .serverNotInstalled, .playgroundFailed: self = .noConnection
        }
    }
}

extension CLIError {
    /// Code and message on one line.
    package var errorText: String { "ERR \(explanation.line)" }

    /// The message for stderr, without a trailing newline.
    package func message(in dialect: Dialect) -> String {
        if case .option(let error) = self { return error.message(in: dialect) }
        return dialect.hasRedisCLIWords ? redisCLIWords ?? explanation.message : explanation.message
    }

    private var redisCLIWords: String? {
        switch self {
        case .tagNotFound: "Using -X option but stdin tag not match."
        case .invalidLine: "Invalid argument(s)"
        case .invalidRepeat: "Invalid redis-cli repeat command option value."
        case .wordUsage(let usage):
            "unknown redis-cli internal command '\(usage.prefix { $0 != " " })'"
        case .unknownWord(let word): "unknown redis-cli internal command '\(word.text)'"
        case .unknownPreference(let name, _): "unknown redis-cli preference '\(name.text)'"
        case .toolRefused(let error): "Error: \(error)"
        case .cannotOpen(let path, let reason): "Can't open file '\(path.text)': \(reason)"
        default: nil
        }
    }

    /// True when the message starts with the place of the line.
    package var namesPlace: Bool {
        switch self {
        case .invalidLine, .unusableInput: true
        default: false
        }
    }

    /// True for errors that, in place of redis-cli, may come from the preferences file, whose name is printed before
    /// them.
    package var namesPreferences: Bool {
        switch self {
        case .wordUsage, .unknownWord, .unknownPreference: true
        default: false
        }
    }

    /// True when this is printed to stdout.
    package func isOnStandardOutput(in dialect: Dialect) -> Bool {
        switch self {
        case .invalidLine, .invalidRepeat, .wordUsage, .unknownWord, .unknownPreference, .notDebugging:
            dialect.printsTypingErrors
        default: false
        }
    }

    private var explanation: Explanation {
        switch self {
        case .badPreference(.badValue(let name, let value, let wanted)):
            Explanation("\(name.text) expects \(wanted), not \(value.quoted)")
        case .badValue(let name, let value, let wanted):
            Explanation("\(name.text) expects \(wanted)\(value.map { ", not \($0.quoted)" } ?? "")")
        case .badPreference(.badChoice(let name, let value, let choices)):
            Explanation(
                "\(name.text) expects \(choices.alternatives), not \(value.quoted)",
                near: Suggestions.near(value, of: choices),
                // `:set` shows this for a setting that has no value.
                remedies: value.matches("none") ? [":unset \(name.text) undoes what was set."] : [])
        case .option(let error), .badPreference(let error):
            Explanation(error.message(in: .slotline))
        case .tagNotFound(let tag):
            Explanation(
                "No argument matches \(tag.quoted), the tag given with -X",
                remedy: "Write the tag, and nothing else, as the argument that stdin is to replace.")
        case .invalidLine(let error, let place):
            Explanation(
                "\(place.map { "\($0): " } ?? "")\(error.message)",
                remedies: error.remedies)
        case .invalidTarget(let error):
            Explanation(
                error.message, near: error.suggestions,
                remedy: "Valid targets: \(Target.listOfForms).")
        case .secondTarget(let target):
            Explanation("A command takes one target, and \(target.quoted) is a second one")
        case .targetOfWord(let target, let word):
            Explanation(
                "\(word.name) takes no target: slotline handles it itself",
                remedy: word.row.completion.placeOfCommand(among: []) == 0
                    ? "Put the target before the command: \(word.name) \(target.text) COMMAND."
                    : "Type it without \(target.quoted).")
        case .commandMissing(let target):
            Explanation("Missing command after target \(target.quoted)")
        case .unknownWord(let word):
            Explanation(
                "Unknown shell command \(word.quoted)", near: ShellWord.suggestions(for: word),
                remedy: "Type :help for a list.")
        case .onlyAtPrompt(let word):
            Explanation(
                "\(word.name) works only at the prompt",
                remedy: "For the prompt, call slotline on a terminal without a command.")
        case .unknownFormat(let word, let near):
            Explanation(
                "\(word.quoted) is not an output format", near: near,
                remedy: "To send it as an argument, write it in quotes.")
        case .unknownCommand(let name, let node, let near):
            Explanation(
                "\(name.quoted) is not known to slotline, and \(node) does not describe it", near: near)
        case .wrongArgumentCount(let command, let usage):
            Explanation("Wrong number of arguments for \(command)", remedy: "Usage: \(usage)")
        case .answeredLocally(let word):
            Explanation(
                "\(word.quoted) is a shell command: slotline handles it itself",
                remedy: "Type help \(word.text) to see what it does.")
        case .unknownPreference(let name, let known):
            Self.unknownPreference(name, known)
        case .wordUsage(let usage):
            Explanation(usage: usage)
        case .invalidRepeat(let count):
            Explanation(
                count == .max ? "The repeat count is too large" : "Invalid repeat count \(count): use 1 or more")
        case .noHelp(let words, let near):
            Explanation("No help for \(words.quoted)", remedy: near.question ?? "Type :help for an overview.")
        case .noAlias(let name, let near):
            Explanation("There is no alias \(name.quoted)", near: near, remedy: ":alias lists them.")
        case .idleAlias(let name):
            Explanation(
                "The alias \(name.quoted) would stand for itself, directly or by way of others",
                remedy: "Give it a command. :alias lists the others.")
        case .endingInAlias(let name):
            Explanation(
                "An alias cannot contain a format, a pipe or a file redirection",
                remedy: "Define it without, and use it as in: \(Quoting.utf8.word(name)) ;json | sort")
        case .noLastElements(let key, let type):
            Explanation(
                "\(key.quoted) has no last elements: its type, \(VisibleText.text(type)), has no order",
                remedy: "A negative count is for lists, sorted sets and streams. Leave out the minus sign.")
        case .cannotWrite(let reason):
            Explanation("Cannot write to stdout: \(reason)")
        case .cannotWriteTo(let path, let reason):
            Explanation("Cannot write \(path.quotedPath): \(reason)")
        case .noPassword:
            Explanation("No password: the input has ended", remedy: "--askpass reads it from the terminal or stdin.")
        case .unusableInput(let error, let place):
            Explanation("\(place): \(error.inputMessage)")
        case .untrustedFile(let path):
            Explanation(
                "\(path.quotedPath) was not read: it belongs to someone else, or others can write to it",
                remedy: "To use it: chown it to yourself, and chmod go-w.")
        case .noEditor:
            Explanation("libedit does not support this terminal", remedy: "Set TERM to a type that terminfo knows.")
        case .endsInTransaction(file: nil):
            Explanation(
                "The transaction ended with slotline, and nothing was executed",
                remedy: "MULTI, its commands and EXEC belong in one file, or in the shell.")
        case .endsInTransaction(let file?):
            Explanation(
                "\(file) ends inside a transaction, so none of its commands were executed",
                remedy: "Add EXEC at the end of the transaction.")
        case .notACluster(let node):
            Explanation("\(node) is not a cluster: it has no slots and no other nodes")
        case .topologyUnknown(let node, let reason):
            Explanation("\(node) did not return the topology of the cluster: \(reason)")
        case .notDebugging:
            Explanation("Use 'restart' only in Lua debugging mode")
        case .toolRefused(let error):
            Explanation("The server returned an error: \(error)")
        case .cannotOpen(let path, let reason):
            Explanation("Cannot open \(path.quotedPath): \(reason)")
        case .unusableEncryption(let reason):
            Explanation(reason)
        case .noCheckpoint(let path):
            Explanation(
                "\(path.quotedPath) is not a checkpoint",
                remedy: "Name a checkpoint, or a file that does not exist yet: --resume creates it.")
        case .oldCheckpoint(let path):
            Explanation(
                "The checkpoint \(path.quotedPath) was written by an older slotline, which recorded less",
                remedy: "Finish the load with that version, or delete the checkpoint to start over.")
        case .checkpointNeedsUser(let path, let user):
            Explanation(
                "The load in checkpoint \(path.quotedPath) had authenticated as user \(user.quoted) when it stopped",
                remedy: "Passwords are not saved. To continue, add --user \(Quoting.utf8.word(user)) and"
                    + " -a or --askpass.")
        case .cannotKeep(let path, let reason):
            Explanation(
                "Cannot write \(path.quotedPath): \(reason)",
                remedy: "The load was stopped, since its progress and failed commands could no longer be recorded.")
        case .extendedLine(let file):
            Explanation(
                "The line of \(file) that was loaded last has become longer since",
                remedy: "Load what was added from a file of its own.")
        case .otherInput(let path):
            Explanation(
                "\(path.quotedPath) is not a checkpoint of this input",
                remedy: "Delete it, or name another file, to start from the beginning.")
        case .serverNotInstalled:
            Explanation(
                "Neither redis-server nor valkey-server is on PATH",
                remedy:
                    "--playground needs one of them: install it, add its directory to PATH, or name it with --server.")
        case .serverNotFound(let name):
            Explanation(
                "The program \(name.quotedPath) was not found on PATH",
                remedy: "--server takes the name of a program on PATH, or the path of one.")
        case .cannotRun(let path, let reason, let near):
            Explanation("Cannot run \(path.quotedPath): \(reason)", near: near)
        case .playgroundFailed(let reason):
            Explanation("Could not start the playground: \(reason)")
        }
    }

    /// With `NAME=VALUE`, which other programs take, the setting is known, and only the form is wrong.
    private static func unknownPreference(_ name: ByteString, _ known: [String]) -> Explanation {
        let what = "Unknown setting \(name.quoted)"
        let parts = name.bytes.split(separator: UInt8(ascii: "="), maxSplits: 1).map { ByteString($0) }
        guard parts.count == 2, let setting = known.first(where: { $0 == parts[0].text.lowercased() }) else {
            return Explanation(
                what, near: Suggestions.near(name, of: known), remedy: "Settings: \(known.joined(separator: ", ")).")
        }
        return Explanation(what, near: [":set \(setting) \(Quoting.utf8.word(parts[1]))"])
    }

    /// The note on a terminal about an option that appears among the words of the command.
    package static func misplaced(_ option: ByteString) -> String {
        "\(option.text) is sent as an argument of the command: options come before it"
    }

    /// The note about `--eval FILE WORD ...` whose script reads arguments and gets none.
    package static var commaMissing: String {
        "All words are keys of the script: arguments come after a separate comma, as in KEY , ARGUMENT"
    }

    /// The note about a word that may have been meant to choose a format, or to redirect.
    package static func glued(_ glued: Line.Glued) -> String {
        switch glued {
        case .format(let word, let suffix):
            "\((word + suffix).quoted) is taken as one word. For the format, put a blank before "
                + "\(suffix.text): \(Quoting.utf8.word(word)) \(suffix.text)"
        case .redirection(let sign, let rest):
            "\((sign + rest).quoted) is taken as an argument. To send the reply there, put a blank after "
                + "\(sign.text): \(sign.text) \(Quoting.utf8.word(rest))"
        }
    }

    /// The note about an alias that has the name of a command.
    package static func hidden(by alias: ByteString) -> String {
        let capitals = alias.uppercased
        let other = alias == capitals ? alias.text.lowercased() : capitals.text
        return "\(alias.quoted) is also a command, which the alias hides: \(other) still runs it."
    }

    /// The note about a host that cannot be reached and that has the name of a profile.
    package static func profile(_ name: ByteString) -> String {
        "There is a profile of that name: slotline --profile \(Quoting.utf8.word(name)) uses it."
    }

    /// The note about an alias with a word such as `$1`.
    package static func noParameters(_ word: ByteString) -> String {
        "Aliases take no parameters: \(word.quoted) is sent as it is, and what is typed after the alias is appended."
    }

    /// The message of `-e` when a line of a file stops it.
    package static func stopped(at place: SourceLine, command: String, because message: String) -> String {
        placed(at: "\(place): \(command)", message)
    }

    /// Shown before a load, or a file, that is typed.
    package static var readsTerminal: String {
        "Reading commands from the terminal, one on each line. Ctrl-D ends them."
    }

    /// Where a file stopped before its end.
    package static func notExecuted(from place: SourceLine) -> String {
        placed(at: "\(place)", "stopped; nothing from here on was executed")
    }

    /// A message after the place that it concerns.
    package static func placed(at place: String, _ message: String) -> String { "\(place): \(message)" }
}

extension TokenizerError {
    package var message: String {
        switch self {
        case .openQuote: "Invalid argument(s): unclosed quote"
        case .textBehindQuote: "Invalid argument(s): text directly after a closing quote"
        case .nulByte: "Invalid argument(s): a NUL byte"
        }
    }

    fileprivate var remedies: [String] {
        let escapes = "Write \\\" for a quote inside double quotes, \\' inside single quotes."
        return switch self {
        case .openQuote: [escapes]
        case .textBehindQuote: [escapes, "Or put the whole argument in single quotes, as in '{\"a\":1}'."]
        case .nulByte: ["Write it as \\x00 inside double quotes."]
        }
    }
}

extension TargetError {
    package var message: String {
        switch self {
        case .unknown(let word): "\(word.quoted) is not a valid target"
        case .notASlot(let word): "\(word.quoted) is not a valid target: slots are numbered 0 to \(HashSlot.count - 1)"
        }
    }
}

extension TargetError {
    /// The forms that may have been meant.
    fileprivate var suggestions: [String] {
        switch self {
        case .unknown(let word): Suggestions.near(word, of: Target.words)
        case .notASlot: []
        }
    }
}

extension ProtocolError {
    package var message: String {
        switch self {
        case .unknownType(let byte): "got \(Quoting.ascii.text(ByteString([byte]))) as reply type byte"
        case .malformed(let line): "cannot parse \(line.quoted)"
        case .missingTerminator: "a bulk string is longer than its declared length"
        case .tooDeep: "aggregates nested more than \(RESPParser.maximumDepth) levels deep"
        case .tooLong(let announced): "declared length \(announced) is too large"
        case .cutOff: "the input ends inside this command"
        case .compressed(let compression):
            "the input is compressed with \(compression): unpack it first, as in \(compression.reader) FILE | slotline ..."
        }
    }

    /// The message about input that should have been commands in RESP.
    package var inputMessage: String {
        switch self {
        case .cutOff, .compressed: message
        default: "the input is not RESP: \(message)"
        }
    }
}

extension Compression {
    /// The program that prints what was compressed.
    fileprivate var reader: String {
        switch self {
        case .gzip: "zcat"
        case .zstd: "zstdcat"
        case .xz: "xzcat"
        case .bzip2: "bzcat"
        }
    }
}
