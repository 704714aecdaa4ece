import Clock
import Commands
import RESP
import Routing
import Testing

/// Decisions about a command in flight, by a clock that the test moves.
struct DeliveryTests {
    private static let foo = HashSlot(key: "foo")
    private static let a = NodeAddress(host: "10.0.0.1", port: 7001)
    private static let b = NodeAddress(host: "10.0.0.2", port: 7002)
    private static let c = NodeAddress(host: "10.0.0.3", port: 7003)

    /// One command, with the map and the time around it.
    private struct Trip {
        var delivery: Delivery
        var map: ClusterMap
        var now = Instant(nanoseconds: 1_000_000_000)
        let retryFor: Double
        private(set) var notes: [Note] = []
        /// The nodes that the command went to.
        private(set) var stops: [NodeAddress] = []

        init(
            _ route: Route = .slot(foo), isReadonly: Bool = false, isScript: Bool = false, isStandalone: Bool = false,
            seeds: [NodeAddress] = [a], knowsOwner: Bool = true, retryFor: Double = 30
        ) {
            delivery = Delivery(.init(route: route, isReadonly: isReadonly, isScript: isScript))
            map = ClusterMap(seeds: seeds)
            self.retryFor = retryFor
            if isStandalone {
                map.learn(nil, at: now)
            } else if knowsOwner {
                learn()
            }
            depart()
        }

        mutating func learn(failed: [NodeAddress] = [], without departed: [NodeAddress] = []) {
            let slots = [b: 0...5460, c: 5461...10922, a: 10923...16383]
            let shards = [b, c, a].filter { !departed.contains($0) }.map { node in
                Shard(
                    slots: slots[node].map { [$0] } ?? [],
                    nodes: [Node(address: node, id: "", role: .master, isHealthy: !failed.contains(node))])
            }
            map.learn(Topology(shards: shards), at: now)
        }

        mutating func depart() { stops.append(delivery.depart(by: map)) }

        /// Reports an event to the command, and carries out the decision; waiting moves the clock.
        @discardableResult
        mutating func meet(_ event: Delivery.Event) -> Delivery.Decision {
            let (decision, note) = delivery.decide(event, &map, at: now, retryFor: retryFor)
            if let note { notes.append(note) }
            switch decision {
            case .send: depart()
            case .wait(let end):
                now = end
                depart()
            case .reply, .confirm, .fail: break
            }
            return decision
        }

        mutating func moved(to next: NodeAddress) -> Delivery.Decision {
            meet(.redirected(.moved(foo, next), from: stops[stops.count - 1], text: "MOVED"))
        }

        mutating func refused(_ redirect: Redirect, isConfirmed: Bool = false) -> Delivery.Decision {
            meet(.redirected(redirect, from: stops[stops.count - 1], text: "\(redirect)", isConfirmed: isConfirmed))
        }

        mutating func lost(wasOpen: Bool = true, mayHaveRun: Bool) -> Delivery.Decision {
            meet(.lost(stops[stops.count - 1], reason: "gone", wasOpen: wasOpen, mayHaveRun: mayHaveRun))
        }

        /// Repeats the event until the command fails, a hundred times at most.
        mutating func repeated(_ event: (Trip) -> Delivery.Event) -> CommandFailure? {
            for _ in 0..<100 {
                if case .fail(let failure) = meet(event(self)) { return failure }
            }
            return nil
        }

        var secondsGone: Double { now.seconds(since: Instant(nanoseconds: 1_000_000_000)) }
    }

    // MARK: Redirects

    @Test("MOVED is followed and patches the map") func movedIsFollowedAndPatchesTheMap() {
        var trip = Trip()
        #expect(trip.moved(to: Self.b) == .send(isAsking: false))
        #expect(trip.stops == [Self.a, Self.b])
        #expect(trip.map.owners[Self.foo] == Self.b && trip.map.isStale)
        #expect(trip.notes == [.redirected(Self.foo, Self.b)])
    }

    @Test("ASK is followed and leaves the map alone") func askIsFollowedAndLeavesTheMapAlone() {
        var trip = Trip()
        #expect(trip.refused(.ask(Self.foo, Self.b)) == .send(isAsking: true))
        #expect(trip.stops == [Self.a, Self.b])
        #expect(trip.map.owners[Self.foo] == Self.a && !trip.map.isStale)
    }

    @Test("Nodes that send a command in a circle are given time between the rounds")
    func nodesThatSendACommandInACircleAreGivenTimeBetweenTheRounds() {
        var trip = Trip()
        let circle = [Self.a: Self.b, Self.b: Self.a]
        let failure = trip.repeated { trip in
            let node = trip.stops[trip.stops.count - 1]
            return .redirected(.moved(Self.foo, circle[node] ?? Self.a), from: node, text: "MOVED")
        }
        // The node that sent the last redirect.
        #expect(failure == .redirectLoop(trip.stops[trip.stops.count - 1]))
        #expect(trip.stops.count == Redirect.maximumHops + 1)
        #expect(trip.secondsGone > 2)
    }

    @Test("A node that redirects to itself is given time") func aNodeThatRedirectsToItselfIsGivenTime() {
        var trip = Trip(retryFor: 1)
        let failure = trip.repeated { _ in .redirected(.moved(Self.foo, Self.a), from: Self.a, text: "MOVED") }
        #expect(failure == .redirectLoop(Self.a))
        #expect(trip.secondsGone == 1)
        #expect(trip.stops.count < 10)
    }

    @Test(
        "Transient errors are waited out until the time is up",
        arguments: [Redirect.tryAgain, .unavailable, .demoted])
    func transientErrorsAreWaitedOutUntilTheTimeIsUp(redirect: Redirect) {
        var trip = Trip(retryFor: 5)
        var decision = trip.refused(redirect)
        var rounds = 1
        while case .wait = decision {
            decision = trip.refused(redirect)
            rounds += 1
        }
        // The server's last error is the reply.
        #expect(decision == .reply)
        #expect(trip.secondsGone == 5)
        #expect(rounds < 15)
        #expect(trip.map.isStale == (redirect != .tryAgain))
    }

    // MARK: Commands that wait

    /// Each is to wait a minute; the server gets the time that is left.
    @Test(
        "A waiting command that is resent gets the rest of its time",
        arguments: [
            ("BLPOP a b 60", "BLPOP a b 47.500"), ("BRPOPLPUSH a b 60.0", "BRPOPLPUSH a b 47.500"),
            ("BLMOVE a b LEFT LEFT 60", "BLMOVE a b LEFT LEFT 47.500"), ("BZPOPMIN a 60", "BZPOPMIN a 47.500"),
            ("BLMPOP 60 1 a LEFT", "BLMPOP 47.500 1 a LEFT"), ("BZMPOP 60 1 a MIN", "BZMPOP 47.500 1 a MIN"),
            ("BZMOVE a b MIN 60", "BZMOVE a b MIN 47.500"),
            ("XREAD COUNT 1 block 60000 STREAMS s 0", "XREAD COUNT 1 block 47500 STREAMS s 0"),
            (
                "XREADGROUP GROUP BLOCK BLOCK BLOCK 60000 STREAMS BLOCK >",
                "XREADGROUP GROUP BLOCK BLOCK BLOCK 47500 STREAMS BLOCK >"
            ),
            // Forever, no timeout, not a number, or no time at all.
            ("BLPOP a 0", "BLPOP a 0"), ("XREAD BLOCK 0 STREAMS s $", "XREAD BLOCK 0 STREAMS s $"),
            ("XREAD STREAMS BLOCK 60000", "XREAD STREAMS BLOCK 60000"), ("BLPOP a inf", "BLPOP a inf"),
            ("BLPOP a -60", "BLPOP a -60"), ("BLPOP a x", "BLPOP a x"), ("BLPOP", "BLPOP"), ("GET a", "GET a"),
            // The time is up; 0 would mean forever.
            ("BLPOP a 12", "BLPOP a 0.001"), ("XREAD BLOCK 12500 STREAMS s $", "XREAD BLOCK 1 STREAMS s $"),
            ("BLPOP a 12.5009", "BLPOP a 0.001"), ("BLPOP a 12.5019", "BLPOP a 0.002"),
        ])
    func whatACommandWaitsIsWhatIsLeft(_ given: String, _ sent: String) throws {
        let words = given.split(separator: " ").map { ByteString(String($0)) }
        let waiting = try #require(CommandTable.row(for: words)).waiting
        var trip = Trip(retryFor: 60)
        #expect(trip.delivery.words(words, waiting, at: trip.now) == words)
        // Through a failover, and after another command has had its turn.
        #expect(trip.refused(.demoted) != .reply)
        trip.now = Instant(nanoseconds: 1_000_000_000).advanced(by: 12.5)
        let left = trip.delivery.words(words, waiting, at: trip.now)
        #expect(left.map(\.text).joined(separator: " ") == sent)
    }

    @Test("Every command that takes elements it waits for says how long it waits")
    func everyCommandThatTakesWhatItWaitsForSaysHowLong() {
        for row in CommandTable.rows where row.takesWhatItWaitsFor {
            #expect(row.waiting != .none, "\(row.name)")
        }
    }

    @Test("Hops are counted afresh after a pause") func hopsAreCountedAfreshAfterAPause() {
        var trip = Trip()
        for _ in 0..<4 {
            for hop in 0..<Redirect.maximumHops {
                let next = NodeAddress(host: "10.0.1.1", port: 1000 + hop)
                #expect(trip.refused(.ask(Self.foo, next)) == .send(isAsking: true))
            }
            guard case .wait = trip.refused(.tryAgain) else {
                Issue.record("no pause")
                return
            }
        }
    }

    @Test(
        "A standalone server redirects no command",
        arguments: [Redirect.moved(foo, b), .ask(foo, b), .demoted])
    func aStandaloneServerRedirectsNoCommand(redirect: Redirect) {
        var trip = Trip(isStandalone: true)
        #expect(trip.refused(redirect) == .reply)
        #expect(trip.stops == [Self.a])
    }

    @Test(
        "At a named node, every answer is the reply",
        arguments: [Redirect.moved(foo, b), .ask(foo, b), .tryAgain, .unavailable, .demoted])
    func atANamedNodeEveryAnswerIsTheReply(redirect: Redirect) {
        var trip = Trip(.node(Self.a))
        #expect(trip.refused(redirect) == .reply)
        #expect(trip.map.isStale)
    }

    @Test("A script's redirect has to be confirmed, and its other errors are its own")
    func aScriptsRedirectHasToBeConfirmedAndItsOtherErrorsAreItsOwn() {
        for redirect in [Redirect.moved(Self.foo, Self.b), .ask(Self.foo, Self.b)] {
            var trip = Trip(isScript: true)
            #expect(trip.refused(redirect) == .confirm)
            guard case .send = trip.refused(redirect, isConfirmed: true) else {
                Issue.record("not followed")
                return
            }
        }
        for redirect in [Redirect.tryAgain, .unavailable, .demoted, .moved(HashSlot(key: "bar"), Self.b)] {
            var trip = Trip(isScript: true)
            #expect(trip.refused(redirect) == .reply)
        }
        var keyless = Trip(.home, isScript: true)
        #expect(keyless.refused(.moved(Self.foo, Self.b)) == .reply)
    }

    // MARK: Lost connections

    @Test("A write that may have run is never sent again") func aWriteThatMayHaveRunIsNeverSentAgain() {
        for route in [Route.slot(Self.foo), .home, .node(Self.a)] {
            var trip = Trip(route)
            #expect(trip.lost(mayHaveRun: true) == .fail(.unknownOutcome(Self.a, reason: "gone")))
        }
    }

    @Test(
        "Reads, and commands not sent yet, are retried at once and then with pauses",
        arguments: [false, true])
    func readsAndCommandsNotSentYetAreRetriedAtOnceAndThenWithPauses(isReadonly: Bool) {
        var trip = Trip(isReadonly: isReadonly, retryFor: 4)
        #expect(trip.lost(mayHaveRun: isReadonly) == .send(isAsking: false))
        #expect(trip.secondsGone == 0)
        let failure = trip.repeated { _ in .lost(Self.a, reason: "gone", wasOpen: true, mayHaveRun: isReadonly) }
        #expect(failure == .retriesExhausted(Self.a, last: "gone"))
        #expect(trip.secondsGone == 4)
        #expect(trip.stops.count < 12)
        #expect(trip.map.isStale)
    }

    @Test("A server that closes every connection ends with a lost reply")
    func aServerThatClosesEveryConnectionEndsWithALostReply() {
        var trip = Trip(isReadonly: true, isStandalone: true)
        let failure = trip.repeated { _ in .lost(Self.a, reason: "gone", wasOpen: true, mayHaveRun: true) }
        #expect(failure == .replyLost(Self.a, reason: "gone"))
        #expect(trip.stops == [Self.a, Self.a])
        #expect(trip.secondsGone == 0)
    }

    @Test("A seed that cannot be reached is skipped once") func aSeedThatCannotBeReachedIsSkippedOnce() {
        var trip = Trip(.home, seeds: [Self.a, Self.b, Self.c], knowsOwner: false)
        let failure = trip.repeated { trip in
            .lost(trip.stops[trip.stops.count - 1], reason: "refused", wasOpen: false, mayHaveRun: false)
        }
        #expect(trip.stops == [Self.a, Self.b, Self.c])
        #expect(
            failure
                == .noSeed([Self.a, Self.b, Self.c].map { .init(node: $0, reason: "refused") }))
    }

    @Test("A named node is tried once") func aNamedNodeIsTriedOnce() {
        var trip = Trip(.node(Self.b), isReadonly: true)
        #expect(trip.lost(mayHaveRun: true) == .fail(.replyLost(Self.b, reason: "gone")))
        trip = Trip(.node(Self.b))
        #expect(
            trip.lost(wasOpen: false, mayHaveRun: false) == .fail(.unreachable(Self.b, reason: "gone")))
    }

    // MARK: Silence and Ctrl-C

    @Test("Silence ends a write and moves a read on") func silenceEndsAWriteAndMovesAReadOn() {
        var write = Trip()
        #expect(
            write.meet(.silent(Self.a, mayHaveRun: true)) == .fail(.unknownOutcome(Self.a, reason: "no reply")))
        var read = Trip(isReadonly: true)
        read.map.patch(Self.foo, to: Self.b)
        #expect(read.meet(.silent(Self.a, mayHaveRun: true)) == .send(isAsking: false))
        #expect(read.stops == [Self.a, Self.b])
        var fanOut = Trip(.node(Self.a), isReadonly: true)
        #expect(fanOut.meet(.silent(Self.a, mayHaveRun: true)) == .fail(.replyLost(Self.a, reason: "no reply")))
    }

    @Test("A failed node gets nothing more, and its successor is waited for")
    func aFailedNodeGetsNothingMoreAndItsSuccessorIsWaitedFor() {
        var trip = Trip(isReadonly: true, retryFor: 5)
        trip.learn(failed: [Self.a])
        guard case .wait = trip.meet(.silent(Self.a, mayHaveRun: true)) else {
            Issue.record("no pause")
            return
        }
        #expect(trip.map.isStale)
        trip.map.patch(Self.foo, to: Self.b)
        trip.depart()
        #expect(trip.stops.last == Self.b)
    }

    @Test("A reply that takes too long is given up on") func aReplyThatTakesTooLongIsGivenUpOn() {
        let reason = "no reply for 0.5 s"
        for (isReadonly, mayHaveRun, failure) in [
            (false, true, CommandFailure.unknownOutcome(Self.a, reason: reason)),
            (true, true, .replyLost(Self.a, reason: reason)), (false, false, .unreachable(Self.a, reason: reason)),
        ] {
            var trip = Trip(isReadonly: isReadonly)
            #expect(trip.meet(.timedOut(Self.a, seconds: 0.5, mayHaveRun: mayHaveRun)) == .fail(failure))
        }
    }

    // MARK: The map

    @Test("A node that says that the cluster is down is asked last") func aNodeThatSaysThatTheClusterIsDownIsAskedLast()
    {
        var trip = Trip(seeds: [Self.a, Self.b])
        let text = "CLUSTERDOWN The cluster is down"
        guard case .wait = trip.meet(.redirected(.unavailable, from: Self.a, text: text)) else {
            Issue.record("no pause")
            return
        }
        #expect(trip.map.informants == [Self.b, Self.c, Self.a])
    }

    @Test("A topology ages") func aTopologyAges() {
        var trip = Trip()
        #expect(!trip.map.isOlder(than: 1, at: trip.now.advanced(by: 1)))
        #expect(trip.map.isOlder(than: 1, at: trip.now.advanced(by: 1.001)))
        trip.now = trip.now.advanced(by: 60)
        trip.learn()
        #expect(!trip.map.isOlder(than: 1, at: trip.now))
        #expect(!Trip(isStandalone: true).map.isOlder(than: 1, at: trip.now.advanced(by: 60)))
    }

    @Test("A node that is no longer in the topology has failed") func aNodeThatIsNoLongerInTheTopologyHasFailed() {
        var trip = Trip()
        trip.learn(failed: [Self.b])
        #expect([Self.a, Self.b, Self.c].map(trip.map.hasFailed) == [false, true, false])
        trip.learn(without: [Self.c])
        #expect([Self.a, Self.b, Self.c].map(trip.map.hasFailed) == [false, false, true])
        trip.learn()
        #expect(![Self.a, Self.b, Self.c].contains(where: trip.map.hasFailed))
        // A name that the cluster does not use may still lead to a node.
        #expect(!trip.map.hasFailed(NodeAddress(host: "node", port: 7001)))
    }

    @Test("Ctrl-C leaves a write unknown only if it may have run") func ctrlCLeavesAWriteUnknownOnlyIfItMayHaveRun() {
        var trip = Trip()
        #expect(
            trip.meet(.interrupted(Self.a, mayHaveRun: true))
                == .fail(.unknownOutcome(Self.a, reason: "interrupted")))
        #expect(trip.meet(.interrupted(Self.a, mayHaveRun: false)) == .fail(.interrupted))
        var read = Trip(isReadonly: true)
        #expect(read.meet(.interrupted(Self.a, mayHaveRun: true)) == .fail(.interrupted))
    }
}
