import Commands
import Engine
import RESP
import Routing

/// Names that only a server knows, for completion. One node is asked, with a short timeout; none in a transaction,
/// whose connection must not be used for questions, and none while messages are being read.
struct ServerNames {
    typealias Name = (name: ByteString, meaning: String)

    /// Where the names of a value come from, by what the servers' syntax lines call it.
    private struct Source {
        let values: [String]
        /// Nil when more has to be typed first.
        let question: (_ words: [ByteString], _ key: Int?) -> [ByteString]?
        let read: (_ reply: RESPValue) -> [Name]

        init(
            _ values: String..., question: @escaping ([ByteString], Int?) -> [ByteString]?,
            read: @escaping (RESPValue) -> [Name] = { $0.elements.map { ($0.byteString, "") } }
        ) {
            self.values = values
            self.question = question
            self.read = read
        }
    }

    private let session: Session

    /// How many seconds the node has to answer.
    private static let patience = 0.2
    /// How many streams are searched if none is named.
    private static let mostStreams = 10
    /// How many fields of a hash are looked at.
    private static let mostFields: ByteString = "200"

    init(_ session: Session) {
        self.session = session
    }

    var mayAsk: Bool {
        !session.engine.transaction.isInBlock && session.stream == nil && session.presenter.isConnected
    }

    /// The names that the argument after these words can be.
    func names(of value: String, _ entry: Vocabulary.Entry, _ words: [ByteString]) -> [Name] {
        guard mayAsk else { return [] }
        if entry.row?.flags.contains(.namesSettings) == true { return settings(value, words) }
        guard let source = Self.sources.first(where: { $0.values.contains(value) }) else { return [] }
        func names(_ words: [ByteString], _ key: Int?) -> [Name] {
            guard let question = source.question(words, key) else { return [] }
            return ask(question, key: key.map { words[$0] }).map(source.read) ?? []
        }
        if let key = entry.row?.keys.indexes(in: words).first { return names(words, key) }
        guard value == "group" || value == "consumer" else { return names(words, nil) }
        // XREADGROUP names its streams after the group and the consumer.
        let streams = session.engine.findKeys(beginningWith: "", type: "stream").prefix(Self.mostStreams)
        return streams.flatMap { names([words[0], $0] + words.dropFirst(2), 1) }
    }

    private func ask(_ question: [ByteString], key: ByteString?) -> RESPValue? {
        let map = session.engine.map
        let node = key.flatMap { map.owners[HashSlot(key: $0)] } ?? map.home
        guard case .success(let reply) = session.engine.ask([node], for: question, timeout: Self.patience)[0],
            !reply.isError
        else { return nil }
        return reply
    }

    // MARK: Settings

    /// Names of settings with their values, and after a name the values that it takes.
    private func settings(_ value: String, _ words: [ByteString]) -> [Name] {
        switch value {
        case "parameter":
            return ask(["CONFIG", "GET", "*"], key: nil)?.pairs.map { name, value in
                (name.byteString, isSecret(name.byteString) ? "" : value.text)
            } ?? []
        case "value":
            guard let name = words.last, !isSecret(name),
                let now = ask(["CONFIG", "GET", name], key: nil)?.pairs.first?.value.text
            else { return [] }
            let values = Self.choices.first { $0.values.contains(now) && $0.fits(name.text) }?.values ?? [now]
            return values.map { (ByteString($0), $0 == now ? "current" : "") }
        default: return []
        }
    }

    private func isSecret(_ setting: ByteString) -> Bool {
        Sensitivity.secretParameter.isSecret(["SET", setting])
    }

    /// Values of settings that accept nothing else; the server does not list them. A setting that is yes or no accepts
    /// both.
    private static var choices: [(values: [String], fits: (String) -> Bool)] {
        [
            (
                [
                    "noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu",
                    "volatile-random", "volatile-ttl",
                ], { $0 == "maxmemory-policy" }
            ),
            (["always", "everysec", "no"], { $0 == "appendfsync" }),
            (["debug", "verbose", "notice", "warning", "nothing"], { $0 == "loglevel" }),
            (["disabled", "on-empty-db", "swapdb"], { $0 == "repl-diskless-load" }),
            (["ip", "hostname", "unknown-endpoint"], { $0 == "cluster-preferred-endpoint-type" }),
            (["no", "clients"], { $0 == "sanitize-dump-payload" }),
            (["allchannels", "resetchannels"], { $0 == "acl-pubsub-default" }),
            (["yes", "no"], { _ in true }),
        ]
    }

    // MARK: Everything else

    private static var sources: [Source] {
        [
            Source("section", question: { _, _ in ["INFO", "everything"] }) { reply in
                let headings = reply.text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("# ") }
                return (headings.map { String($0.dropFirst(2)) } + ["all", "default", "everything"])
                    .map { (ByteString($0.lowercased()), "") }
            },
            Source("username", question: { _, _ in ["ACL", "USERS"] }),
            Source("category", "categoryname", question: { _, _ in ["ACL", "CAT"] }),
            Source("rule", question: { _, _ in ["ACL", "CAT"] }) { reply in
                let categories = reply.elements.map(\.text).flatMap { ["+@\($0)", "-@\($0)"] }
                return (rules + categories).map { (ByteString($0), "") }
            },
            Source("channel", question: { _, _ in ["PUBSUB", "CHANNELS"] }),
            Source("shardchannel", question: { _, _ in ["PUBSUB", "SHARDCHANNELS"] }),
            Source("event", question: { _, _ in ["LATENCY", "LATEST"] }) { reply in
                reply.elements.compactMap { $0.elements.first { _ in true }.map { ($0.byteString, "") } }
            },
            Source("function", question: { _, _ in ["FUNCTION", "LIST"] }) { reply in
                reply.elements.flatMap { library -> [Name] in
                    let name = library[field: "library_name"]?.text ?? ""
                    return library[field: "functions"]?.elements.map { ($0[field: "name"]?.byteString ?? "", name) }
                        ?? []
                }
            },
            Source(
                "library-name", "library-name-pattern", question: { _, _ in ["FUNCTION", "LIST"] }, read: libraries),
            Source(
                "group", "groupname", question: { words, key in key.map { ["XINFO", "GROUPS", words[$0]] } },
                read: namesWithPending),
            Source(
                "consumer", "consumername",
                question: { words, key in
                    guard let key, words.count > key + 1 else { return nil }
                    return ["XINFO", "CONSUMERS", words[key], words[key + 1]]
                }, read: namesWithPending),
            Source("field", question: { words, key in key.map { ["HSCAN", words[$0], "0", "COUNT", mostFields] } }) {
                reply in
                reply.page?.found.pairs.map { ($0.key.byteString, $0.value.text) } ?? []
            },
        ]
    }

    private static func libraries(_ reply: RESPValue) -> [Name] {
        reply.elements.map { ($0[field: "library_name"]?.byteString ?? "", $0[field: "engine"]?.text ?? "") }
    }

    private static func namesWithPending(_ reply: RESPValue) -> [Name] {
        reply.elements.map { ($0[field: "name"]?.byteString ?? "", "\($0[field: "pending"]?.text ?? "0") pending") }
    }

    /// The rules of ACL SETUSER that are a single word.
    private static let rules = [
        "on", "off", "nopass", "resetpass", "allkeys", "resetkeys", "allchannels", "resetchannels", "allcommands",
        "nocommands", "reset", "clearselectors", "sanitize-payload", "skip-sanitize-payload",
    ]
}
