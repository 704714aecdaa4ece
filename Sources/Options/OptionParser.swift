package import Commands
package import Presentation
package import RESP

extension Configuration {
    /// Reads a command line by the option table.
    ///
    /// Options end at the first word that does not begin with `-`; from there every byte is passed on as it is. A value
    /// is the next word, whatever it begins with, or for a long option what stands behind `=`.
    ///
    /// - Parameters:
    ///   - arguments: the program's name first, as in `main`.
    ///   - environment: the value of a variable, or nil.
    package static func parse(
        arguments: [ByteString], environment: (StaticString) -> ByteString?
    ) throws(OptionError) -> Configuration {
        var draft = OptionDraft(programName: name(ofProgram: arguments.first ?? ""))
        var rest = arguments.dropFirst()
        while let word = rest.first, word.hasPrefix("-") {
            let index = rest.startIndex
            rest.removeFirst()
            let (name, inlineValue) = split(word)
            guard let option = OptionTable.row(named: name) else { throw .unrecognized(name) }
            var value: ByteString = ""
            if option.value == nil {
                if inlineValue != nil { throw .unexpectedValue(name) }
            } else if let given = inlineValue ?? rest.popFirst() {
                value = given
                draft.place = inlineValue == nil ? (index + 1, 0) : (index, word.count - given.count)
            } else if name == "-h" {
                draft.result.mode = .help
                return draft.result
            } else {
                throw .missingValue(name)
            }
            try option.apply(&draft, OptionValue(option: name, bytes: value))
            switch draft.result.mode {
            case .help, .version, .manual, .completions: return draft.result
            case .command, .eval, .scan, .load, .recover, .tool: continue
            }
        }
        return try draft.finished(words: rest, environment: environment)
    }

    /// What ``dialect`` would be, for a command line that cannot be parsed.
    ///
    /// - Parameter program: the first word of the command line.
    package static func dialect(ofProgram program: ByteString) -> Dialect {
        Dialect(programName: name(ofProgram: program))
    }

    /// The last part of the path that the program was called by.
    private static func name(ofProgram path: ByteString) -> String {
        let name = path.dropFirst(path.bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)
        return name.isEmpty ? "slotline" : name.text
    }

    /// Takes `--name=value` apart.
    private static func split(_ word: ByteString) -> (name: ByteString, value: ByteString?) {
        guard word.hasPrefix("--"), let equals = word.bytes.firstIndex(of: UInt8(ascii: "=")) else {
            return (word, nil)
        }
        return (ByteString(word.bytes[..<equals]), word.dropFirst(equals + 1))
    }
}
