import Commands
import RESP
import Routing

/// Servers with lists, sets and sorted sets, as far as a move of elements and its recovery need them. Carries out the
/// requests of plans, and can stop or lose a reply at any of them.
final class ElementModel {
    enum Value: Equatable {
        case list([ByteString])
        case set(Set<ByteString>)
        /// Members and their scores.
        case sortedSet([ByteString: Int])
        case string
        /// The marker of an element that was moved.
        case marker(ByteString)
    }

    private(set) var values: [ByteString: Value]
    private(set) var expiries: [ByteString: Int] = [:]
    /// Requests carried out so far.
    private(set) var count = 0
    /// The reply to WAIT.
    var replicas = 1
    /// The reply to SET in scripts, for a server that accepts no writes; nil for one that does.
    var refusal: RESPValue?
    /// The slot of a node that is down.
    var slotWithoutNode: HashSlot?
    /// True when SCAN does not find elements in transit.
    var hidesStages = false
    /// The clock, in milliseconds.
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
            case .sortedSet(let scores): Array(scores.keys)
            case .string, .marker: []
            }
        }.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    /// Names of keys that do not belong to the user.
    var privateKeys: [ByteString] { values.keys.filter { $0.hasPrefix("slotline:") } }

    private var scannedKeys: [ByteString] {
        hidesStages ? privateKeys.filter { !$0.hasPrefix("slotline:stage:") } : privateKeys
    }

    /// Lets time pass, and removes what has expired.
    func elapse(days: Int) {
        now += days * 86_400_000
        for (key, time) in expiries where time <= now { set(key, nil) }
    }

    func put(_ key: ByteString, _ value: Value) {
        values[key] = value
    }

    enum Fate {
        case carriedOut
        /// The reply to the request with this number is lost, whether or not it was carried out.
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

    /// Carries out a request, each time it arrives.
    @discardableResult
    func outcome(of request: Request) -> RequestOutcome {
        if let slot = slotWithoutNode, request.route == .slot(slot) { return .failure(.lost) }
        return .reply(replies(to: request), from: Self.node)
    }

    private func replies(to request: Request) -> RESPValue {
        if request.arguments == ["MULTI"] {
            let commands = request.commands.dropFirst().dropLast()
            return .array([.ok] + commands.map { _ in .status("QUEUED") } + [.array(commands.map(reply))])
        }
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
        case "LLEN", "SCARD", "ZCARD": size(words[1], words[0])
        case "LRANGE", "SMEMBERS", "ZRANGE": .array(elements(of: words[1]).map(RESPValue.bulk))
        case "ZMSCORE": scores(of: words[2...], in: words[1])
        case "LMOVE": move(words)
        case "LMOVEM": moveSeveral(words)
        case "ZMOVE", "ZMOVEMEMBER": moveScored(words)
        case "SMOVE": moveMember(words[1], words[2], words[3])
        case "EVAL": evaluate(words)
        default: .error("ERR unknown command '\(words[0].text)'")
        }
    }

    /// The scripts of the plans, told apart by their shape: those that read a marker have it as their first key and its
    /// time to live as their first argument; the look at the destination has one key.
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
        let changed = RESPValue.error("CHANGED the destination has got or lost one of the members")
        let known = Set(scored(words[4]).keys)
        switch words[5] {
        case "NX" where isDelivery && pairs(words[7...]).contains { known.contains($0.member) }: return changed
        case "XX" where isDelivery && pairs(words[7...]).contains { !known.contains($0.member) }: return changed
        default: break
        }
        guard isDelivery else {
            set(words[3], .marker(words[5]))
            _ = expire(words[3], words[4])
            return .integer(1)
        }
        set(words[3], .marker(""))
        let pushed = push(words[6], words[4], Array(words[7...]))
        if pushed.isError { set(words[3], nil) }
        return pushed
    }

    private func putBack(_ words: [ByteString]) -> RESPValue {
        guard values[words[3]] != nil else { return .null }
        let isNew = values[words[4]] == nil
        let pushed = push(words[5], words[4], Array(words[7...]), keepsScores: words[1].text.contains("'NX'"))
        if pushed.isError { return pushed }
        set(words[3], nil)
        if isNew, let time = words[6].integer, time > 0 { expiries[words[4]] = time }
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

    /// Scores come after their members.
    private func elements(of key: ByteString) -> [ByteString] {
        switch values[key] {
        case .list(let elements): elements
        case .set(let members): Array(members)
        case .sortedSet: ranked(key).flatMap { [$0.key, ByteString(String($0.value))] }
        case .string, .marker, nil: []
        }
    }

    private func scored(_ key: ByteString) -> [ByteString: Int] {
        if case .sortedSet(let scores) = values[key] { scores } else { [:] }
    }

    private func ranked(_ key: ByteString) -> [(key: ByteString, value: Int)] {
        scored(key).sorted { ($0.value, $0.key.text) < ($1.value, $1.key.text) }
    }

    private func scores(of members: ArraySlice<ByteString>, in key: ByteString) -> RESPValue {
        let size = size(key, "ZCARD")
        guard !size.isError else { return size }
        let scores = scored(key)
        return .array(members.map { scores[$0].map { .bulk(ByteString(String($0))) } ?? .null })
    }

    private func pairs(_ words: ArraySlice<ByteString>) -> [(score: Int, member: ByteString)] {
        let words = Array(words)
        return stride(from: 0, to: words.count - 1, by: 2).map { (words[$0].integer ?? 0, words[$0 + 1]) }
    }

    /// - Parameter command: the one that asks for it, or another for such keys.
    private func size(_ key: ByteString, _ command: ByteString) -> RESPValue {
        switch (values[key], command) {
        case (nil, _): .integer(0)
        case (.list(let elements), "LLEN"), (.list(let elements), "LPUSH"), (.list(let elements), "RPUSH"):
            .integer(elements.count)
        case (.set(let members), "SCARD"), (.set(let members), "SADD"): .integer(members.count)
        case (.sortedSet(let scores), "ZCARD"), (.sortedSet(let scores), "ZADD"): .integer(scores.count)
        default: Self.wrongType
        }
    }

    @discardableResult
    private func push(
        _ command: ByteString, _ key: ByteString, _ new: [ByteString], keepsScores: Bool = false
    ) -> RESPValue {
        let size = size(key, command)
        guard !size.isError else { return size }
        let old = elements(of: key)
        switch command {
        case "SADD": values[key] = .set(Set(old + new))
        case "LPUSH": values[key] = .list(new.reversed() + old)
        case "RPUSH": values[key] = .list(old + new)
        default:
            let pairs = pairs(new[...]).map { ($0.member, $0.score) }
            values[key] = .sortedSet(scored(key).merging(pairs) { keepsScores ? $0 : $1 })
        }
        return .integer(new.count)
    }

    private func rename(_ key: ByteString, _ other: ByteString) -> RESPValue {
        guard let value = set(key, nil) else { return .error("ERR no such key") }
        set(other, value)
        return .ok
    }

    private func move(_ words: [ByteString]) -> RESPValue {
        let reply = moveSeveral(words)
        if reply.isError { return reply }
        return reply.elements.first { _ in true } ?? .null
    }

    /// LMOVEM with BULK or OBO, and LMOVE.
    private func moveSeveral(_ words: [ByteString]) -> RESPValue {
        let size = size(words[1], "LLEN")
        guard !size.isError else { return size }
        let fromHead = words[3] == "LEFT", toHead = words[4] == "LEFT"
        let count = words.count > 6 ? words[6].integer ?? 1 : 1
        var rest = elements(of: words[1])
        if words.count > 5, words[5] == "EXACTLY", rest.count < count { return .null }
        let moved = Array(fromHead ? rest.prefix(count) : rest.suffix(count))
        rest = Array(fromHead ? rest.dropFirst(count) : rest.dropLast(count))
        set(words[1], rest.isEmpty ? nil : .list(rest))
        let isTurned = words.last == "OBO" && fromHead == toHead
        let block: [ByteString] = isTurned ? moved.reversed() : moved
        if !block.isEmpty { push(toHead ? "LPUSH" : "RPUSH", words[2], toHead ? block.reversed() : block) }
        return .array(block.map(RESPValue.bulk))
    }

    /// ZMOVE with MIN and COUNT, and ZMOVEMEMBER without a condition.
    private func moveScored(_ words: [ByteString]) -> RESPValue {
        let size = size(words[1], "ZCARD")
        guard !size.isError else { return size }
        let scores = scored(words[1])
        let names =
            words[3] == "MEMBERS"
            ? words[5...].filter { scores[$0] != nil } : ranked(words[1]).prefix(words[5].integer ?? 1).map(\.key)
        guard !names.isEmpty else { return .null }
        let rest = scores.filter { !names.contains($0.key) }
        set(words[1], rest.isEmpty ? nil : .sortedSet(rest))
        push("ZADD", words[2], names.flatMap { [ByteString(String(scores[$0] ?? 0)), $0] })
        return .array(names.map(RESPValue.bulk))
    }

    private func moveMember(_ source: ByteString, _ destination: ByteString, _ member: ByteString) -> RESPValue {
        let size = size(source, "SCARD")
        guard !size.isError else { return size }
        var rest = Set(elements(of: source))
        guard rest.remove(member) != nil else { return .integer(0) }
        set(source, rest.isEmpty ? nil : .set(rest))
        push("SADD", destination, [member])
        return .integer(1)
    }
}
