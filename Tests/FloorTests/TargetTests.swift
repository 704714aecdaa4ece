import Commands
import RESP
import Testing

struct TargetTests {
    @Test(
        "A word with an @ prefix names nodes",
        arguments: [
            ("@all", .all), ("@masters", .masters), ("@replicas", .replicas), ("@random", .random),
            ("@ALL", .all), ("@Masters", .masters),
            ("@10.0.0.5:7001", .address(host: "10.0.0.5", port: 7001)),
            ("@redis-1.example.com:6379", .address(host: "redis-1.example.com", port: 6379)),
            ("@::1:7000", .address(host: "::1", port: 7000)),
            ("@[::1]:7000", .address(host: "::1", port: 7000)),
            ("@[2001:db8::5]:65535", .address(host: "2001:db8::5", port: 65535)),
            ("@all:7000", .address(host: "all", port: 7000)),
            ("@0a1B", .nodeID(prefix: "0a1b")),
            ("@7000", .nodeID(prefix: "7000")),
            (
                "@c20a3ae8a690d3a673adc0de1ab1d1823cc2369e",
                .nodeID(prefix: "c20a3ae8a690d3a673adc0de1ab1d1823cc2369e")
            ),
            ("@key:user:1", .key("user:1")),
            ("@key:@all", .key("@all")),
            ("@key:", .key("")),
            ("@KEY:7000", .key("7000")),
            ("@key:\u{e9}", .key("\u{e9}")),
        ] as [(ByteString, Target)])
    func reads(word: ByteString, target: Target) throws {
        #expect(try Target(parsing: word) == target)
    }

    @Test(
        "A slot is named by its number",
        arguments: [("@slot:0", 0), ("@slot:866", 866), ("@slot:16383", 16383), ("@SLOT:1", 1)]
            as [(ByteString, Int)])
    func readsSlots(word: ByteString, number: Int) throws {
        let slot = try #require(HashSlot(number))
        #expect(try Target(parsing: word) == .slot(slot))
    }

    @Test(
        "A slot that does not exist is refused",
        arguments: ["@slot:16384", "@slot:-1", "@slot:", "@slot:abc", "@slot:1 "] as [ByteString])
    func refusesSlots(word: ByteString) {
        #expect(throws: TargetError.notASlot(word)) { try Target(parsing: word) }
    }

    @Test(
        "A word that names no place is refused",
        arguments: [
            "@everybody", "@:7000", "@host:", "@host:70000", "@host:0", "@host:-1", "@host:+1", "@host:7000x", "@[::1]",
            "@c20a3ae8a690d3a673adc0de1ab1d1823cc2369e0", "@master", "@xyz", "@",
        ] as [ByteString])
    func refusesOthers(word: ByteString) {
        #expect(throws: TargetError.unknown(word)) { try Target(parsing: word) }
    }

    @Test(
        "Three targets stand for many nodes",
        arguments: [
            ("@all", true), ("@masters", true), ("@replicas", true), ("@random", false), ("@h:1", false),
            ("@ab", false), ("@slot:1", false), ("@key:k", false),
        ] as [(ByteString, Bool)])
    func tellsManyNodes(word: ByteString, isManyNodes: Bool) throws {
        #expect(try Target(parsing: word).isManyNodes == isManyNodes)
    }

    @Test("A target before a command is taken off it")
    func takesTargetOff() throws {
        let command = try #require(try Command(words: ["@masters", "DBSIZE", "@all"]))
        #expect(command.target == .masters)
        #expect(command.arguments == ["DBSIZE", "@all"])
        #expect(command.name == "DBSIZE")
    }

    @Test("A command needs no target, and a lone @ is not one", arguments: ["GET", "@"] as [ByteString])
    func needsNoTarget(word: ByteString) throws {
        let command = try #require(try Command(words: [word, "k"]))
        #expect(command.target == nil)
        #expect(command.arguments == [word, "k"])
    }

    @Test("Words without a command are not a command", arguments: [[], ["@all"]] as [[ByteString]])
    func needsCommand(words: [ByteString]) throws {
        #expect(try Command(words: words) == nil)
    }

    @Test("An invalid target keeps the command from being read")
    func refusesCommand() {
        #expect(throws: TargetError.unknown("@nobody")) { try Command(words: ["@nobody", "PING"]) }
    }
}
