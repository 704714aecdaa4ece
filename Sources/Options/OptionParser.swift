package import Commands
package import Presentation
package import RESP

extension Configuration {
    /// Parses a command line by the option table.
    ///
    /// Options end at the first word that does not begin with `-`; from there on every byte is passed on as it is. No
    /// command begins with `-`, so such a word after a target is an option in the wrong place. A value is the next
    /// word, whatever it begins with, or for a long option the text after `=`.
    ///
    /// - Parameters:
    ///   - arguments: the program's name first, as in `main`.
    ///   - environment: the value of a variable, or nil.
    ///   - profiles: reads the profile file, which only `--profile` needs.
    package static func parse(
        arguments: [ByteString], environment: (StaticString) -> ByteString?,
        profiles: () throws(OptionError) -> ProfileFile
    ) throws(OptionError) -> Configuration {
        let empty = OptionDraft(programName: name(ofProgram: arguments.first ?? ""))
        var (draft, words) = try read(arguments, empty)
        if draft.result.mode.isAboutProgram {
            draft.result.command = Array(words)
            return draft.result
        }
        if draft.profile != nil || draft.result.mode == .explainConfiguration {
            // Once more, on top of the profile.
            var base = empty
            base.record = draft.result.mode == .explainConfiguration ? SettingRecord() : nil
            if let profile = draft.profile { try base.take(profile, of: try profiles(), environment: environment) }
            (draft, words) = try read(arguments, base)
        }
        return try draft.finished(words: words, environment: environment)
    }

    /// Applies the options of a command line.
    ///
    /// - Returns: the draft, and the words that are left.
    private static func read(
        _ arguments: [ByteString], _ base: OptionDraft
    ) throws(OptionError) -> (OptionDraft, words: ArraySlice<ByteString>) {
        var draft = base
        var rest = arguments.dropFirst()
        while let word = rest.first, word.hasPrefix("-") {
            let index = rest.startIndex
            rest.removeFirst()
            let (name, inlineValue) = split(word)
            guard let option = OptionTable.row(named: name) else {
                throw .unrecognized(name, near: OptionTable.suggestions(for: name))
            }
            var value: ByteString = ""
            if option.value == nil {
                if inlineValue != nil, option.optionalValue == nil { throw .unexpectedValue(name) }
                value = inlineValue ?? ""
            } else if let given = inlineValue ?? rest.popFirst() {
                value = given
                draft.place = inlineValue == nil ? (index + 1, 0) : (index, word.count - given.count)
            } else if name == "-h" {
                draft.result.mode = .help(nil)
                return (draft, rest)
            } else {
                throw .missingValue(name)
            }
            try draft.apply(option, OptionValue(option: name, bytes: value), from: .commandLine(name))
            if draft.result.mode.isAboutProgram { break }
        }
        return (draft, rest)
    }

    /// What ``dialect`` would be, for a command line that cannot be parsed.
    ///
    /// - Parameter program: the first word of the command line.
    package static func dialect(ofProgram program: ByteString) -> Dialect {
        Dialect(programName: name(ofProgram: program))
    }

    /// The last part of the path that the program was called with.
    private static func name(ofProgram path: ByteString) -> String {
        let name = path.dropFirst(path.bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)
        return name.isEmpty ? "slotline" : name.text
    }

    /// Splits `--name=value`.
    private static func split(_ word: ByteString) -> (name: ByteString, value: ByteString?) {
        guard word.hasPrefix("--"), let equals = word.bytes.firstIndex(of: UInt8(ascii: "=")) else {
            return (word, nil)
        }
        return (ByteString(word.bytes[..<equals]), word.dropFirst(equals + 1))
    }
}

extension Configuration.Mode {
    /// True for modes that are answered without a server, whatever else the command line says.
    fileprivate var isAboutProgram: Bool {
        switch self {
        case .help, .version, .manual, .completions, .candidates, .writeConfiguration: true
        case .command, .eval, .scan, .load, .recover, .tool, .explainConfiguration: false
        }
    }
}
