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
        /// Of an element that was moved.
        case marker(ByteString)
    }

    private(set) var values: [ByteString: Value]
    private(set) var expiries: [ByteString: Int] = [:]
    /// Requests carried out so far.
    private(set) var count = 0
    /// What WAIT says.
    var replicas = 1
    /// What SET says in scripts, for a server that takes no writes; nil for one that does.
    var refusal: RESPValue?
    /// The slot of a node that is down.
    var slotWithoutNode: HashSlot?
    /// True when SCAN does not find elements under way.
    var hidesStages = false
    /// Milliseconds of the clock.
    private var now = 0

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
            case .string, .marker: []
            }
        }.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    /// Names of keys that are not the user's.
    var privateKeys: [ByteString] { values.keys.filter { $0.hasPrefix("slotline:") } }

    private var scannedKeys: [ByteString] {
        hidesStages ? privateKeys.filter { !$0.hasPrefix("slotline:stage:") } : privateKeys
    }

    /// Lets time go by, and what has expired by then go.
    func elapse(days: Int) {
        now += days * 86_400_000
        for (key, time) in expiries where time <= now { set(key, nil) }
    }

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
                default: outcomes.append(outcome(of: request))
                }
            }
        }
    }

    /// Carries out a request, as often as it arrives.
    @discardableResult
    func outcome(of request: Request) -> RequestOutcome {
        if let slot = slotWithoutNode, request.route == .slot(slot) { return .failure(.lost) }
        return .reply(replies(to: request), from: Self.node)
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
        case "INFO": .bulk("run_id:1")
        case "SCAN": .array([.bulk("0"), .array(scannedKeys.map(RESPValue.bulk))])
        case "EXISTS": .integer(values[words[1]] == nil ? 0 : 1)
        case "DEL": .integer(set(words[1], nil) == nil ? 0 : 1)
        case "EXPIRE": expire(words[1], words[2])
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

    /// The scripts of the plans, told apart by their shape: those that read a marker have it as their first key and its
    /// time to live as their first argument, the look at the destination has one key.
    private func evaluate(_ words: [ByteString]) -> RESPValue {
        guard words[1].text.contains("'GET'") else {
            return words[2] == "1" ? reply(to: [words[4], words[3]]) : putBack(words)
        }
        let isDelivery = words[2] == "2"
        if case .marker(let text) = values[words[3]] {
            if text.isEmpty { return .integer(0) }
            return isDelivery ? .error(text.text) : .integer(1)
        }
        if let refusal { return refusal }
        guard isDelivery else {
            set(words[3], .marker(words[5]))
            _ = expire(words[3], words[4])
            return .integer(1)
        }
        set(words[3], .marker(""))
        let pushed = push(words[6], words[4], words[7])
        if pushed.isError { set(words[3], nil) }
        return pushed
    }

    private func putBack(_ words: [ByteString]) -> RESPValue {
        guard values[words[3]] != nil else { return .null }
        let isNew = values[words[4]] == nil
        let pushed = push(words[5], words[4], words[6])
        if pushed.isError { return pushed }
        set(words[3], nil)
        if isNew, let time = words[7].integer, time > 0 { expiries[words[4]] = time }
        return pushed
    }

    private func expire(_ key: ByteString, _ seconds: ByteString) -> RESPValue {
        guard values[key] != nil, let seconds = seconds.integer else { return .integer(0) }
        expiries[key] = now + seconds * 1000
        return .integer(1)
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
        case .string, .marker, nil: []
        }
    }

    private func size(_ key: ByteString, isSet: Bool) -> RESPValue {
        switch values[key] {
        case nil: .integer(0)
        case .list(let elements) where !isSet: .integer(elements.count)
        case .set(let members) where isSet: .integer(members.count)
        case .list, .set, .string, .marker: Self.wrongType
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
