import Commands
package import Presentation
package import RESP

/// The profile file: sections of settings, in a subset of TOML.
///
///     # A comment.
///     [prod]
///     seeds = ["10.0.0.5:7000", "10.0.0.6:7000"]
///     read-only = true
///
/// A setting is an option without its dashes. Its value is a string in double quotes, with the escapes `\"`, `\\`, `\n`
/// and `\t`, or in single quotes, without any; a word or a number; or several of these in brackets, over any number of
/// lines.
package struct ProfileFile: Sendable {
    struct Value: Equatable, Sendable {
        fileprivate(set) var text: ByteString
        let line: Int
    }

    struct Setting: Equatable, Sendable {
        let key: ByteString
        fileprivate(set) var values: [Value]
        let line: Int

        /// An address may be given without `redis://`.
        fileprivate mutating func completeURIs() {
            for index in values.indices where !values[index].text.text.contains("://") {
                values[index].text = "redis://" + values[index].text
            }
        }
    }

    let path: String
    private var profiles: [Profile] = []

    private struct Profile {
        let name: ByteString
        var settings: [Setting] = []
        /// The first mistake, which matters only to those who use the profile.
        private(set) var fault: OptionError?

        init(name: ByteString) {
            self.name = name
        }

        mutating func note(_ fault: OptionError) {
            self.fault = self.fault ?? fault
        }
    }

    /// - Parameters:
    ///   - path: for messages.
    ///   - isExposed: true when users other than its owner can read the file.
    /// - Throws: for a mistake that belongs to no profile, and for a password that others can read, in any profile.
    package init(path: String, _ text: [UInt8], isExposed: Bool) throws(OptionError) {
        self.path = path
        var reader = Reader(path: path, text)
        var current: Int?
        while reader.skipsToNext() {
            if reader.take("[") {
                let name = try reader.word("a section such as [prod]")
                guard reader.take("]"), reader.endsLine() else { throw reader.wanted("a section such as [prod]") }
                current = profiles.firstIndex { $0.name == name }
                if let current {
                    profiles[current].note(reader.wanted("only one section [\(name.text)]"))
                } else {
                    current = profiles.count
                    profiles.append(Profile(name: name))
                }
            } else {
                guard let current else { throw reader.wanted("a section such as [prod] before the first setting") }
                do throws(OptionError) {
                    let setting = try setting(in: &reader, of: profiles[current], isExposed: isExposed)
                    profiles[current].settings.append(setting)
                } catch {
                    if case .exposedPassword = error { throw error }
                    profiles[current].note(error)
                    reader.skipLine()
                }
            }
        }
    }

    private func setting(
        in reader: inout Reader, of profile: Profile, isExposed: Bool
    ) throws(OptionError) -> Setting {
        var setting = try reader.setting()
        guard let option = OptionTable.row(inProfiles: setting.key) else {
            throw .unknownSetting(
                place(setting.line), setting.key, near: OptionTable.settings(near: setting.key),
                known: OptionTable.rows.compactMap(\.profileKey).sorted())
        }
        if profile.settings.contains(where: { $0.key == setting.key }) {
            throw reader.wanted("only one \(setting.key.text) in a section")
        }
        if option.value?.kind == .uri { setting.completeURIs() }
        if isExposed, setting.values.contains(where: { !option.place(ofPasswordIn: $0.text).isEmpty }) {
            throw .exposedPassword(place(setting.line))
        }
        return setting
    }

    func place(_ line: Int) -> SourceLine { SourceLine(file: path, number: line) }

    package func has(_ name: ByteString) -> Bool { profiles.contains { $0.name == name } }

    func settings(of name: ByteString) throws(OptionError) -> [Setting] {
        guard let profile = profiles.first(where: { $0.name == name }) else {
            func names(where isMeant: (Profile) -> Bool) -> [String] { profiles.filter(isMeant).map(\.name.text) }
            throw .noProfile(
                name, file: path, known: names { $0.fault == nil }, faulty: names { $0.fault != nil })
        }
        if let fault = profile.fault { throw fault }
        return profile.settings
    }

    /// Reads the text.
    private struct Reader {
        let path: String
        private let text: [UInt8]
        private var index: Int
        private var line = 1

        init(path: String, _ text: [UInt8]) {
            self.path = path
            self.text = text
            index = text.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        }

        private var next: UInt8? { index < text.count ? text[index] : nil }

        func wanted(_ wanted: String) -> OptionError {
            .badProfile(SourceLine(file: path, number: line), wanted: wanted)
        }

        private mutating func advance() {
            if next == UInt8(ascii: "\n") { line += 1 }
            index += 1
        }

        private mutating func skipBlanks() {
            while next == 0x20 || next == 0x09 || next == 0x0d { advance() }
            guard next == UInt8(ascii: "#") else { return }
            while let byte = next, byte != UInt8(ascii: "\n") { advance() }
        }

        /// Skips blanks, comments and line endings. False at the end of the text.
        mutating func skipsToNext() -> Bool {
            skipBlanks()
            while next == UInt8(ascii: "\n") {
                advance()
                skipBlanks()
            }
            return next != nil
        }

        /// Skips the line reached, unless a section begins there: the list before it lacks its end.
        mutating func skipLine() {
            while index > 0, text[index - 1] != UInt8(ascii: "\n") { index -= 1 }
            skipBlanks()
            guard next != UInt8(ascii: "[") else { return }
            while let byte = next, byte != UInt8(ascii: "\n") { advance() }
        }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard next == UInt8(ascii: character) else { return false }
            advance()
            return true
        }

        mutating func endsLine() -> Bool {
            skipBlanks()
            return next == nil || next == UInt8(ascii: "\n")
        }

        /// Letters, digits and the punctuation of addresses and numbers.
        mutating func word(_ wanted: String) throws(OptionError) -> ByteString {
            let start = index
            while let byte = next, byte.isWordByte { advance() }
            guard index > start else { throw self.wanted(wanted) }
            return ByteString(text[start..<index])
        }

        mutating func setting() throws(OptionError) -> Setting {
            let start = line
            let key = try word("NAME = VALUE")
            skipBlanks()
            guard take("=") else { throw wanted("NAME = VALUE") }
            skipBlanks()
            var values: [Value] = []
            if take("[") {
                while skipsToNext(), !take("]") {
                    values.append(try value())
                    guard skipsToNext(), take(",") || next == UInt8(ascii: "]") else {
                        throw wanted("a comma or ] after the value")
                    }
                }
                if text[index - 1] != UInt8(ascii: "]") { throw wanted("] at the end of the list") }
            } else {
                values.append(try value())
            }
            guard endsLine() else {
                throw wanted("the end of the line after the value (quote text that contains spaces)")
            }
            return Setting(key: key, values: values, line: start)
        }

        private mutating func value() throws(OptionError) -> Value {
            let line = line
            guard let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
                return Value(text: try word("a value"), line: line)
            }
            advance()
            var bytes: [UInt8] = []
            while let byte = next, byte != quote {
                guard byte != UInt8(ascii: "\n") else { break }
                advance()
                bytes.append(byte == UInt8(ascii: "\\") && quote == UInt8(ascii: "\"") ? try escaped() : byte)
            }
            guard next == quote else { throw wanted("a closing quote on the same line as the opening one") }
            advance()
            return Value(text: ByteString(bytes), line: line)
        }

        private mutating func escaped() throws(OptionError) -> UInt8 {
            defer { advance() }
            switch next {
            case UInt8(ascii: "\""): return UInt8(ascii: "\"")
            case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
            case UInt8(ascii: "n"): return 0x0a
            case UInt8(ascii: "t"): return 0x09
            default: throw wanted(#"\", \\, \n or \t after a backslash (text in single quotes is taken literally)"#)
            }
        }
    }
}

extension UInt8 {
    fileprivate var isWordByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "/"),
            UInt8(ascii: "~"),
            0x80...:
            true
        default: false
        }
    }
}

extension Option {
    /// What the option is called in a profile; nil for one that does not belong in profiles.
    package var profileKey: String? {
        if let key { return "\(key)" }
        switch category {
        case .connection, .authentication, .encryption, .cluster:
            return names.first { "\($0)".hasPrefix("--") }.map { String("\($0)".dropFirst(2)) }
        case .profiles, .input, .load, .output, .modes, .tools, .information: return nil
        }
    }

    /// The bytes of a value that are a password, which others must not read.
    func place(ofPasswordIn value: ByteString) -> Range<Int> {
        switch self.value?.kind {
        case .secret: 0..<value.count
        case .uri: (try? SeedURI(OptionValue(option: "", bytes: value)))?.placeOfPassword ?? 0..<0
        default: 0..<0
        }
    }
}

extension OptionTable {
    static func row(inProfiles key: ByteString) -> Option? {
        let key = key.text
        return rows.first { $0.profileKey == key }
    }

    /// The settings that may have been meant: those of similar names, else that of the option or the value with such a
    /// name, as `u` and `url` stand for the URI of -u, whose setting is `seeds`.
    fileprivate static func settings(near key: ByteString) -> [String] {
        let settings = rows.filter { $0.profileKey != nil }
        let near = Suggestions.near(key, of: settings.compactMap(\.profileKey))
        guard near.isEmpty else { return near }
        let meant = settings.filter { option in
            let names = option.names.map { String("\($0)".drop { $0 == "-" }) }
            let value = option.value.map { "\($0.name)".lowercased() }
            return (names + [value].compactMap(\.self)).contains { name in
                name == key.text.lowercased() || !Suggestions.near(key, of: [name]).isEmpty
            }
        }
        return meant.count == 1 ? meant.compactMap(\.profileKey) : []
    }
}
