import Commands
import RESP
import Routing
import Testing

struct RedirectTests {
    private static func redirect(_ text: String) -> Redirect? {
        Redirect(ServerError(text.utf8), by: Announcer(NodeAddress(host: "10.0.0.9", port: 6379)))
    }

    @Test(
        "MOVED and ASK name a slot and a node",
        arguments: [
            ("3999 127.0.0.1:6381", 3999, "127.0.0.1", 6381),
            ("0 redis-1.example.com:7000", 0, "redis-1.example.com", 7000),
            ("16383 2001:db8::5:7000", 16383, "2001:db8::5", 7000),
            ("16383 [2001:db8::5]:7000", 16383, "2001:db8::5", 7000),
            ("5 ::1:7000", 5, "::1", 7000),
            // An empty host means the one that was asked (`cluster-preferred-endpoint-type unknown-endpoint`), and so
            // does `?` (`hostname`, when the node has none).
            ("3300 :21701", 3300, "10.0.0.9", 21701),
            ("15495 ?:21702", 15495, "10.0.0.9", 21702),
        ])
    func readsPlace(message: String, number: Int, host: String, port: Int) throws {
        let slot = try #require(HashSlot(number))
        let address = NodeAddress(host: host, port: port)
        #expect(Self.redirect("MOVED \(message)") == .moved(slot, address))
        #expect(Self.redirect("ASK \(message)") == .ask(slot, address))
    }

    @Test(
        "Transient errors are recognized by their code",
        arguments: [
            ("TRYAGAIN Multiple keys request during rehashing of slot", .tryAgain),
            ("CLUSTERDOWN Hash slot not served", .unavailable),
            ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", .unavailable),
            ("LOADING Redis is loading the dataset in memory", .unavailable),
            ("READONLY You can't write against a read only replica.", .demoted),
            (
                "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)", .demoted
            ),
            ("UNBLOCKED the stream key no longer exists", .demoted),
            ("NOAUTH Authentication required.", .unauthenticated),
        ] as [(String, Redirect)])
    func readsCodes(text: String, redirect: Redirect) {
        #expect(Self.redirect(text) == redirect)
    }

    @Test(
        "Any other error is the command's own reply",
        arguments: [
            "ERR unknown command", "", "WRONGTYPE Operation against a key holding the wrong kind of value",
            "CROSSSLOT Keys in request don't hash to the same slot", "NOSCRIPT No matching script.",
            "UNBLOCKED client unblocked via CLIENT UNBLOCK", "moved 3999 127.0.0.1:6381", "MOVEDX 3999 127.0.0.1:6381",
        ])
    func isNoRedirect(text: String) {
        #expect(Self.redirect(text) == nil)
    }

    @Test(
        "A redirect that names no place is not followed",
        arguments: [
            "", "3999", "3999 ", "x 127.0.0.1:6381", "-1 127.0.0.1:6381", "16384 127.0.0.1:6381", "3999 127.0.0.1",
            "3999 127.0.0.1:", "3999 127.0.0.1:x", "3999 127.0.0.1:0", "3999 127.0.0.1:65536", "3999 :", "3999 :0",
            "3999 :65536", "3999 :x", "3999 ?",
        ])
    func refusesGarbage(message: String) {
        #expect(Self.redirect("MOVED \(message)") == nil)
        #expect(Self.redirect("ASK \(message)") == nil)
    }
}
