import Terminal
import Options
import Commands
import Engine
import Presentation
import RESP
import Routing

/// What `:set` shows, and `:set NAME VALUE` and the lines of the preferences file can change.
enum Preferences {
    private struct Row: Sendable {
        typealias Path<Value> = any ReferenceWritableKeyPath<Session, Value> & Sendable

        let name: StaticString
        /// What Tab offers.
        var values: [String] = []
        /// As it would be typed; nil when there is none.
        let current: @Sendable (_ session: Session) -> String?
        let set: @Sendable (_ value: OptionValue, _ session: Session) throws(OptionError) -> Void

        static func choice<Value: Equatable & Sendable>(
            _ name: StaticString, _ path: Path<Value>, _ choices: [(name: String, value: Value)]
        ) -> Row {
            Row(
                name: name, values: choices.map(\.name),
                current: { session in choices.first { $0.value == session[keyPath: path] }?.name }
            ) { (value, session) throws(OptionError) in session[keyPath: path] = try value.choice(of: choices) }
        }

        static func flag(_ name: StaticString, _ path: Path<Bool>) -> Row {
            choice(name, path, [("on", true), ("off", false)])
        }
    }

    private static let rows: [Row] = [
        .choice("format", \.style.format, Format.allCases.map { ("\($0.row.name)", $0) }),
        .flag("timing", \.presenter.showsTiming),
        .flag("hints", \.showsHints),
        .choice("theme", \.theme, Theme.allCases.map { ($0.rawValue, $0) }),
        .flag("objects", \.style.readsObjects),
        Row(name: "pager", values: ["on", "off"], current: { $0.presenter.pager ?? "off" }) { value, session in
            let text = value.bytes
            session.presenter.pager =
                text.matches("off") ? nil : text.matches("on") ? PagerProcess.standardCommand ?? "less" : text.text
        },
        .flag("strict", \.engine.router.isStrict),
        .flag("read-only", \.engine.router.isReadOnly),
        .choice(
            "aggregate", \.engine.router.aggregation, [("table", .byTable), ("always", .always), ("never", .never)]),
        Row(
            name: "read-from", values: ReadPreference.forms.dropLast(), current: { $0.engine.router.readFrom.text }
        ) { (value, session) throws(OptionError) in
            session.engine.router.readFrom = try value.readPreference()
        },
        Row(name: "retry-for", current: { $0.engine.retryFor.shortText }) { (value, session) throws(OptionError) in
            session.engine.retryFor = try value.seconds()
        },
        Row(name: "key-prefix", current: { Quoting.utf8.word($0.engine.router.keyPrefix) }) {
            (value, session) throws(OptionError) in
            session.engine.router.keyPrefix = try value.keyPrefix()
        },
        Row(
            name: "unblock", values: OptionValue.liftable,
            current: { session in
                let names = session.engine.router.unblocked.map { OptionValue.unblocking("\($0.text)") }
                return names.isEmpty ? nil : names.sorted().joined(separator: "\n:set unblock ")
            }
        ) { (value, session) throws(OptionError) in session.engine.router.unblocked.insert(try value.liftable()) },
    ]

    static var names: [String] { rows.map { "\($0.name)" } }

    static func values(of name: ByteString) -> [String] {
        rows.first { name.matches($0.name) }?.values ?? []
    }

    /// The line that would set the preference to what it is.
    private static func line(_ row: Row, _ session: Session) -> String {
        guard let value = row.current(session) else { return "" }
        return ":set \(row.name) \(session.style.isOnTerminal ? VisibleText.text(value) : value)\n"
    }

    /// `:set NAME VALUE`, and redis-cli's `:set hints` and `:set nohints`. Without a value it shows what is set.
    static func set(_ arguments: [ByteString], in session: Session, at place: SourceLine?) -> LineRunner.Outcome {
        guard let name = arguments.first else {
            if !session.dialect.listsPreferences { return .done(session.fail(.unknownWord(":set"), at: place)) }
            return .done(session.presenter.show(rows.map { line($0, session) }.joined()))
        }
        if arguments.count == 1, name.matches("hints") || name.matches("nohints") {
            session.showsHints = name.matches("hints")
            return .done(.ok)
        }
        guard let row = rows.first(where: { name.matches($0.name) }) else {
            return .done(session.fail(.unknownPreference(name, known: rows.map { "\($0.name)" }), at: place))
        }
        guard arguments.count > 1 else { return .done(session.presenter.show(line(row, session))) }
        let value = ByteString(Array(arguments.dropFirst().map(\.bytes).joined(separator: [0x20])))
        do {
            try row.set(OptionValue(option: name, bytes: value), session)
            return .done(.ok)
        } catch {
            return .done(session.fail(.badPreference(error), at: place))
        }
    }
}
