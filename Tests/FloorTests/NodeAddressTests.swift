import Routing
import Testing

struct NodeAddressTests {
    @Test(
        "A server's text of an address is read, even with a bus port or a name after it",
        arguments: [
            ("127.0.0.1:7000@17000", "127.0.0.1:7000"),
            ("127.0.0.1:7000@17000,redis-1.example", "127.0.0.1:7000"),
            ("127.0.0.1:7000,redis-1.example", "127.0.0.1:7000"),
            (":7000@17000", "seed:7000"),
            ("?:7000", "seed:7000"),
            ("::1:7000@17000", "[::1]:7000"),
            ("::1:7000", "[::1]:7000"),
        ])
    func readsServerText(text: String, address: String) {
        #expect(
            NodeAddress(serverText: text, by: Announcer(NodeAddress(host: "seed", port: 6379)))?.description == address)
    }

    @Test(
        "A node is called host:port, and a unix socket by its path",
        arguments: [
            (NodeAddress(host: "redis-1", port: 7000), "redis-1:7000"),
            (NodeAddress(host: "2001:db8::5", port: 7000), "[2001:db8::5]:7000"),
            (NodeAddress(socketPath: "/tmp/redis.sock"), "/tmp/redis.sock"),
            (NodeAddress(socketPath: "run/redis.sock"), "run/redis.sock"),
        ])
    func isCalled(address: NodeAddress, name: String) {
        #expect(address.description == name)
    }
}
