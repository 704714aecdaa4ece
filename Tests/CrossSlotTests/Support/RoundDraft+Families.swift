import RESP

/// Every command whose keys may be in several slots, and how its arguments are drawn.
extension RoundDraft {
    struct Family: Sendable {
        let name: String
        /// Returns the words after the command's name.
        let make: @Sendable (inout RoundDraft) -> [ByteString]

        init(_ name: String, _ make: @escaping @Sendable (inout RoundDraft) -> [ByteString]) {
            self.name = name
            self.make = make
        }
    }

    static let families: [Family] =
        keyspace + strings + moves + pops + sets + sortedSets + places + [
            Family("SORT") { $0.sort(stores: true) },
            Family("SORT_RO") { $0.sort(stores: false) },
            Family("XREAD") { $0.xread() },
        ]

    private static let keyspace = [
        Family("DEL") { $0.anyKeys() },
        Family("UNLINK") { $0.anyKeys() },
        Family("EXISTS") { $0.anyKeys() },
        Family("TOUCH") { $0.anyKeys() },
        Family("RENAME") { [$0.key(), $0.key()] },
        Family("RENAMENX") { [$0.key(), $0.key()] },
        Family("COPY") { draft in
            var words = [draft.key(), draft.key()]
            if draft.chance(50) { words.append(draft.option("REPLACE")) }
            if draft.chance(10) { words += [draft.option("DB"), "0"] }
            return words
        },
        Family("RANDOMKEY") { draft in
            _ = draft.anyKeys()
            draft.order = .oneKey
            return draft.chance(3) ? ["x"] : []
        },
    ]

    private static let strings = [
        Family("MGET") { $0.keys(.string, 1...6) },
        Family("MSET") { $0.keysAndValues() },
        Family("MSETNX") { draft in
            let missing = draft.chance(60) ? 96 : 50
            let words = (0..<draft.number(1...4)).flatMap { _ in
                [draft.key(.string, missing: missing), draft.pick(elements)]
            }
            return draft.chance(5) ? words.dropLast() : words
        },
        Family("LCS") { draft in
            var words = draft.keys(.string, 2...2)
            if draft.chance(30) { words.append(draft.option("LEN")) }
            if draft.chance(30) { words.append(draft.option("IDX")) }
            if draft.chance(30) { words += [draft.option("MINMATCHLEN"), draft.count(0...4)] }
            if draft.chance(30) { words.append(draft.option("WITHMATCHLEN")) }
            return words
        },
        Family("BITOP") { draft in
            let operation = draft.option("AND", "OR", "XOR", "NOT")
            return [operation, draft.key(.string)] + draft.keys(.string, operation.matches("NOT") ? 1...1 : 1...4)
        },
        Family("PFCOUNT") { $0.keys(.hyperLogLog) },
        Family("PFMERGE") { $0.keys(.hyperLogLog, 1...5) },
    ]

    private static let moves = [
        Family("RPOPLPUSH") { [$0.key(.list), $0.key(.list)] },
        Family("BRPOPLPUSH") { [$0.key(.list), $0.key(.list), $0.timeout()] },
        Family("LMOVE") { draft in
            [draft.key(.list), draft.key(.list), draft.option("LEFT", "RIGHT"), draft.option("LEFT", "RIGHT")]
        },
        Family("BLMOVE") { draft in
            [
                draft.key(.list), draft.key(.list), draft.option("LEFT", "RIGHT"), draft.option("LEFT", "RIGHT"),
                draft.timeout(),
            ]
        },
        Family("LMOVEM") { $0.multipleMove(timeout: []) },
        Family("BLMOVEM") { draft in
            let timeout = draft.timeout()
            return draft.multipleMove(timeout: [timeout])
        },
        Family("SMOVE") { [$0.key(.set), $0.key(.set), $0.pick(elements)] },
        Family("ZMOVE") { draft in
            let keys = [draft.key(.sortedSet), draft.key(.sortedSet)]
            let range = draft.chance(30) ? [draft.option("BYSCORE"), "-inf", draft.count(0...3)] : []
            return keys + (range.isEmpty ? [draft.option("MIN", "MAX")] : range) + draft.countOption()
        },
        Family("BZMOVE") { draft in
            [draft.key(.sortedSet), draft.key(.sortedSet), draft.option("MIN", "MAX"), draft.timeout()]
                + draft.countOption()
        },
        Family("ZMOVEMEMBER") { draft in
            let keys = [draft.key(.sortedSet), draft.key(.sortedSet)]
            let condition = draft.chance(60) ? [draft.option("NX", "XX")] : []
            let members = (0..<draft.number(1...4)).map { _ in draft.pick(elements) }
            return keys + condition + [draft.option("MEMBERS"), ByteString(String(members.count))] + members
        },
    ]

    private static let pops = [
        Family("BLPOP") { $0.keys(.list) + [$0.timeout()] },
        Family("BRPOP") { $0.keys(.list) + [$0.timeout()] },
        Family("BZPOPMIN") { $0.keys(.sortedSet) + [$0.timeout()] },
        Family("BZPOPMAX") { $0.keys(.sortedSet) + [$0.timeout()] },
        Family("LMPOP") { $0.multiplePop(.list, "LEFT", "RIGHT") },
        Family("ZMPOP") { $0.multiplePop(.sortedSet, "MIN", "MAX") },
        Family("BLMPOP") { [$0.timeout()] + $0.multiplePop(.list, "LEFT", "RIGHT") },
        Family("BZMPOP") { [$0.timeout()] + $0.multiplePop(.sortedSet, "MIN", "MAX") },
    ]

    private static let sets = [
        Family("SINTER") { $0.unordered($0.keys(.set)) },
        Family("SUNION") { $0.unordered($0.keys(.set)) },
        Family("SDIFF") { $0.unordered($0.keys(.set)) },
        Family("SINTERSTORE") { $0.keys(.set).behind($0.key()) },
        Family("SUNIONSTORE") { $0.keys(.set).behind($0.key()) },
        Family("SDIFFSTORE") { $0.keys(.set).behind($0.key()) },
        Family("SINTERCARD") { $0.cardinality(.set) },
    ]

    private static let sortedSets = [
        Family("ZUNION") { $0.combination(hasWeights: true) + $0.withScores() },
        Family("ZINTER") { $0.combination(hasWeights: true) + $0.withScores() },
        Family("ZDIFF") { $0.combination(hasWeights: false) + $0.withScores() },
        Family("ZUNIONSTORE") { $0.combination(hasWeights: true).behind($0.key()) },
        Family("ZINTERSTORE") { $0.combination(hasWeights: true).behind($0.key()) },
        Family("ZDIFFSTORE") { $0.combination(hasWeights: false).behind($0.key()) },
        Family("ZINTERCARD") { $0.cardinality(.sortedSet) },
        Family("ZRANGESTORE") { draft in
            var words = [draft.key(), draft.key(.sortedSet)]
            switch draft.number(0...2) {
            case 0: words += [draft.count(0...3), draft.pick(["-1", "2", "5"])]
            case 1:
                words += [
                    draft.pick(["-inf", "0", "(1"]), draft.pick(["+inf", "2", "(3", "nan"]), draft.option("BYSCORE"),
                ]
            default: words += [draft.pick(["-", "[a", "(b"]), draft.pick(["+", "[c", "z"]), draft.option("BYLEX")]
            }
            if draft.chance(30) { words.append(draft.option("REV")) }
            if draft.chance(30) {
                words += [draft.option("LIMIT"), draft.count(0...2), draft.pick(["1", "2", "-1", "0"])]
            }
            return words
        },
    ]

    private static let places = [
        Family("GEOSEARCHSTORE") { draft in
            var words = [draft.key(), draft.key(.places)]
            words +=
                draft.chance(50)
                ? [draft.option("FROMMEMBER"), draft.pick(members)] : [draft.option("FROMLONLAT"), "12", "43"]
            words +=
                draft.chance(50)
                ? [draft.option("BYRADIUS"), "250", "km"] : [draft.option("BYBOX"), "400", "300", "km"]
            return words + draft.searchOptions() + (draft.chance(40) ? [draft.option("STOREDIST")] : [])
        },
        Family("GEORADIUS") { draft in
            [draft.key(.places), "12", draft.count(40...45), "300", draft.option("km", "m")] + draft.searchOptions()
                + [draft.option("STORE", "STOREDIST"), draft.key()]
        },
        Family("GEORADIUSBYMEMBER") { draft in
            [draft.key(.places), draft.pick(members), draft.count(100...500), draft.option("km", "mi")]
                + draft.searchOptions() + [draft.option("STORE", "STOREDIST"), draft.key()]
        },
    ]

    // MARK: Arguments

    private mutating func anyKeys() -> [ByteString] { (0..<number(1...6)).map { _ in key() } }

    private mutating func unordered(_ words: [ByteString]) -> [ByteString] {
        order = .any
        return words
    }

    private mutating func keysAndValues() -> [ByteString] {
        let words = (0..<number(1...5)).flatMap { _ in [key(), pick(Self.elements)] }
        return chance(5) ? words.dropLast() : words
    }

    /// Short, since it is waited for in full when the keys hold nothing. Redis 6.2 takes a millisecond for no timeout
    /// at all.
    private mutating func timeout() -> ByteString {
        chance(6) ? pick(["-1", "x", "", "inf"]) : pick(["0.002", "0.01"])
    }

    private mutating func multipleMove(timeout: [ByteString]) -> [ByteString] {
        let keys = [key(.list), key(.list)]
        let words = keys + [option("LEFT", "RIGHT"), option("LEFT", "RIGHT")] + timeout
        return words + (chance(20) ? [] : [option("COUNT", "EXACTLY"), count(1...4), option("OBO", "BULK")])
    }

    private mutating func countOption() -> [ByteString] { chance(50) ? [option("COUNT"), count(1...4)] : [] }

    private mutating func multiplePop(_ type: ValueType, _ first: String, _ second: String) -> [ByteString] {
        counted(keys(type)) + [option(first, second)] + (chance(50) ? [option("COUNT"), count(1...4)] : [])
    }

    private mutating func cardinality(_ type: ValueType) -> [ByteString] {
        counted(keys(type)) + (chance(50) ? [option("LIMIT"), count(0...3)] : [])
    }

    /// Sources of ZUNION and the like, which accept sets as well as sorted sets.
    private mutating func combination(hasWeights: Bool) -> [ByteString] {
        let sources = (0..<number(1...4)).map { _ in key(chance(20) ? .set : .sortedSet) }
        var words = counted(sources)
        guard hasWeights else { return words }
        if chance(40) {
            words.append(option("WEIGHTS"))
            words += (0..<(chance(5) ? 1 : sources.count)).map { _ in
                chance(4) ? pick(["x", "nan"]) : pick(["0", "1", "2", "-1", "0.5", "inf", "-inf", "1e10"])
            }
        }
        if chance(40) { words += [option("AGGREGATE"), option("SUM", "MIN", "MAX")] }
        return words
    }

    private mutating func withScores() -> [ByteString] { chance(50) ? [option("WITHSCORES")] : [] }

    private mutating func searchOptions() -> [ByteString] {
        var words: [ByteString] = []
        if chance(30) { words.append(option("ASC", "DESC")) }
        if chance(30) { words += [option("COUNT"), count(1...3)] }
        return words
    }

    private mutating func xread() -> [ByteString] {
        var words: [ByteString] = []
        if chance(40) { words += [option("COUNT"), count(1...2)] }
        if chance(20) { words += [option("BLOCK"), pick(["1", "10", "-1", "x"])] }
        words.append(option("STREAMS"))
        let streams = keys(.stream)
        let ids = streams.map { _ -> ByteString in
            chance(5) ? pick(["x", ">", "1-2-3"]) : pick(["0", "0-0", "1", "1-2", "$", "9"])
        }
        return words + streams + (chance(4) ? Array(ids.dropLast()) : ids)
    }

    /// SORT and what its patterns find: keys `w_*`, fields of hashes `h_*`.
    private mutating func sort(stores: Bool) -> [ByteString] {
        let isNumeric = chance(70)
        let source = key(pick([.list, .set, .sortedSet]))
        for element in isNumeric ? Self.integers : Self.elements where chance(40) {
            fill("w_" + element, with: pick([.string, .string, .string, .list]))
            fill("h_" + element, with: pick([.hash, .hash, .hash, .string]))
        }
        var words = [source]
        var isUnsorted = false, isAlphabetical = false, hasBy = false
        if chance(50) {
            hasBy = true
            let pattern = pick(["w_*", "h_*->1", "nosort", "h_*->", "w_*->1", "w_**", "*", ""])
            isUnsorted = !pattern.contains("*")
            words += [option("BY"), ByteString(pattern)]
        }
        for _ in 0..<(chance(50) ? number(1...3) : 0) {
            words.append(option("GET"))
            words.append(pick(["#", "w_*", "h_*->1", "h_*->a", "nothing", "w_*->1", "*"]))
        }
        if !isNumeric || chance(30) {
            isAlphabetical = true
            words.append(option("ALPHA"))
        }
        if chance(30) { words.append(option("ASC", "DESC")) }
        // The order of equal weights, and of a set's elements without sorting, is unspecified, so a LIMIT could return
        // anything.
        if isUnsorted || isAlphabetical && hasBy {
            order = .any
        } else if chance(30) {
            words += [option("LIMIT"), pick(["0", "1", "-1", "x"]), pick(["2", "0", "-1", "3"])]
        }
        if stores, chance(50), order == .exact { words += [option("STORE"), key()] }
        return words
    }
}

extension [ByteString] {
    /// These words after a first one that is drawn later.
    fileprivate func behind(_ first: ByteString) -> [ByteString] { [first] + self }
}
