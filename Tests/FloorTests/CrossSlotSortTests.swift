import Commands
import RESP
import Routing
import Testing

struct CrossSlotSortTests {
    private static func list(_ elements: String...) -> RESPValue {
        .array(elements.map { $0 == "nil" ? .null : .bulk(ByteString($0)) })
    }

    /// The replies to the check, to TYPE, and the elements in their own order.
    private static func unsorted(_ type: String, _ elements: String...) -> RequestOutcome {
        .reply(.array([.array([]), .status(type), .array(elements.map { .bulk(ByteString($0)) })]))
    }

    /// One reply to an MGET of one key for each word.
    private static func values(_ words: String) -> [RequestOutcome] {
        words.split(separator: " ").map { .reply(list(String($0))) }
    }

    private static func stored(_ count: Int) -> RequestOutcome {
        .reply(.array([.ok, .status("QUEUED"), .status("QUEUED"), .array([.integer(1), .integer(count)])]))
    }

    @Test(
        "Without patterns, a key of one slot is left to the server",
        arguments: ["SORT k", "SORT k BY nosort ALPHA", "SORT k BY", "SORT k x GET #", "SORT_RO k LIMIT 0 1"])
    func staysNative(line: String) throws {
        let arguments = line.split(separator: " ").map { ByteString(String($0)) }
        let plan = try Router().plan(
            for: Command(arguments, target: nil), row: CommandTable.row(for: arguments),
            view: .cluster(Topology(shards: [])),
            owners: SlotMap(), home: NodeAddress(host: "127.0.0.1", port: 7000))
        guard case .single(let single) = plan else {
            Issue.record("not single: \(String(describing: plan))")
            return
        }
        #expect(single.request.arguments == arguments)
    }

    @Test("Whether patterns are denied depends on whether there is a cluster, which is found out first")
    func needsTopology() throws {
        let arguments: [ByteString] = ["SORT", "k", "GET", "#"]
        for (view, isKnown) in [(ClusterView.unknown, false), (.standalone, true)] {
            let plan = try Router().plan(
                for: Command(arguments, target: nil), row: CommandTable.row(for: arguments), view: view,
                owners: SlotMap(), home: NodeAddress(host: "127.0.0.1", port: 7000))
            #expect((plan != nil) == isKnown)
        }
    }

    @Test("Without patterns, a destination in another slot gets a copy of the key to sort")
    func gathers() throws {
        var plan = try ScriptedPlan("SORT k ALPHA STORE d")
        #expect(try plan.start() == ["DUMP k"])
    }

    // MARK: BY

    @Test("Weights are read wherever they are; one that is missing or of another type counts as 0")
    func weighs() throws {
        var plan = try ScriptedPlan("SORT k BY w_*->f")
        #expect(try plan.start() == ["SORT k BY nosort LIMIT 0 0 | TYPE k | SORT k BY nosort"])
        #expect(
            try plan.send(Self.unsorted("list", "a", "b", "c", "d"))
                == ["HGET w_a f", "HGET w_b f", "HGET w_c f", "HGET w_d f"])
        #expect(!plan.requests.contains { !$0.isReadonly })
        let wrongType = RESPValue.error("WRONGTYPE Operation against a key holding the wrong kind of value")
        #expect(
            try plan.finish(.reply(.bulk("1")), .reply(.null), .reply(wrongType), .reply(.bulk("-1.5")))
                == Self.list("d", "b", "c", "a"))
    }

    @Test(
        "Numbers are read as the server reads them",
        arguments: [
            ("5 1e2 1e1", "acb"), ("inf 1 -inf", "cba"), ("10 9 2", "cba"), ("3 3 3", "abc"), ("+1 .5 -0", "cba"),
        ])
    func readsNumbers(weights: String, order: String) throws {
        var plan = try ScriptedPlan("SORT k BY w_*")
        _ = try plan.start()
        #expect(try plan.send(Self.unsorted("set", "a", "b", "c")) == ["MGET w_a", "MGET w_b", "MGET w_c"])
        let outcomes = Self.values(weights)
        #expect(
            try plan.finish(outcomes[0], outcomes[1], outcomes[2])
                == .array(order.map { .bulk(ByteString(String($0))) }))
    }

    @Test("Values that GET needs for all elements are read together with the weights, whatever the order")
    func getsWithWeights() throws {
        var plan = try ScriptedPlan("SORT k BY {x}w_* GET {x}d_* GET # DESC")
        _ = try plan.start()
        var alphabetic = try ScriptedPlan("SORT k BY {x}w_* GET {x}d_* GET # ALPHA LIMIT 0 -1")
        _ = try alphabetic.start()
        let values = RequestOutcome.reply(Self.list("10", "9", "2", "A", "nil", "C"))
        let read = ["MGET {x}w_a {x}w_b {x}w_c {x}d_a {x}d_b {x}d_c"]
        #expect(try plan.send(Self.unsorted("list", "a", "b", "c")) == read)
        #expect(try plan.finish(values) == Self.list("A", "a", "nil", "b", "C", "c"))
        #expect(try alphabetic.send(Self.unsorted("list", "a", "b", "c")) == read)
        #expect(try alphabetic.finish(values) == Self.list("A", "a", "C", "c", "nil", "b"))
        // Not those of elements that are not wanted.
        var limited = try ScriptedPlan("SORT k BY {x}w_* GET {x}d_* LIMIT 0 1")
        _ = try limited.start()
        #expect(try limited.send(Self.unsorted("list", "a", "b")) == ["MGET {x}w_a {x}w_b"])
        #expect(try limited.send(.reply(Self.list("2", "1"))) == ["MGET {x}d_b"])
        #expect(try limited.finish(.reply(Self.list("B"))) == Self.list("B"))
    }

    @Test("Keys of one slot are read at once, and one by one while it moves; fields are read one at a time")
    func readsSlotBySlot() throws {
        var plan = try ScriptedPlan("SORT k BY nosort GET {w}* GET h_*->f GET #")
        _ = try plan.start()
        let sent = ["MGET {w}a {w}b {w}a", "HGET h_a f", "HGET h_b f", "HGET h_a f"]
        #expect(try plan.send(.reply(Self.list("a", "b", "a"))) == sent)
        let again = RESPValue.error("TRYAGAIN Multiple keys request during rehashing of slot")
        let fields = ["1", "2", "3"].map { RequestOutcome.reply(.bulk($0)) }
        #expect(try plan.send(.reply(again), fields[0], fields[1], fields[2]) == ["MGET {w}a {w}a", "MGET {w}b"])
        #expect(
            try plan.finish(.reply(Self.list("A", "A")), .reply(Self.list("nil")))
                == Self.list("A", "1", "a", "nil", "2", "b", "A", "3", "a"))
    }

    @Test("A slot that cannot be read is the end, and its error is definite")
    func passesFailureOfPart() throws {
        var plan = try ScriptedPlan("SORT k BY w_*")
        _ = try plan.start()
        _ = try plan.send(Self.unsorted("set", "a", "b", "c"))
        var other = plan
        #expect(plan.failure(.failure(.lost), Self.values("1")[0], Self.values("1")[0]) == .lost)
        let refusal = RESPValue.error("NOPERM No permissions to access a key")
        #expect(try other.finish(.failure(.lost), .reply(refusal), Self.values("1")[0]) == refusal)
    }

    @Test("A weight that is not a number is an error", arguments: ["x", "1 ", " ", "nan", "0x", "1e", "--1"])
    func refusesNumber(weight: String) throws {
        var plan = try ScriptedPlan("SORT k BY w_* LIMIT 5 1")
        _ = try plan.start()
        _ = try plan.send(Self.unsorted("list", "a"))
        #expect(
            try plan.finish(.reply(Self.list(weight)))
                == .error("ERR One or more scores can't be converted into double"))
    }

    /// The reply to HELLO, in RESP2.
    private static func hello(_ server: String) -> RequestOutcome {
        let words = server.split(separator: " ").map { RESPValue.bulk(ByteString(String($0))) }
        return .reply(.array([.bulk("server"), words[0], .bulk("version"), words[1], .bulk("proto"), .integer(2)]))
    }

    @Test(
        "A number that only some servers accept is read as the server there reads it, as measured",
        arguments: [
            ("", "redis 7.0.15, redis 8.2.3, valkey 8.0.1", "valkey 9.1.2"), ("\u{0}5", "redis 8.2.3", "valkey 9.1.2"),
            (" 5", "redis 6.2.5, redis 7.4.1", "redis 8.2.3, valkey 9.1.2"), ("0x10", "redis 7.0.15", "redis 8.2.3"),
            ("\t0X1p3", "valkey 8.0.1", "valkey 9.1.2"), ("0x0p9999", "redis 7.0.15", "valkey 9.1.2"),
            ("1e400", "redis 8.2.3", "redis 7.0.15, valkey 9.1.2"), ("-1e400", "redis 8.0.0", "redis 6.2.5"),
            ("1e-400", "redis 8.2.3", "redis 7.0.15, valkey 9.1.2"),
            ("1e-310", "redis 8.2.3, valkey 9.1.2", "redis 7.0.15"),
            ("0x1p2000", "", "redis 7.0.15, redis 8.2.3, valkey 9.1.2"),
        ])
    func asksForOddNumbers(weight: String, takers: String, others: String) throws {
        for (servers, isTaken) in [(takers, true), (others, false)] {
            for server in servers.split(separator: ",") {
                var plan = try ScriptedPlan("SORT k BY w_* LIMIT 5 1")
                _ = try plan.start()
                _ = try plan.send(Self.unsorted("list", "a", "b"))
                #expect(
                    try plan.send(.reply(.array([.bulk(ByteString(weight))])), .reply(Self.list("1"))) == ["HELLO"])
                let expected =
                    isTaken ? RESPValue.array([]) : .error("ERR One or more scores can't be converted into double")
                #expect(try plan.finish(Self.hello(String(server))) == expected, "\(server)")
            }
        }
    }

    @Test(
        "If it is unclear how the server reads a number, it is asked to sort it, unless the command must not write",
        arguments: ["valkey 9.0.1", "redis 9.0.0", "x y"])
    func triesOddNumber(server: String) throws {
        let noNumber = RESPValue.error("ERR One or more scores can't be converted into double")
        for reply in [Self.hello(server), .reply(.error("ERR unknown command 'HELLO'")), .reply(.integer(-1))] {
            for command in ["SORT", "SORT_RO"] {
                var plan = try ScriptedPlan("\(command) k BY w_*")
                _ = try plan.start()
                _ = try plan.send(Self.unsorted("list", "a", "b", "c", "d"))
                let weights = ["0x10", "3", "0x10", ""].map { RequestOutcome.reply(Self.list($0)) }
                #expect(try plan.send(weights[0], weights[1], weights[2], weights[3]) == ["HELLO"])
                guard command == "SORT" else {
                    #expect(plan.failure(reply) == .ambiguousNumber("0x10"))
                    continue
                }
                let sent = try plan.send(reply)
                #expect(sent.count == 1 && sent[0].hasPrefix("EVAL ") && sent[0].hasSuffix(" 0x10 "))
                #expect(HashSlot(key: plan.requests[0].arguments[3]) == HashSlot(key: "k"))
                var (refused, lost) = (plan, plan)
                #expect(
                    try plan.finish(.reply(.array([]))) == .array(["d", "b", "a", "c"].map { .bulk($0) }))
                #expect(try refused.finish(.reply(noNumber)) == noNumber)
                #expect(lost.failure(.reply(.error("NOPERM no EVAL"))) == .ambiguousNumber("0x10"))
            }
        }
    }

    @Test(
        "ALPHA sorts by bytes, missing weights first; DESC reverses; LIMIT cuts",
        arguments: [
            ("ALPHA", ["c", "b", "a"]), ("ALPHA DESC", ["a", "b", "c"]), ("ALPHA LIMIT 1 1", ["b"]),
            ("ALPHA LIMIT -1 2", ["c", "b"]), ("ALPHA LIMIT 1 -1", ["b", "a"]), ("ALPHA LIMIT 9 1", []),
        ])
    func sortsAlphabetically(options: String, order: [String]) throws {
        var plan = try ScriptedPlan("SORT_RO k BY w_* \(options)")
        _ = try plan.start()
        _ = try plan.send(Self.unsorted("list", "a", "b", "c"))
        #expect(
            try plan.finish(.reply(Self.list("9")), .reply(Self.list("10")), .reply(Self.list("nil")))
                == .array(order.map { .bulk(ByteString($0)) }))
    }

    @Test("Many weights in hashes are read in batches")
    func readsInBatches() throws {
        var plan = try ScriptedPlan("SORT k BY w_*->f").plan
        _ = plan.advance([])
        let numbers = (0..<25_000).map { RESPValue.integer($0) }
        let elements = RESPValue.array([.array([]), .status("list"), .array(numbers.reversed())])
        var step = plan.advance([.reply(elements)])
        var sizes: [Int] = []
        while case .send(let requests, _) = step {
            sizes.append(requests.count)
            step = plan.advance(requests.map { .reply(.bulk($0.arguments[1].dropFirst(2))) })
        }
        guard case .finish(let reply, _) = step else {
            Issue.record("not finished: \(step)")
            return
        }
        #expect(sizes == [10_000, 10_000, 5000])
        #expect(reply.value == .array(numbers))
    }

    // MARK: GET

    @Test("The server sorts and limits, and values are read for the elements left")
    func gets() throws {
        var plan = try ScriptedPlan("SORT k GET # DESC GET w_* LIMIT 0 2 GET none GET h_*->f")
        #expect(try plan.start() == ["SORT k DESC LIMIT 0 2"])
        #expect(
            try plan.send(.reply(Self.list("2", "1"))) == ["MGET w_2", "MGET w_1", "HGET h_2 f", "HGET h_1 f"])
        #expect(
            try plan.finish(
                .reply(Self.list("nil")), .reply(Self.list("x")), .reply(.bulk("y")), .reply(.null))
                == Self.list("2", "nil", "nil", "y", "1", "x", "nil", "nil"))
    }

    @Test("BY without a pattern leaves the order to the server")
    func keepsOrder() throws {
        var plan = try ScriptedPlan("SORT k BY nosort GET # DESC")
        #expect(try plan.start() == ["SORT k BY nosort DESC"])
        #expect(try plan.finish(.reply(Self.list("b", "a"))) == Self.list("b", "a"))
    }

    @Test("An error in the arguments is the server's", arguments: ["GET # x y", "BY w_* GET", "GET # LIMIT 1"])
    func passesError(options: String) throws {
        var plan = try ScriptedPlan("SORT k \(options)")
        let sent = try plan.start()
        #expect(["SORT k x", "SORT k GET", "SORT k LIMIT"].contains(sent[0]))
        #expect(try plan.finish(.reply(.error("ERR syntax error"))) == .error("ERR syntax error"))
    }

    @Test("A value that cannot be read fails the plan, and an error is its reply")
    func passesFailure() throws {
        for error in [nil, RESPValue.error("NOPERM no")] {
            var plan = try ScriptedPlan("SORT k GET w_*")
            _ = try plan.start()
            _ = try plan.send(.reply(Self.list("1")))
            if let error {
                #expect(try plan.finish(.reply(error)) == error)
            } else {
                #expect(plan.failure(.failure(.lost)) == .lost)
            }
        }
    }

    // MARK: STORE

    @Test("The result replaces the destination in one block; a missing value becomes an empty string")
    func stores() throws {
        var plan = try ScriptedPlan("SORT k GET w_* STORE d")
        #expect(try plan.start() == ["SORT k BY nosort LIMIT 0 0 | TYPE k | SORT k BY nosort"])
        #expect(try plan.send(Self.unsorted("list", "10", "9")) == ["MGET w_9", "MGET w_10"])
        #expect(
            try plan.send(.reply(Self.list("nil")), .reply(Self.list("x"))) == ["MULTI | DEL d | RPUSH d  x | EXEC"])
        #expect(plan.requests[0].route == .slot(HashSlot(key: "d")))
        #expect(try plan.finish(Self.stored(2)) == .integer(2))
    }

    @Test("An empty result deletes the destination")
    func storesNothing() throws {
        var plan = try ScriptedPlan("SORT k GET # STORE d")
        _ = try plan.start()
        #expect(try plan.send(Self.unsorted("none")) == ["MULTI | DEL d | EXEC"])
        #expect(try plan.finish(.block(.integer(1))) == .integer(0))
    }

    @Test(
        "Keys that keep their own order are stored in it, except sets, which are sorted by bytes",
        arguments: [("list", "b 10 9"), ("zset", "b 10 9"), ("set", "10 9 b")])
    func ordersSet(type: String, order: String) throws {
        var plan = try ScriptedPlan("SORT k BY nosort GET # STORE d")
        _ = try plan.start()
        #expect(
            try plan.send(Self.unsorted(type, "b", "10", "9")) == ["MULTI | DEL d | RPUSH d \(order) | EXEC"])
    }

    @Test("A destination that is also the source is watched first, and sorted again if it changed")
    func watchesDestination() throws {
        var plan = try ScriptedPlan("SORT k GET # STORE k")
        let first = ["WATCH k | SORT k BY nosort LIMIT 0 0 | TYPE k | SORT k BY nosort"]
        #expect(try plan.start() == first)
        let elements = RESPValue.array([.ok, .array([]), .status("list"), Self.list("2", "1")])
        #expect(try plan.send(.reply(elements)) == ["ASKING | MULTI | DEL k | RPUSH k 1 2 | EXEC"])
        #expect(plan.requests[0].connection == .same(1))
        #expect(try plan.pause(.reply(.array([.ok, .ok, .null]))) > 0)
        #expect(try plan.start() == first)
    }

    @Test("It gives up in the end if the destination changes every time")
    func givesUp() throws {
        var plan = try ScriptedPlan("SORT k GET # STORE k")
        let elements = RequestOutcome.reply(.array([.ok, .array([]), .status("list"), Self.list("2", "1")]))
        let changed = RequestOutcome.reply(.array([.ok, .ok, .null]))
        for _ in 1..<16 {
            _ = try plan.start()
            _ = try plan.send(elements)
            _ = try plan.pause(changed)
        }
        _ = try plan.start()
        _ = try plan.send(elements)
        #expect(plan.failure(changed) == .contested(last: "other clients changed the keys meanwhile"))
    }

    @Test("Many elements go in several commands, with fewer in each if they are long")
    func storesInChunks() throws {
        for (count, length, sizes) in [(2500, 1, [1000, 1000, 500]), (3, 40_000, [2, 1])] {
            var plan = try ScriptedPlan("SORT k BY nosort GET # STORE d")
            _ = try plan.start()
            let padding = String(repeating: "x", count: length)
            let elements = (0..<count).map { RESPValue.bulk(ByteString("\(padding)\($0)")) }
            _ = try plan.send(.reply(.array([.array([]), .status("list"), .array(elements)])))
            let commands = plan.requests[0].commands.filter { $0[0] == "RPUSH" }
            #expect(commands.map { $0.count - 2 } == sizes)
            #expect(commands.flatMap { $0.dropFirst(2) } == elements.map(\.byteString))
        }
    }

    @Test("The reason why a block was not carried out is the error of the command that was refused")
    func passesRefusal() throws {
        let cause = RESPValue.error("OOM command not allowed when used memory > 'maxmemory'.")
        let aborted = RESPValue.error("EXECABORT Transaction discarded because of previous errors.")
        let atExec = RESPValue.error("EXECABORT Transaction discarded because of: \(cause.text)")
        for replies in [
            [.ok, .status("QUEUED"), cause, aborted], [.ok, .status("QUEUED"), .status("QUEUED"), atExec],
        ] {
            var plan = try ScriptedPlan("SORT k GET # STORE d")
            _ = try plan.start()
            _ = try plan.send(Self.unsorted("list", "1"))
            #expect(try plan.finish(.reply(.array(replies))) == cause)
        }
    }

    @Test("Whether a block with a lost reply has run is not guessed")
    func passesUnknownOutcome() throws {
        var plan = try ScriptedPlan("SORT k GET # STORE d")
        _ = try plan.start()
        _ = try plan.send(Self.unsorted("list", "1"))
        #expect(plan.failure(.failure(.unclear)) == .unclear)
    }
}
