import RESP
import TestSupport
import Testing

extension Specification {
    /// The iterators run cursors to their end, over more elements than fit in one reply.
    @Suite struct Iterators {
        private static let count = 3000
        private let cluster: TestCluster

        /// Keys of three types over all masters, and a large collection of each kind.
        private static let filled = Result {
            let cluster = try Specification.cluster
            var lines = ["FLUSHALL"]
            for number in 0..<count {
                lines.append(number % 3 == 0 ? "SADD many:\(number) x" : "SET many:\(number) x")
            }
            let numbers = Array(0..<count)
            lines.append("HSET big:hash " + numbers.map { "f\($0) v\($0)" }.joined(separator: " "))
            lines.append("SADD big:set " + numbers.map { "m\($0)" }.joined(separator: " "))
            lines.append("ZADD big:zset " + numbers.map { "\($0) m\($0)" }.joined(separator: " "))
            let result = try cluster.run(file: lines.joined(separator: "\n"))
            try #require(result.exitStatus == 0)
        }

        init() throws {
            cluster = try Specification.cluster
            try Self.filled.get()
        }

        private static let keys = (0..<count).map { "many:\($0)" }.sorted()
        private static let sets = (0..<count).filter { $0 % 3 == 0 }.map { "many:\($0)" }.sorted()

        @Test(
            "Every key is found once",
            arguments: [
                "SCAN_ITER MATCH many:*", "scan_iter match many:* count 500", "SCAN_ITER COUNT 100 MATCH many:*",
            ])
        func everyKeyIsFoundOnce(_ command: String) throws {
            let raw = try cluster.run(command: command)
            #expect(raw.exitStatus == 0)
            #expect(raw.errorText == "")
            #expect(raw.lines.sorted() == Self.keys)
            let json = try JSON(cluster.run("--json", command: command).text)
            #expect(json.elements.compactMap(\.text).sorted() == Self.keys)
            let file = try cluster.run("--json", file: "PING\n\(command)\nPING\n").json()
            #expect(file.count == 3)
            #expect(file[1].elements.count == Self.count)
        }

        @Test("The options of SCAN select") func theOptionsOfScanSelect() throws {
            #expect(try cluster.run("--scan --pattern many:*").lines.sorted() == Self.keys)
            #expect(try cluster.run("--scan --pattern many:* --type set").lines.sorted() == Self.sets)
            #expect(try cluster.run("--scan --type hash").lines == ["big:hash"])
            #expect(try cluster.run("--scan --count 1000").lines.count == Self.count + 3)
            #expect(try cluster.run(command: "SCAN_ITER MATCH many:* TYPE set").lines.sorted() == Self.sets)
            let json = try JSON(cluster.run("--scan --pattern many:1? --json").text)
            #expect(json.elements.count == 10)
        }

        @Test("A single node can be scanned") func aSingleNodeCanBeScanned() throws {
            var found: [String] = []
            for master in cluster.masters {
                found += try cluster.run(command: "@\(master) SCAN_ITER MATCH many:*").lines
            }
            #expect(found.sorted() == Self.keys)
        }

        @Test("Fields come with their values") func fieldsComeWithTheirValues() throws {
            let all = try cluster.run(command: "HSCAN_ITER big:hash")
            #expect(all.lines.count == 2 * Self.count)
            #expect(Set(all.lines).count == 2 * Self.count)
            let some = try cluster.run(command: "hscan_iter big:hash MATCH f12 COUNT 50")
            #expect(some.lines == ["f12", "v12"])
            let json = try JSON(cluster.run("--json", command: "HSCAN_ITER big:hash MATCH f7 COUNT 10").text)
            #expect(json == ["f7", "v7"])
        }

        @Test("Members come once") func membersComeOnce() throws {
            let members = try cluster.run(command: "SSCAN_ITER big:set COUNT 100").lines
            #expect(members.sorted() == (0..<Self.count).map { "m\($0)" }.sorted())
            #expect(try cluster.run(command: "SSCAN_ITER big:set MATCH m299?").lines.count == 10)
        }

        @Test("Members come with their scores") func membersComeWithTheirScores() throws {
            let flat = try JSON(cluster.run("--json", command: "zscan_iter big:zset count 7").text).elements
            #expect(flat.count == 2 * Self.count)
            var scores: [String: String] = [:]
            for place in stride(from: 0, to: flat.count, by: 2) {
                scores[try #require(flat[place].text)] = flat[place + 1].text
            }
            #expect(scores.count == Self.count)
            #expect(scores["m2999"] == "2999")
            #expect(try cluster.run(command: "ZSCAN_ITER big:zset MATCH m1").lines == ["m1", "1"])
        }

        @Test("An iteration over nothing is an empty list") func anIterationOverNothingIsAnEmptyList() throws {
            for command in ["HSCAN_ITER none", "SSCAN_ITER none", "ZSCAN_ITER none", "SCAN_ITER MATCH none"] {
                let raw = try cluster.run(command: command)
                #expect(raw.outputText == "")
                #expect(raw.exitStatus == 0)
                #expect(try cluster.run("--json", command: command).outputText == "[]\n")
            }
        }

        @Test("The wrong type gets the server's error") func theWrongTypeGetsTheServersError() throws {
            let result = try cluster.run("--json", command: "HSCAN_ITER big:set")
            #expect(try JSON(result.text).error?.hasPrefix("WRONGTYPE") == true)
            #expect(result.exitStatus == 1)
        }
    }
}
