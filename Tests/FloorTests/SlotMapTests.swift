import Clock
import Commands
import Routing
import Testing

private func local(_ port: Int) -> NodeAddress { NodeAddress(host: "127.0.0.1", port: port) }

struct SlotMapTests {
    private static func slot(_ number: Int) throws -> HashSlot { try #require(HashSlot(number)) }

    private static let topology = Topology(shards: [
        Shard(
            slots: [0...99, 200...300],
            nodes: [
                Node(address: local(7000), id: "a", role: .master, isHealthy: true),
                Node(address: local(7010), id: "c", role: .replica, isHealthy: true),
            ]),
        Shard(slots: [16383...16383], nodes: [Node(address: local(7001), id: "b", role: .master, isHealthy: false)]),
        Shard(slots: [400...401], nodes: [Node(address: local(7020), id: "d", role: .replica, isHealthy: true)]),
    ])

    @Test(
        "Each slot has the master of its shard",
        arguments: [
            (0, 7000), (99, 7000), (100, nil), (199, nil), (200, 7000), (300, 7000), (301, nil), (400, nil),
            (16382, nil), (16383, 7001),
        ] as [(Int, Int?)])
    func findsOwner(number: Int, port: Int?) throws {
        #expect(SlotMap(Self.topology)[try Self.slot(number)] == port.map(local))
    }

    @Test("An empty map knows no owner", arguments: [0, 866, 16383])
    func knowsNothing(number: Int) throws {
        #expect(SlotMap()[try Self.slot(number)] == nil)
    }

    @Test("MOVED patches only its own slot", arguments: [SlotMap(), SlotMap(topology)])
    func patchesOneSlot(map: SlotMap) throws {
        var patched = map
        patched.patch(try Self.slot(50), to: local(7002))
        #expect(patched[try Self.slot(50)] == local(7002))
        for number in 0..<HashSlot.count where number != 50 {
            let slot = try Self.slot(number)
            #expect(patched[slot] == map[slot])
        }
        patched.patch(try Self.slot(50), to: local(7000))
        #expect(patched[try Self.slot(50)] == local(7000))
    }

    @Test("Owners reported by MOVED are kept, for any number of slots", arguments: [1, 7, 8, 9, 64, 65, 200])
    func keepsPatches(count: Int) throws {
        var map = SlotMap()
        // The first owners of each slot are out of date.
        for port in [6000, 7000] {
            for number in 0..<count { map.patch(try Self.slot(number * 80), to: local(port + number % 50)) }
        }
        for number in 0..<HashSlot.count {
            let isKnown = number % 80 == 0 && number / 80 < count
            #expect(map[try Self.slot(number)] == (isKnown ? local(7000 + number / 80 % 50) : nil))
        }
    }

    @Test("A map of many ranges works like one of few", arguments: [1, 8, 9, 500])
    func knowsManyRanges(count: Int) throws {
        let size = HashSlot.count / count
        var map = SlotMap(
            Topology(
                shards: (0..<count).map { number in
                    Shard(
                        slots: [number * size...number * size + size / 2],
                        nodes: [Node(address: local(7000 + number), id: "", role: .master, isHealthy: true)])
                }))
        map.patch(try Self.slot(0), to: local(6000))
        for number in 1..<count * size {
            let isOwned = number % size <= size / 2
            #expect(map[try Self.slot(number)] == (isOwned ? local(7000 + number / size) : nil))
        }
        #expect(map[try Self.slot(0)] == local(6000))
    }

    @Test("However many nodes MOVED names, the last one for each slot is its owner")
    func forgetsFormerOwners() throws {
        var map = SlotMap(Self.topology)
        for number in 0..<140_000 {
            map.patch(try Self.slot(50), to: NodeAddress(host: "10.0.0.\(number / 60_000)", port: number % 60_000))
        }
        #expect(map[try Self.slot(50)] == NodeAddress(host: "10.0.0.2", port: 19_999))
        #expect(map[try Self.slot(0)] == local(7000))
        #expect(map[try Self.slot(16383)] == local(7001))
        #expect(map.owners.count <= 64)
    }

    @Test("Any change that may send commands to another node gives the cluster map a new revision")
    func revision() throws {
        let nodes = [local(7001), local(7002)]
        var map = ClusterMap(seeds: [nodes[0]])
        var revisions = [map.revision]
        map.patch(try Self.slot(1), to: nodes[1])
        revisions.append(map.revision)
        map.home = nodes[1]
        revisions.append(map.revision)
        map.learn(nil, at: Instant(nanoseconds: 0))
        revisions.append(map.revision)
        #expect(Set(revisions).count == 4)
    }
}
