import Terminal
import Options
import Commands
import Engine
import Presentation
import RESP
import Routing

/// The settings: what `:set` shows, and what `:set NAME VALUE`, `:unset NAME` and the preferences file change.
enum Preferences {
    private struct Row: Sendable {
        typealias Path<Value> = any ReferenceWritableKeyPath<Session, Value> & Sendable

        let name: StaticString
        /// What it is for, in a few words.
        let help: StaticString
        /// What Tab offers.
        let values: [String]
        /// A description of its values, where ``values`` does not list them all.
        let form: String?
        /// The current value as it would be typed; nil when there is none.
        let current: @Sendable (_ session: Session) -> String?
        let set: @Sendable (_ value: OptionValue, _ session: Session) throws(OptionError) -> Void
        /// True for a value that it accepts.
        let accepts: @Sendable (_ value: OptionValue, _ session: Session) -> Bool
        /// Returns a closure that restores the current value.
        let keep: @Sendable (_ session: Session) -> () -> Void

        /// - Parameters:
        ///   - path: the property that is set.
        ///   - read: parses a value.
        init<Value: Sendable>(
            _ name: StaticString, _ path: Path<Value>, _ help: StaticString, values: [String] = [],
            form: String? = nil, current: @escaping @Sendable (Session) -> String?,
            read: @escaping @Sendable (OptionValue, Session) throws(OptionError) -> Value
        ) {
            self.name = name
            self.help = help
            self.values = values
            self.form = form
            self.current = current
            set = { (value, session) throws(OptionError) in session[keyPath: path] = try read(value, session) }
            accepts = { value, session in (try? read(value, session)) != nil }
            keep = { session in
                let value = session[keyPath: path]
                return { session[keyPath: path] = value }
            }
        }

        static func choice<Value: Equatable & Sendable>(
            _ name: StaticString, _ path: Path<Value>, _ choices: [(name: String, value: Value)], _ help: StaticString
        ) -> Row {
            Row(
                name, path, help, values: choices.map(\.name),
                current: { session in choices.first { $0.value == session[keyPath: path] }?.name }
            ) { (value, _) throws(OptionError) in try value.choice(of: choices) }
        }

        static func flag(_ name: StaticString, _ path: Path<Bool>, _ help: StaticString) -> Row {
            choice(name, path, [("on", true), ("off", false)], help)
        }

        /// What it is for, and which values it takes.
        var description: String { "\(help) (\(form ?? values.joined(separator: ", ")))" }
    }

    /// The default for strings on a terminal, in bytes.
    static var longestValue: Int { 4096 }

    private static let rows: [Row] = [
        .choice(
            "format", \.lastingStyle.format, Format.allCases.map { ("\($0.row.name)", $0) }, "how replies are printed"),
        .flag("fold", \.lastingStyle.folds, "show equal replies of several nodes once"),
        Row(
            "columns", \.presenter.columns, "which columns tables show", values: ["auto", "all"],
            form: "auto, all or names", current: { $0.presenter.columns.text }
        ) { value, _ in Table.Choice(value.bytes) },
        Row(
            "max-value", \.lastingStyle.longestValue, "how many bytes of a string are shown", values: ["off"],
            form: "off or a size such as 4k",
            current: { $0.lastingStyle.longestValue == .max ? "off" : "\($0.lastingStyle.longestValue)" }
        ) { (value, _) throws(OptionError) in value.bytes.matches("off") ? .max : try value.size() },
        .flag("timing", \.presenter.showsTiming, "show how long each command takes"),
        .flag("notes", \.presenter.showsNotes, "print notes on stderr, such as that a command was not atomic"),
        .flag("hints", \.showsHints, "show in gray which arguments follow"),
        .flag("suggestions", \.showsSuggestions, "suggest in gray the rest of a line from the history"),
        .choice(
            "theme", \.theme, Theme.allCases.map { ($0.rawValue, $0) }, "colors that suit the terminal's background"),
        .flag("objects", \.lastingStyle.readsObjects, "parse INFO, CLIENT LIST and the like into objects"),
        Row(
            "pager", \.presenter.pager, "the program that shows tall replies", values: ["on", "off"],
            form: "on, off or a command", current: { $0.presenter.pager ?? "off" }
        ) { value, _ in
            let text = value.bytes
            return text.matches("off") ? nil : text.matches("on") ? PagerProcess.standardCommand ?? "less" : text.text
        },
        .flag("strict", \.engine.router.isStrict, "have the server refuse cross-slot commands"),
        .flag("read-only", \.engine.router.isReadOnly, "refuse commands that could modify data"),
        .choice(
            "aggregate", \.engine.router.aggregation, [("table", .byTable), ("always", .always), ("never", .never)],
            "whether to combine the replies of several nodes"),
        Row(
            "read-from", \.engine.router.readFrom, "which nodes answer reads", values: ReadPreference.forms.dropLast(),
            form: ReadPreference.forms.joined(separator: ", "), current: { $0.engine.router.readFrom.text }
        ) { (value, _) throws(OptionError) in try value.readPreference() },
        Row(
            "retry-for", \.engine.retryFor, "how long to retry while a master is away", form: "seconds",
            current: { $0.engine.retryFor.shortText }
        ) { (value, _) throws(OptionError) in try value.seconds() },
        Row(
            "key-prefix", \.engine.router.keyPrefix, "prefix for temporary keys", form: "text",
            current: { Quoting.utf8.word($0.engine.router.keyPrefix) }
        ) { (value, _) throws(OptionError) in try value.keyPrefix() },
        Row(
            "unblock", \.engine.router.unblocked, "allow a command that is blocked on a cluster",
            values: OptionValue.liftable,
            current: { session in
                let names = session.engine.router.unblocked.map { CommandTable.unblocking($0.text) }
                return names.isEmpty ? nil : names.sorted().joined(separator: ",")
            }
        ) { (value, session) throws(OptionError) in
            session.engine.router.unblocked.union(try value.liftables())
        },
    ]

    static var names: [String] { rows.map { "\($0.name)" } }

    static func values(of name: ByteString) -> [String] {
        rows.first { name.matches($0.name) }?.values ?? []
    }

    /// True for a value that the setting accepts, or an unfinished one that may become acceptable.
    static func accepts(
        _ value: ByteString, as name: ByteString, isUnfinished: Bool, in session: Session
    ) -> Bool {
        guard let row = row(name) else { return true }
        let mayBecome =
            row.form != nil || row.values.contains { $0.uppercased().hasPrefix(value.uppercased.text) }
        return isUnfinished && mayBecome || row.accepts(OptionValue(option: name, bytes: value), session)
    }

    /// Each setting and what it is for.
    static var help: [HelpTopic.Entry] { rows.map { .init("\($0.name)", $0.description) } }

    // MARK: Shown

    /// The lines that would set the preferences to their current values; for people, with what each is for.
    private static func show(_ rows: [Row], _ session: Session) -> ExitStatus {
        guard session.style.format.isForPeople else {
            let values = rows.flatMap { row -> [RESPValue] in
                let text = row.current(session)
                let number = text.flatMap { Int($0) }.map { RESPValue.integer($0) }
                return [.text("\(row.name)"), number ?? .text(text)]
            }
            return session.show(.map(values))
        }
        let window = session.presenter.window
        let lines = rows.map { row in
            let value = row.current(session).map { session.style.isOnTerminal ? VisibleText.text($0) : $0 }
            return (row: row, text: value.map { ":set \(row.name) \($0)" } ?? "")
        }
        guard session.style.isOnTerminal, session.style.format.isForPeople else {
            let aliases = rows.count > 1 ? session.aliasLines(session.aliases) : ""
            return
                session.presenter.show(lines.filter { !$0.text.isEmpty }.map { $0.text + "\n" }.joined() + aliases)
        }
        let text = lines.map { row, text in
            HelpTopic.Entry(
                text.isEmpty ? ":set \(row.name)" : text, text.isEmpty ? "\(row.description): none" : row.description
            ).text(at: 30, in: window.columns)
        }
        return session.presenter.show(text.joined())
    }

    // MARK: Changed

    /// `:set NAME VALUE`, and redis-cli's `:set hints` and `:set nohints`. Without a value, shows the current one.
    static func set(_ arguments: [ByteString], in session: Session, at place: SourceLine?) -> ExitStatus {
        let shows = session.dialect.showsPreferences
        guard let name = arguments.first else {
            return shows ? show(rows, session) : session.fail(.unknownWord(":set"), at: place)
        }
        if arguments.count == 1, name.matches("nohints") || name.matches("hints") && !shows {
            session.showsHints = name.matches("hints")
            return .ok
        }
        guard shows, let row = row(name) else { return unknown(name, session, at: place) }
        guard arguments.count > 1 else { return show([row], session) }
        let value = ByteString(Array(arguments.dropFirst().map(\.bytes).joined(separator: [0x20])))
        do {
            let restore = row.keep(session)
            try row.set(OptionValue(option: name, bytes: value), session)
            session.firstSettings["\(row.name)"] = session.firstSettings["\(row.name)"] ?? restore
            return .ok
        } catch {
            return session.fail(.badPreference(error), at: place)
        }
    }

    /// `:unset NAME`: restores what the session started with.
    static func unset(_ name: ByteString, in session: Session, at place: SourceLine?) -> ExitStatus {
        guard let row = row(name) else { return unknown(name, session, at: place) }
        session.firstSettings.removeValue(forKey: "\(row.name)")?()
        return .ok
    }

    private static func row(_ name: ByteString) -> Row? { rows.first { name.matches($0.name) } }

    private static func unknown(_ name: ByteString, _ session: Session, at place: SourceLine?) -> ExitStatus {
        session.fail(.unknownPreference(name, known: names), at: place)
    }
}

extension Table.Choice {
    /// `auto`, `all`, or column names separated by commas.
    fileprivate init(_ text: ByteString) {
        let names = text.text.split { $0 == "," || $0 == " " }.map(String.init)
        self = text.matches("auto") || names.isEmpty ? .fitting : text.matches("all") ? .all : .named(names)
    }

    fileprivate var text: String {
        switch self {
        case .fitting: "auto"
        case .all: "all"
        case .named(let names): names.joined(separator: ",")
        }
    }
}
