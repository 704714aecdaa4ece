import RESP
import TestSupport
import Testing

struct RESPValueTests {
    @Test("An aggregate is walked like a tree")
    func walksTree() throws {
        let value = try RESPText.value("*3\r\n*2\r\n:1\r\n*1\r\n:2\r\n:3\r\n$1\r\nx\r\n")
        let elements = Array(value.elements)
        #expect(value.count == 3)
        #expect(elements == [.array([.integer(1), .array([.integer(2)])]), .integer(3), .bulk("x")])
        #expect(elements[0].elements.map(\.kind) == [.integer, .array])
        #expect(Array(elements[1].elements).isEmpty)
    }

    @Test("An aggregate can be built from values of different replies, and from parts of them")
    func buildsOfParts() throws {
        let left = try RESPText.value("*2\r\n$3\r\nabc\r\n*2\r\n:1\r\n:2\r\n")
        let right = try RESPText.value("%1\r\n+k\r\n*0\r\n")
        let parts = Array(left.elements) + [right] + Array(right.elements)
        #expect(
            String(decoding: RESPText.bytes(of: .array(parts)), as: UTF8.self)
                == "*5\r\n$3\r\nabc\r\n*2\r\n:1\r\n:2\r\n%1\r\n+k\r\n*0\r\n+k\r\n*0\r\n")
    }

    @Test("Values differ by kind, bytes and elements")
    func comparesValues() {
        #expect(RESPValue.bulk("1") != .integer(1))
        #expect(RESPValue.bulk("1") != .bulk("2"))
        #expect(RESPValue.array([]) != .map([]))
        #expect(RESPValue.array([.integer(1)]) != .array([.integer(1), .integer(1)]))
        #expect(RESPValue.array([.array([.integer(1)])]) != .array([.array([.integer(2)])]))
        #expect(RESPValue.array([.array([]), .null]) == .array([.array([]), .null]))
    }

    @Test("Fields are found in RESP3 maps and in RESP2's flat arrays, in any case", arguments: ["%2", "*4"])
    func findsFields(header: String) throws {
        let value = try RESPText.value("\(header)\r\n+role\r\n+master\r\n$4\r\nport\r\n:7000\r\n")
        #expect(value[field: "port"] == .integer(7000))
        #expect(value[field: "ROLE"]?.text == "master")
        #expect(value[field: "health"] == nil)
        #expect(value.pairs.map(\.key.text) == ["role", "port"])
    }

    @Test("A key without a value is not a pair")
    func dropsHalfPair() {
        #expect(RESPValue.array([.bulk("a"), .integer(1), .bulk("b")]).pairs.count == 1)
    }

    @Test(
        "A number is read from integers and from strings of digits",
        arguments: [
            (.integer(-5), -5), (.bulk("12"), 12), (.bulk(""), nil), (.bulk("1.5"), nil), (.array([]), nil),
            (.null, nil),
        ] as [(RESPValue, Int?)])
    func readsInteger(value: RESPValue, number: Int?) {
        #expect(value.integer == number)
    }

    @Test(
        "An error reply is split into code and message",
        arguments: [
            ("MOVED 3999 127.0.0.1:6381", "MOVED", "3999 127.0.0.1:6381"),
            ("ERR", "ERR", ""),
            ("NOSCRIPT No matching script.", "NOSCRIPT", "No matching script."),
            ("", "", ""),
        ] as [(String, ByteString, ByteString)])
    func splitsErrors(text: String, code: ByteString, message: ByteString) {
        let error = RESPValue.error(text).serverError
        #expect(error?.code == code)
        #expect(error?.message == message)
        #expect(error?.text == text)
    }

    @Test("Only an error reply has a server error")
    func hasNoServerError() {
        #expect(RESPValue.status("ERR x").serverError == nil)
        #expect(RESPValue.array([.error("ERR x")]).serverError == nil)
    }

    @Test("Aggregates among the members of sets are skipped, and do not end a search")
    func nestedSets() throws {
        let members = (0..<20).map { RESPValue.integer($0) }
        let nested = RESPValue.array([.array(members)])
        let flat = RESPValue.array([.integer(3), .integer(99)])
        #expect(PickedMembers.union(of: [nested, flat]).count == 21)
        #expect(PickedMembers.intersection(of: [nested, flat]).count == 1)
        #expect(PickedMembers.difference(of: [flat, nested]).count == 1)
        #expect(PickedMembers.difference(of: [flat, nested, nested]).count == 1)
    }

    @Test("A member that is repeated is looked up just once each time")
    func repeatedMembers() {
        let sets = (0..<2).map { _ in RESPValue.array(Array(repeating: .integer(0), count: 20_000)) }
        #expect(PickedMembers.union(of: sets).count == 1)
        #expect(PickedMembers.difference(of: sets).count == 0)
        #expect(PickedMembers.intersection(of: sets).value.elements.allSatisfy { $0.integer == 0 })
    }
}
