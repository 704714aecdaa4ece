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
        let name: StaticString
        let wanted: String
        /// What Tab offers.
        var values: [String] = []
        /// As it would be typed; nil when there is none.
        let current: @Sendable (_ session: Session) -> String?
        /// False when the value is none of those wanted.
        let set: @Sendable (_ value: ByteString, _ session: Session) -> Bool
    }

    private static let rows: [Row] = [
        Row(
            name: "format", wanted: "pretty, raw, json, quoted-json or csv", values: formats.map { "\($0.name)" },
            current: { session in formats.first { $0.format == session.style.format }.map { "\($0.name)" } }
        ) { value, session in
            guard let format = formats.first(where: { value.matches($0.name) })?.format else { return false }
            session.style.format = format
            return true
        },
        Row(name: "timing", wanted: "on or off", values: onOff, current: { onOff($0.presenter.showsTiming) }) {
            value, session in
            set(&session.presenter.showsTiming, value)
        },
        Row(name: "hints", wanted: "on or off", values: onOff, current: { onOff($0.showsHints) }) { value, session in
            set(&session.showsHints, value)
        },
        Row(name: "objects", wanted: "on or off", values: onOff, current: { onOff($0.style.readsObjects) }) {
            value, session in
            set(&session.style.readsObjects, value)
        },
        Row(name: "pager", wanted: "on, off or a command", values: onOff, current: { $0.presenter.pager ?? "off" }) {
            value, session in
            session.presenter.pager =
                value.matches("off") ? nil : value.matches("on") ? PagerProcess.standardCommand ?? "less" : value.text
            return true
        },
        Row(name: "strict", wanted: "on or off", values: onOff, current: { onOff($0.engine.router.isStrict) }) {
            value, session in
            set(&session.engine.router.isStrict, value)
        },
        Row(
            name: "read-only", wanted: "on or off", values: onOff, current: { onOff($0.engine.router.isReadOnly) }
        ) { value, session in
            set(&session.engine.router.isReadOnly, value)
        },
        Row(
            name: "aggregate", wanted: "table, always or never", values: aggregations.map { "\($0.name)" },
            current: { session in
                aggregations.first { $0.mode == session.engine.router.aggregation }.map { "\($0.name)" }
            }
        ) { value, session in
            guard let mode = aggregations.first(where: { value.matches($0.name) })?.mode else { return false }
            session.engine.router.aggregation = mode
            return true
        },
        Row(name: "retry-for", wanted: "a number of seconds", current: { $0.engine.retryFor.shortText }) {
            value, session in
            guard let seconds = Double(value.text), seconds >= 0 else { return false }
            session.engine.retryFor = seconds
            return true
        },
        Row(
            name: "key-prefix", wanted: OptionTable.keyPrefixWanted,
            current: { Quoting.utf8.word($0.engine.router.keyPrefix) }
        ) { value, session in
            guard PrivateKeys.accepts(prefix: value) else { return false }
            session.engine.router.keyPrefix = value
            return true
        },
        Row(
            name: "unblock", wanted: "the name of a command that can be unblocked", values: liftable,
            current: { session in
                let names = session.engine.router.unblocked.map { typed("\($0.text)") }
                return names.isEmpty ? nil : names.sorted().joined(separator: "\n:set unblock ")
            }
        ) { value, session in
            guard let name = unblockable(value) else { return false }
            session.engine.router.unblocked.insert(name)
            return true
        },
    ]

    private static let formats: [(name: StaticString, format: Format)] = [
        ("pretty", .terminal), ("raw", .raw), ("json", .json), ("quoted-json", .quotedJSON), ("csv", .csv),
    ]

    private static let aggregations: [(name: StaticString, mode: AggregationMode)] = [
        ("table", .byTable), ("always", .always), ("never", .never),
    ]

    private static let onOff = ["on", "off"]

    private static func onOff(_ flag: Bool) -> String { flag ? "on" : "off" }

    private static let liftable = CommandTable.rows.filter { $0.block?.isLiftable == true }
        .map { typed("\($0.name)") }

    /// The name of a blocked command as `:unblock` takes it.
    private static func typed(_ name: String) -> String { name.lowercased().replacing(" ", with: "_") }

    static var names: [String] { rows.map { "\($0.name)" } }

    static func values(of name: ByteString) -> [String] {
        rows.first { name.matches($0.name) }?.values ?? []
    }

    private static func set(_ flag: inout Bool, _ value: ByteString) -> Bool {
        guard value.matches("on") || value.matches("off") else { return false }
        flag = value.matches("on")
        return true
    }

    /// The name of a liftable block in capitals; nil for any other text. `script_kill` is `SCRIPT KILL`.
    static func unblockable(_ text: ByteString) -> ByteString? {
        let name = ByteString(text.bytes.map { $0 == UInt8(ascii: "_") ? 0x20 : $0.asciiUppercased })
        return CommandTable.rows.contains { $0.block?.isLiftable == true && name.matches($0.name) } ? name : nil
    }

    /// The line that would set the preference to what it is.
    private static func line(_ row: Row, _ session: Session) -> String {
        row.current(session).map { ":set \(row.name) \($0)\n" } ?? ""
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
        guard row.set(value, session) else {
            return .done(
                session.fail(.badValue(of: name, value: value, wanted: row.wanted), at: place))
        }
        return .done(.ok)
    }
}
