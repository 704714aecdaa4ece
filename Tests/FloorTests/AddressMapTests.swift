import Clock
import Commands
import RESP
import Routing
import Testing

/// Where a node is reached that announces another address.
struct AddressMapTests {
    private static let seed = NodeAddress(host: "127.0.0.1", port: 17000)

    private static func announcer(
        _ rules: [String] = [], otherwise: AddressMap.Otherwise = .asAnnounced, node: NodeAddress = seed
    ) throws -> Announcer {
        var map = AddressMap()
        map.rules = try rules.map { try #require(AddressMap.Rule($0)) }
        map.otherwise = otherwise
        return Announcer(node, seed: seed, map: map)
    }

    @Test(
        "A rule maps an announced address to a reachable one",
        arguments: [
            ("10.0.0.5:7000=127.0.0.1:17000", "10.0.0.5:7000", "127.0.0.1:17000"),
            ("10.0.0.5:7000=127.0.0.1:17000", "10.0.0.5:7001", "10.0.0.5:7001"),
            ("10.0.0.5:7000=127.0.0.1:17000", "10.0.0.50:7000", "10.0.0.50:7000"),
            ("10.0.0.*:*=127.0.0.1:*", "10.0.0.77:7003", "127.0.0.1:7003"),
            ("10.0.0.*:*=127.0.0.1:*", "10.0.1.77:7003", "10.0.1.77:7003"),
            ("10.0.0.5=127.0.0.1", "10.0.0.5:7003", "127.0.0.1:7003"),
            ("*:7000-7005=127.0.0.1:17000-17005", "10.0.0.5:7005", "127.0.0.1:17005"),
            ("*:7000-7005=127.0.0.1:17000-17005", "10.0.0.5:7006", "10.0.0.5:7006"),
            ("*:7000-7005=*:17000-17005", "10.0.0.5:7001", "10.0.0.5:17001"),
            ("*.cache.example.com:*=localhost:*", "n1.Cache.example.com:6379", "localhost:6379"),
            ("n*-*.example.com:6379=localhost:1", "node-1.example.com:6379", "localhost:1"),
            ("n*-*.example.com:6379=localhost:1", "node1.example.com:6379", "node1.example.com:6379"),
            ("[fd00::*]:*=[::1]:*", "fd00::7:7000", "[::1]:7000"),
            ("[fd00::7]:7000=127.0.0.1:7000", "[fd00::7]:7000@17000", "127.0.0.1:7000"),
            ("*:7000=127.0.0.1:17001", "?:7000", "127.0.0.1:17001"),
            ("127.0.0.1:7000=127.0.0.1:17001", ":7000", "127.0.0.1:17001"),
        ])
    func leads(rule: String, announced: String, reached: String) throws {
        let address = NodeAddress(serverText: announced, by: try Self.announcer([rule]))
        #expect(address?.description == reached)
        #expect(address?.announcement?.announcer == Self.seed)
    }

    @Test(
        "An invalid rule is refused: several addresses would map to one, or none is given",
        arguments: [
            "", "=", "10.0.0.5:7000", "10.0.0.5:7000=", "=127.0.0.1:7000", "a:1=b:2=c:3", "a:7000-7005=b:7000",
            "a:7000-7005=b:17000-17004", "a:*=b:7000", "a=b:7000", "a:7000=b.*:7000", "a:0=b:0", "a:70000=b:70000",
            "a:7005-7000=b:7005-7000", "a:7000-=b:7000-", "a:x=b:x", "a:+1=b:+1", "fd00::1:7000=b:7000", ":7000=b:7000",
            "a:1-2-3=b:1-2-3",
        ])
    func refuses(rule: String) {
        #expect(AddressMap.Rule(rule) == nil)
    }

    @Test("The first rule that matches counts, and then the rule for all others")
    func theFirstRuleThatMatchesCountsAndThenTheRuleForAllOthers() throws {
        let rules = ["10.0.0.5:*=127.0.0.5:*", "10.0.0.*:*=127.0.0.9:*"]
        for (otherwise, reached): (AddressMap.Otherwise, String) in [
            (.asAnnounced, "10.1.1.1:7000"), (.atSeed, "127.0.0.1:7000"), (.unreachable, "10.1.1.1:7000"),
        ] {
            let announcer = try Self.announcer(
                rules, otherwise: otherwise, node: NodeAddress(host: "127.0.0.9", port: 7001))
            let reached = ["127.0.0.5:7000", "127.0.0.9:7000", reached]
            let found = ["10.0.0.5:7000", "10.0.0.6:7000", "10.1.1.1:7000"].map {
                NodeAddress(serverText: $0, by: announcer)?.description
            }
            #expect(found == reached)
        }
    }

    @Test("An address knows the one it was announced as, and nothing more")
    func anAddressKnowsTheOneItWasAnnouncedAsAndNothingMore() throws {
        var address = Self.seed
        for _ in 0..<3 {
            let announcer = try Self.announcer(["10.0.0.5:*=127.0.0.1:*"], node: address)
            address = try #require(NodeAddress(serverText: "10.0.0.5:7000", by: announcer))
        }
        #expect(address == NodeAddress(host: "127.0.0.1", port: 7000))
        #expect(address.announcement?.address.description == "10.0.0.5:7000")
        // A session lives for days, and looks at the topology each second.
        #expect(address.announcement?.announcer.announcement == nil)
    }

    @Test(
        "A link-local address is reached through the interface of the node that announces it",
        arguments: [
            ("fe80::2:7000", "fe80::1%eth0", "[fe80::2%eth0]:7000"), ("FE80::2:7000", "fe80::1%2", "[FE80::2%2]:7000"),
            ("fe80::2%eth1:7000", "fe80::1%eth0", "[fe80::2%eth1]:7000"), ("fe80::2:7000", "fd00::1", "[fe80::2]:7000"),
            ("fd00::2:7000", "fe80::1%eth0", "[fd00::2]:7000"), (":7000", "fe80::1%eth0", "[fe80::1%eth0]:7000"),
        ])
    func keepsZones(announced: String, host: String, reached: String) {
        let announcer = Announcer(NodeAddress(host: host, port: 7000))
        #expect(NodeAddress(serverText: announced, by: announcer)?.description == reached)
    }

    @Test("Brackets are not part of a host") func bracketsAreNotPartOfAHost() {
        #expect(NodeAddress(host: "[::1]", port: 7000) == NodeAddress(host: "::1", port: 7000))
    }

    // MARK: Addresses in replies

    private static func node(_ fields: [(String, RESPValue)]) -> RESPValue {
        .array((fields + [("role", .bulk("master"))]).flatMap { [.bulk(ByteString($0)), $1] })
    }

    private static func shards(_ nodes: [RESPValue]) -> RESPValue {
        .array(
            nodes.enumerated().map { place, node in
                .array([
                    .bulk("slots"), .array([.integer(place), .integer(place)]), .bulk("nodes"), .array([node]),
                ])
            })
    }

    @Test("All kinds of endpoints are read", arguments: [true, false])
    func readsEndpoints(isMapped: Bool) throws {
        let announcer = try Self.announcer(isMapped ? ["*:*=localhost:*"] : [])
        let kinds: [(endpoint: RESPValue, expected: String)] = [
            (.null, "127.0.0.1"), (.bulk(""), "127.0.0.1"), (.bulk("?"), "10.0.0.7"), (.bulk("n.example"), "n.example"),
            (.bulk("fd00::1"), "[fd00::1]"),
        ]
        for (endpoint, expected) in kinds {
            let node = Self.node([("ip", .bulk("10.0.0.7")), ("endpoint", endpoint), ("port", .integer(7000))])
            let topology = try #require(Topology(clusterShards: Self.shards([node]), by: announcer))
            #expect(topology.nodes.map(\.address.description) == ["\(isMapped ? "localhost" : expected):7000"])
        }
    }

    @Test("A node is also found by the address it announces") func aNodeIsAlsoFoundByTheAddressItAnnounces() throws {
        let announcer = try Self.announcer(["10.0.0.*:*=127.0.0.1:*"])
        let nodes = [7000, 7001].map { Self.node([("ip", .bulk("10.0.0.7")), ("port", .integer($0))]) }
        let topology = try #require(Topology(clusterShards: Self.shards(nodes), by: announcer))
        for host in ["10.0.0.7", "127.0.0.1"] {
            let node = topology.node(at: NodeAddress(host: host, port: 7001))
            #expect(node?.address.description == "127.0.0.1:7001")
        }
        #expect(topology.sharedAddress == nil)
    }

    @Test("A map that does not tell nodes apart is detected") func aMapThatDoesNotTellNodesApartIsDetected() throws {
        let announcer = try Self.announcer(otherwise: .atSeed)
        let nodes = ["10.0.0.7", "10.0.0.8"].map {
            Self.node([("ip", .bulk(ByteString($0))), ("port", .integer(7000))])
        }
        let shared = Topology(clusterShards: Self.shards(nodes), by: announcer)?.sharedAddress
        #expect(shared?.address.description == "127.0.0.1:7000")
        #expect(shared?.announced.map(\.description) == ["10.0.0.7:7000", "10.0.0.8:7000"])
    }

    @Test(
        "Redirects go through the map",
        arguments: ["MOVED", "ASK"])
    func redirectsGoThroughTheMap(code: String) throws {
        let error = ServerError("\(code) 866 10.0.0.7:7001".utf8)
        let redirect = Redirect(error, by: try Self.announcer(["10.0.0.7:7001=127.0.0.1:17001"]))
        #expect(redirect?.node?.description == "127.0.0.1:17001")
    }

    // MARK: Redirects that cannot be followed

    private static func decision(
        _ text: String, from node: NodeAddress, _ map: ClusterMap, follows: Bool = true
    ) throws -> Delivery.Decision {
        var map = map
        var terms = Delivery.Terms(route: .slot(HashSlot(key: "hello")), isReadonly: true, isScript: false)
        terms.followsRedirects = follows
        var delivery = Delivery(terms)
        _ = delivery.depart(by: map)
        let redirect = try #require(
            Redirect(ServerError(text.utf8), by: Announcer(node, seed: map.seed, map: map.addresses)))
        return delivery.decide(
            .redirected(redirect, from: node, text: text), &map, at: Instant(nanoseconds: 1), retryFor: 30
        ).0
    }

    @Test("A single endpoint reports where else it was sent") func aSingleEndpointReportsWhereElseItWasSent() throws {
        var addresses = AddressMap()
        addresses.otherwise = .unreachable
        let map = ClusterMap(seeds: [Self.seed], addresses: addresses)
        let owner = NodeAddress(host: "10.0.0.7", port: 7001)
        for code in ["MOVED", "ASK"] {
            #expect(
                try Self.decision("\(code) 866 \(owner)", from: Self.seed, map, follows: false)
                    == .fail(.beyondEndpoint(owner, seed: Self.seed)))
        }
        #expect(try Self.decision("LOADING wait", from: Self.seed, map, follows: false) == .reply)
    }

    @Test("A redirect to another node that is mapped to the same address is reported at once")
    func aRedirectToAnotherNodeThatIsMappedToTheSameAddressIsReportedAtOnce() throws {
        var addresses = AddressMap()
        addresses.otherwise = .atSeed
        let map = ClusterMap(seeds: [Self.seed], addresses: addresses)
        #expect(
            try Self.decision("MOVED 866 10.0.0.7:17000", from: Self.seed, map)
                == .fail(.sharedAddress(Self.seed, announced: [NodeAddress(host: "10.0.0.7", port: 17000)])))
    }
}
