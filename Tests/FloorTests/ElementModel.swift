import Commands
import RESP
import Routing

/// Servers with lists and sets, as far as a move of an element and its recovery need them. Carries out the requests of
/// plans, and can stop or lose a reply at any of them.
final class ElementModel {
    enum Value: Equatable {
        case list([ByteString])
        case set(Set<ByteString>)
        case string
    }

    private(set) var values: [ByteString: Value]
    private(set) var expiries: [ByteString: Int] = [:]
    /// Requests carried out so far.
    private(set) var count = 0
    /// What WAIT says.
    var replicas = 1

    private static let wrongType = RESPValue.error(
        "WRONGTYPE Operation against a key holding the wrong kind of value")
    static let node = NodeAddress(host: "127.0.0.1", port: 7000)

    init(_ values: [ByteString: Value], expiries: [ByteString: Int] = [:]) {
        self.values = values
        self.expiries = expiries
    }

    /// Every element of every list and set, whatever the key, in order.
    var elements: [ByteString] {
        values.values.flatMap { value -> [ByteString] in
            switch value {
            case .list(let elements): elements
            case .set(let members): Array(members)
            case .string: []
            }
        }.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    /// Names of keys that are not the user's.
    var privateKeys: [ByteString] { values.keys.filter { $0.hasPrefix("slotline:") } }

    func put(_ key: ByteString, _ value: Value) {
        values[key] = value
    }

    enum Fate {
        case carriedOut
        /// The reply to the request of this number is lost; it was carried out all the same, or it was not.
        case lost(at: Int, isCarriedOut: Bool)
        /// Nothing is carried out from this request on.
        case stopped(at: Int)
    }

    /// - Returns: the step the plan ended with; nil when it was stopped.
    func run(_ advance: ([RequestOutcome]) -> PlanStep, fate: Fate = .carriedOut) -> PlanStep? {
        count = 0
        var outcomes: [RequestOutcome] = []
        while true {
            let step = advance(outcomes)
            guard case .send(let requests, _) = step else { return step }
            outcomes = []
            for request in requests {
                defer { count += 1 }
                switch fate {
                case .stopped(let number) where number == count: return nil
                case .lost(let number, let isCarriedOut) where number == count && !request.isReadonly:
                    if isCarriedOut { _ = replies(to: request) }
                    outcomes.append(.failure(.unclear))
                default: outcomes.append(.reply(replies(to: request), from: Self.node))
                }
            }
        }
    }

    private func replies(to request: Request) -> RESPValue {
        let replies = request.commands.map(reply)
        return replies.count == 1 ? replies[0] : .array(replies)
    }

    private func reply(to words: [ByteString]) -> RESPValue {
        switch words[0] {
        case "PEXPIRETIME": .integer(values[words[1]] == nil ? -2 : expiries[words[1]] ?? -1)
        case "PTTL": .integer(values[words[1]] == nil ? -2 : expiries[words[1]] ?? -1)
        case "TIME": .array([.bulk("0"), .bulk("0")])
        case "WAIT": .integer(replicas)
        case "SCAN": .array([.bulk("0"), .array(privateKeys.map(RESPValue.bulk))])
        case "EXISTS": .integer(values[words[1]] == nil ? 0 : 1)
        case "DEL": .integer(set(words[1], nil) == nil ? 0 : 1)
        case "RENAME": rename(words[1], words[2])
        case "LLEN", "SCARD": size(words[1], isSet: words[0] == "SCARD")
        case "LRANGE", "SMEMBERS": .array(elements(of: words[1]).map(RESPValue.bulk))
        case "LPUSH", "RPUSH", "SADD": push(words[0], words[1], words[2])
        case "LMOVE": move(words[1], words[2], fromHead: words[3] == "LEFT", toHead: words[4] == "LEFT")
        case "SMOVE": moveMember(words[1], words[2], words[3])
        case "EVAL": evaluate(words)
        default: .error("ERR unknown command '\(words[0].text)'")
        }
    }

    /// The scripts of the plans, told apart by their shape: two keys for those that write, three more words for the
    /// marker's time to live, a number of milliseconds for the expiry of a key that is put back.
    private func evaluate(_ words: [ByteString]) -> RESPValue {
        if words[2] == "1" { return reply(to: [words[4], words[3]]) }
        let first = words[3]
        let second = words[4]
        if words[1].text.contains("'SET'") {
            guard set(second, .string) == nil else { return .integer(0) }
            let pushed = push(words[5], first, words[6])
            if pushed.isError { set(second, nil) }
            return pushed
        }
        guard values[first] != nil else { return .null }
        let isNew = values[second] == nil
        let pushed = push(words[5], second, words[6])
        if pushed.isError { return pushed }
        set(first, nil)
        if isNew, let time = words[7].integer, time > 0 { expiries[second] = time }
        return pushed
    }

    @discardableResult
    private func set(_ key: ByteString, _ value: Value?) -> Value? {
        defer { values[key] = value }
        if value == nil { expiries[key] = nil }
        return values[key]
    }

    private func elements(of key: ByteString) -> [ByteString] {
        switch values[key] {
        case .list(let elements): elements
        case .set(let members): Array(members)
        case .string, nil: []
        }
    }

    private func size(_ key: ByteString, isSet: Bool) -> RESPValue {
        switch values[key] {
        case nil: .integer(0)
        case .list(let elements) where !isSet: .integer(elements.count)
        case .set(let members) where isSet: .integer(members.count)
        case .list, .set, .string: Self.wrongType
        }
    }

    private func push(_ command: ByteString, _ key: ByteString, _ element: ByteString) -> RESPValue {
        let size = size(key, isSet: command == "SADD")
        guard !size.isError else { return size }
        let elements = elements(of: key)
        switch command {
        case "SADD": values[key] = .set(Set(elements + [element]))
        case "LPUSH": values[key] = .list([element] + elements)
        default: values[key] = .list(elements + [element])
        }
        return .integer(elements.count + 1)
    }

    private func rename(_ key: ByteString, _ other: ByteString) -> RESPValue {
        guard let value = set(key, nil) else { return .error("ERR no such key") }
        set(other, value)
        return .ok
    }

    private func move(_ source: ByteString, _ destination: ByteString, fromHead: Bool, toHead: Bool) -> RESPValue {
        let size = size(source, isSet: false)
        guard !size.isError else { return size }
        var rest = elements(of: source)
        guard !rest.isEmpty else { return .null }
        let element = fromHead ? rest.removeFirst() : rest.removeLast()
        set(source, rest.isEmpty ? nil : .list(rest))
        _ = push(toHead ? "LPUSH" : "RPUSH", destination, element)
        return .bulk(element)
    }

    private func moveMember(_ source: ByteString, _ destination: ByteString, _ member: ByteString) -> RESPValue {
        let size = size(source, isSet: true)
        guard !size.isError else { return size }
        var rest = Set(elements(of: source))
        guard rest.remove(member) != nil else { return .integer(0) }
        set(source, rest.isEmpty ? nil : .set(rest))
        _ = push("SADD", destination, member)
        return .integer(1)
    }
}
