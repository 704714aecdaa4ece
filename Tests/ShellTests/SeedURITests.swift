import Commands
import Options
import Presentation
import RESP
import Routing
import Testing

@Suite("Server URIs")
struct SeedURITests {
    @Test(
        "User info is user and password, or just the password",
        arguments: [
            ("redis://a", nil, nil), ("redis://@a", nil, nil), ("redis://secret@a", nil, "secret"),
            ("redis://:secret@a", nil, "secret"), ("redis://bob:secret@a", "bob", "secret"),
            ("redis://bob:@a", "bob", ""),
            ("redis://:@a", nil, nil), ("REDIS://bob:a:b@a", "bob", "a:b"),
            ("valkey://b%6Fb:%00%ff@a", "bob", [0, 255]),
            ("redis://bob:p@ss/word@a", "bob", "p@ss/word"),
        ] as [(ByteString, ByteString?, Bytes?)])
    func credentials(uri: ByteString, user: ByteString?, password: Bytes?) throws {
        let configuration = try parse(["-u", uri])
        #expect(configuration.user == user)
        #expect(configuration.password == password?.value)
    }

    @Test(
        "Parts that the address leaves out have defaults",
        arguments: [
            ("redis://", ["127.0.0.1:6379"]), ("redis:///2", ["127.0.0.1:6379"]), ("redis://:7000", ["127.0.0.1:7000"]),
            ("redis://a", ["a:6379"]), ("redis://a/", ["a:6379"]), ("redis://[::1]", ["[::1]:6379"]),
            ("redis://a,[fe80::1]:7001,c:7002/0", ["a:6379", "[fe80::1]:7001", "c:7002"]),
        ] as [(ByteString, [String])])
    func addresses(uri: ByteString, expected: [String]) throws {
        #expect(try parse(["-u", uri]).seeds.map(\.description) == expected)
    }

    @Test(
        "Anything else is refused, and no message shows a password",
        arguments: [
            ("a:6379", .badURIScheme), ("redis:a", .badURIScheme), ("redis", .badURIScheme), ("", .badURIScheme),
            ("http://a", .badURIScheme), ("redisss://a", .badURIScheme),
            ("redis://secret@a:0", .badURIAddress(option: "-u")), ("redis://a:", .badURIAddress(option: "-u")),
            ("redis://default:hunter2", .badURIAddress(option: "-u")),
            ("redis://secret@a/x", .badValue(option: "-u", value: "x", wanted: database)),
            ("redis://a/0?x=1", .badValue(option: "-u", value: "0?x=1", wanted: database)),
            ("redis://::1", .badURIAddress(option: "-u")),
            ("redis://[::1", .badURIAddress(option: "-u")),
            ("redis://[]:1", .badURIAddress(option: "-u")),
            ("redis://a%3", nil), ("redis://%3@a", .badURIEncoding), ("redis://%+1@a", .badURIEncoding),
            ("redis://x%@a", .incompleteURIEncoding),
        ] as [(ByteString, OptionError?)])
    func refused(uri: ByteString, expected: OptionError?) {
        var thrown: OptionError?
        do {
            _ = try parse(["-u", uri])
        } catch {
            thrown = error
        }
        #expect(thrown == expected)
        #expect(thrown?.message(in: .slotline).contains("secret") != true)
    }

    private static let database = "a database number after the address"

    /// A byte string written as text or as bytes.
    struct Bytes: ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
        let value: ByteString

        init(stringLiteral text: String) { value = ByteString(text) }

        init(arrayLiteral bytes: UInt8...) { value = ByteString(bytes) }
    }
}
