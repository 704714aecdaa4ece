import RESP
import TestSupport
import Testing

/// Every routed command of the specification on a real cluster, one after the other, since some change all of it.
@Suite(.serialized) enum Specification {
    private static let started = Result {
        try TestCluster(options: "\(TestCluster.patient) --slowlog-log-slower-than 0")
    }

    /// The cluster that only these suites use.
    static var cluster: TestCluster { get throws { try started.get() } }
}

extension Specification {
    @Suite struct Rows {
        typealias Row = SpecificationRow

        /// Keys on all masters.
        private static let sixKeys = (1...6).map { "row:\($0)" }
        private static let writeSixKeys = sixKeys.map { "SET \($0) x" }

        static let fanOut: [Row] = [
            Row("ACL LOG", .nodes(.list)),
            Row("ACL LOG RESET", .nodes(.text("OK"))),
            Row("BGREWRITEAOF", .nodes(.text("Background append only file rewriting started"))),
            Row("BGSAVE", .nodes(.text("Background saving started"))),
            Row("CLIENT GETNAME", .nodes(.null)),
            Row("CLIENT KILL 127.0.0.1:1", .nodes(.error("ERR No such client")), status: 1),
            Row("CLIENT KILL ADDR 127.0.0.1:1", .nodes(.integer(0))),
            Row("CLIENT LIST", .nodes(.containing("cmd=client"))),
            Row("CLIENT LIST TYPE normal", .nodes(.containing("cmd=client"))),
            Row("CLIENT SETNAME somebody", .nodes(.text("OK"))),
            Row("CONFIG GET maxmemory-policy", .nodes(.pairs(["maxmemory-policy": "noeviction"]))),
            Row("CONFIG RESETSTAT", .nodes(.text("OK"))),
            Row("CONFIG REWRITE", .nodes(.error("ERR The server is running without a config file")), status: 1),
            Row("CONFIG SET slowlog-max-len 77", .nodes(.text("OK"))),
            Row("DBSIZE", .nodes(.integer(0)), given: ["FLUSHALL"]),
            Row("ECHO hello", .nodes(.text("hello"))),
            Row("INFO", .nodes(.containing("redis_version:"))),
            Row("INFO replication", .nodes(.containing("role:"))),
            Row("LASTSAVE", .nodes(.number)),
            Row("PING", .nodes(.text("PONG"))),
            Row("PING hello", .nodes(.text("hello"))),
            Row("SAVE", .nodes(.text("OK"))),
            Row("SLOWLOG GET", .nodes(.list)),
            Row("SLOWLOG LEN", .nodes(.number)),
            Row("SLOWLOG RESET", .nodes(.text("OK"))),
            Row("TIME", .nodes(.array([.digits, .digits]))),
        ]

        static let merged: [Row] = [
            Row("PUBSUB CHANNELS", .one(.array([]))),
            Row("PUBSUB NUMSUB news", .one(.array([.text("news"), .integer(0)]))),
            Row("PUBSUB NUMPAT", .one(.integer(0))),
            Row("KEYS row:*", .one(.set(sixKeys)), given: writeSixKeys),
            Row("KEYS nothing:*", .one(.array([]))),
        ]

        static let masters: [Row] = [
            Row("FLUSHALL", .masters(.text("OK"))),
            Row("FLUSHALL ASYNC", .masters(.text("OK"))),
            Row("FLUSHDB", .masters(.text("OK"))),
            Row("SCAN 0 MATCH nothing:* COUNT 100000", .masters(.array([.text("0"), .array([])]))),
        ]

        static let oneNode: [Row] = [
            Row("PUBLISH news hello", .one(.number)),
            Row("EVAL \"return redis.call('GET', KEYS[1])\" 1 row:1", .one(.text("x")), given: ["SET row:1 x"]),
            Row("EVAL \"return redis.call('GET', KEYS[1])\" 1 row:2", .one(.text("x")), given: ["SET row:2 x"]),
            Row("EVAL \"return redis.call('GET', KEYS[1])\" 1 row:3", .one(.text("x")), given: ["SET row:3 x"]),
            Row("EVAL \"return {KEYS[2], ARGV[1]}\" 2 {row}a {row}b c", .one(.array([.text("{row}b"), .text("c")]))),
            Row("EVAL 'return 7' 0", .one(.integer(7))),
            Row(
                "EVALSHA d3c21d0c2b9ca22f82737626a27bcaf5d288f99f 1 row:2", .one(.text("y")),
                given: ["SET row:2 y", "SCRIPT LOAD \"return redis.call('GET', KEYS[1])\""]),
            Row(
                "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0", .one(.integer(1)),
                given: ["SCRIPT LOAD 'return 1'"]),
            Row(
                "EVALSHA 0000000000000000000000000000000000000000 1 row:1",
                .one(.error("NOSCRIPT No matching script.")), status: 1),
        ]

        static let scripts: [Row] = [
            Row("SCRIPT LOAD 'return 1'", .one(.text("e0e1f9fabfc9d4800c877a703b823ac0578ff8db"))),
            Row(
                "SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0000000000000000000000000000000000000000",
                .one(.array([.integer(1), .integer(0)])), given: ["SCRIPT LOAD 'return 1'"]),
            Row("SCRIPT FLUSH", .one(.text("OK"))),
            Row("SCRIPT FLUSH SYNC", .one(.text("OK"))),
            Row(
                "SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db", .one(.array([.integer(0)])),
                given: ["SCRIPT LOAD 'return 1'", "SCRIPT FLUSH"]),
        ]

        static let cursors: [Row] = [
            Row(
                "HSCAN row:hash 0", .one(.array([.text("0"), .array([.text("f"), .text("v")])])),
                given: ["HSET row:hash f v"]),
            Row(
                "SSCAN row:set 0", .one(.array([.text("0"), .array([.text("m")])])), given: ["SADD row:set m"]),
            Row(
                "ZSCAN row:zset 0", .one(.array([.text("0"), .array([.text("m"), .text("1.5")])])),
                given: ["ZADD row:zset 1.5 m"]),
            Row("SCAN_ITER MATCH row:?", .one(.set(sixKeys)), given: writeSixKeys),
            Row("HSCAN_ITER row:hash", .one(.array([.text("f"), .text("v")])), given: ["HSET row:hash f v"]),
            Row("SSCAN_ITER row:set", .one(.array([.text("m")])), given: ["SADD row:set m"]),
            Row("ZSCAN_ITER row:zset", .one(.array([.text("m"), .text("1.5")])), given: ["ZADD row:zset 1.5 m"]),
        ]

        /// Overridden commands whose keys are all in one slot.
        static let sameSlot: [Row] = [
            Row("BRPOPLPUSH {r}l {r}m 1", .one(.text("b")), given: ["DEL {r}l {r}m", "RPUSH {r}l a b"]),
            Row(
                "MGET {r}a {r}none {r}b", .one(.array([.text("1"), .null, .text("2")])), given: ["MSET {r}a 1 {r}b 2"]),
            Row("MSET {r}a 1 {r}b 2", .one(.text("OK"))),
            Row("MSETNX {r}a 1 {r}new 2", .one(.integer(0)), given: ["MSET {r}a 1"]),
            Row("PFMERGE {r}p {r}q", .one(.text("OK")), given: ["PFADD {r}q x"]),
            Row("RANDOMKEY", .one(.containing("row:")), given: ["FLUSHALL"] + writeSixKeys),
            Row("RENAME {r}a {r}b", .one(.text("OK")), given: ["SET {r}a 1"]),
            Row("RENAMENX {r}a {r}b", .one(.integer(1)), given: ["DEL {r}b", "SET {r}a 1"]),
            Row("RPOPLPUSH {r}l {r}m", .one(.text("b")), given: ["DEL {r}l {r}m", "RPUSH {r}l a b"]),
            Row("SDIFF {r}s {r}t", .one(.array([.text("a")])), given: twoSets),
            Row("SDIFFSTORE {r}d {r}s {r}t", .one(.integer(1)), given: twoSets),
            Row("SINTER {r}s {r}t", .one(.array([.text("b")])), given: twoSets),
            Row("SINTERSTORE {r}d {r}s {r}t", .one(.integer(1)), given: twoSets),
            Row("SMOVE {r}s {r}t a", .one(.integer(1)), given: twoSets),
            Row("SORT {r}l ALPHA", .one(.array([.text("a"), .text("b")])), given: ["DEL {r}l", "RPUSH {r}l b a"]),
            Row("SUNION {r}s {r}t", .one(.set(["a", "b", "c"])), given: twoSets),
            Row("SUNIONSTORE {r}d {r}s {r}t", .one(.integer(3)), given: twoSets),
            Row("ZINTERSTORE {r}d 2 {r}y {r}z", .one(.integer(1)), given: twoSortedSets),
            Row("ZUNIONSTORE {r}d 2 {r}y {r}z", .one(.integer(3)), given: twoSortedSets),
        ]

        private static let twoSets = ["DEL {r}s {r}t", "SADD {r}s a b", "SADD {r}t b c"]
        private static let twoSortedSets = ["DEL {r}y {r}z", "ZADD {r}y 1 a 2 b", "ZADD {r}z 2 b 3 c"]

        @Test(
            "Fan-out gives a dictionary of all nodes",
            arguments: fanOut) func fanOutGivesADictionaryOfAllNodes(_ row: Row) throws
        {
            try row.check(on: Specification.cluster)
        }

        @Test(
            "Merged replies are one value",
            arguments: merged) func mergedRepliesAreOneValue(_ row: Row) throws
        {
            try row.check(on: Specification.cluster)
        }

        @Test(
            "Commands for masters give a dictionary",
            arguments: masters) func commandsForMastersGiveADictionary(_ row: Row) throws
        {
            try row.check(on: Specification.cluster)
        }

        @Test(
            "Commands for a random node or the first key's node give one reply",
            arguments: oneNode) func commandsForARandomNodeOrTheFirstKeysNodeGiveOneReply(_ row: Row) throws
        {
            try row.check(on: Specification.cluster)
        }

        @Test(
            "Scripts are the same on all masters",
            arguments: scripts) func scriptsAreTheSameOnAllMasters(_ row: Row) throws
        {
            try row.check(on: Specification.cluster)
        }

        @Test(
            "Cursor commands run at the node of their key",
            arguments: cursors) func cursorCommandsRunAtTheNodeOfTheirKey(_ row: Row) throws
        {
            try row.check(on: Specification.cluster)
        }

        @Test(
            "Keys of one slot work together",
            arguments: sameSlot) func keysOfOneSlotWorkTogether(_ row: Row) throws
        {
            try row.check(on: Specification.cluster)
        }

        @Test("Other commands go to the node of their key") func otherCommandsGoToTheNodeOfTheirKey() throws {
            let cluster = try Specification.cluster
            for master in cluster.masters {
                let key = cluster.key("own:", on: master)
                let file = "SET \(key) 1\nINCR \(key)\nAPPEND \(key) x\nGET \(key)\nTYPE \(key)\nDEL \(key)\n"
                let result = try cluster.run(file: file)
                #expect(result.lines == ["OK", "2", "2", "2x", "string", "1"])
                #expect(result.exitStatus == 0)
                #expect(try cluster.run(command: "SET \(key) here").text == "OK")
                #expect(try cluster.send("GET \(key)", to: master).text == "here")
            }
        }
    }
}
