import Commands
import RESP
import TestSupport
import Testing

// The expected keys are those of redis-server's `COMMAND GETKEYS`, where it accepts the command.
struct KeySpecTests {
    @Test(
        "Keys are found where the specification says",
        arguments: [
            (.none, "PING hello", ""),
            (.first, "GET k", "k"),
            (.first, "GET", ""),
            (.firstTwo, "RENAME a b", "a b"),
            (.firstTwo, "RENAME a", "a"),
            (.second, "OBJECT ENCODING k", "k"),
            (.second, "OBJECT HELP", ""),
            (.all, "DEL a b c", "a b c"),
            (.all, "DEL", ""),
            (.allButLast, "BLPOP a b 0", "a b"),
            (.allButLast, "BLPOP 0", ""),
            (.everyOther, "MSET a 1 b 2", "a b"),
            (.everyOther, "MSET a 1 b", "a b"),
            (.counted, "LMPOP 2 a b LEFT", "a b"),
            (.countedSecond, "EVAL s 2 a b c", "a b"),
            (.countedSecond, "EVAL s 0 a", ""),
            (.countedSecond, "EVAL s 9 a", ""),
            (.countedSecond, "EVAL s -1 a", ""),
            (.countedSecond, "EVAL s x a", ""),
            (.countedSecond, "EVAL s 9223372036854775807 a", ""),
            (.countedSecond, "EVAL s 1", ""),
            (.countedSecond, "EVAL", ""),
            (.destinationAndCounted, "ZUNIONSTORE d 2 a b WEIGHTS 1 2", "d a b"),
            (.georadius(from: 6), "GEORADIUS k 1 2 3 m STORE a STOREDIST b", "k b"),
            (.georadius(from: 6), "GEORADIUS k 1 2 3 m storedist b", "k b"),
            (.georadius(from: 6), "GEORADIUS k 1 2 3 m STORE", "k"),
            (.georadius(from: 6), "GEORADIUS k", "k"),
            (.migrate, "MIGRATE h 1 k 0 5", "k"),
            (.migrate, "MIGRATE h 1 \"\" 0 5 COPY KEYS a b", "a b"),
            (.migrate, "MIGRATE h 1 \"\" 0 5 AUTH keys KEYS a", "a"),
            (.migrate, "MIGRATE h 1 \"\" 0 5 AUTH2 keys keys KEYS a", "a"),
            (.migrate, "MIGRATE h 1 k 0 5 AUTH KEYS", "k"),
            (.migrate, "MIGRATE h 1", ""),
            (.allFromSecond, "BITOP AND d a b", "d a b"),
            (.sort, "SORT k", "k"),
            (.sort, "SORT k LIMIT 0 5 STORE d", "k d"),
            (.sort, "SORT k BY store GET store LIMIT 0 store STORE d", "k d"),
            (.sort, "SORT k STORE a STORE b", "k b"),
            (.sort, "SORT k DESC ALPHA STORE", "k"),
            (.sort, "SORT k LIMIT", "k"),
            (.streams, "XREAD COUNT 2 STREAMS a b 0 0", "a b"),
            (.streams, "XREAD streams a 0", "a"),
            (.streams, "XREAD STREAMS a b 0", "a"),
            (.streams, "XREAD STREAMS", ""),
            (.streams, "XREAD COUNT 2", ""),
            (.streams, "XREADGROUP GROUP streams c STREAMS k >", "k"),
            (.streams, "XREADGROUP GROUP g streams STREAMS a b > >", "a b"),
        ] as [(KeySpecs, String, String)])
    func findsKeys(specs: KeySpecs, line: String, keys: String) throws {
        let arguments = try Tokenizer.words(Array(line.utf8))
        let found = specs.indexes(in: arguments).map { arguments[$0].text }
        #expect(found.joined(separator: " ") == keys)
    }

    @Test("A range may end before the arguments do, and skip some")
    func stepsThroughRange() {
        let arguments = (0..<9).map { ByteString("\($0)") }
        #expect(KeySpecs(.range(first: 2, last: 6, step: 3)).indexes(in: arguments) == [2, 5])
        #expect(KeySpecs(.range(first: 1, last: -3, step: 3)).indexes(in: arguments) == [1, 4])
        #expect(KeySpecs(.counted(at: 1, first: 3, step: 2)).indexes(in: ["C", "2", "x", "a", "y", "b"]) == [3, 5])
    }

    @Test("Keys are among the arguments, whatever those are", arguments: 0..<8 as Range<UInt64>)
    func staysInside(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let words: [ByteString] = [
            "STORE", "KEYS", "STREAMS", "AUTH", "LIMIT", "BY", "0", "1", "2", "5", "-1", "k", "",
        ]
        for _ in 0..<60 {
            let count = Int.random(in: 1...8, using: &random)
            let arguments = (0..<count).compactMap { _ in words.randomElement(using: &random) }
            for row in CommandTable.rows {
                let indexes = row.keys.indexes(in: arguments)
                #expect(indexes.allSatisfy { 1..<count ~= $0 }, "\(row.name) in \(arguments.map(\.text))")
            }
        }
    }
}
