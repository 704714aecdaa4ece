import Routing
import Foundation
import Playground
import Options
import RESP
import Synchronization
import TestSupport
import Testing

/// TLS: which servers it trusts, what it reports, and that it changes nothing else.
struct EncryptionTests {
    // MARK: Trust

    /// Servers that speak TLS, each with a different kind of certificate.
    private final class Servers: Sendable {
        let certificates: Certificates
        private let ports: [String: Int]
        private let running: [RedisServer]
        private let mute: ScriptedNode

        init() throws {
            let certificates = try Certificates()
            self.certificates = certificates
            try certificates.make("good", for: "IP:127.0.0.1,DNS:localhost")
            try certificates.make("other", for: "DNS:redis.example.com,DNS:*.shard.example.com")
            try certificates.make(
                "old", for: "IP:127.0.0.1", validity: (from: "200101000000Z", to: "210101000000Z"))
            try certificates.make(
                "early", for: "IP:127.0.0.1", validity: (from: "480101000000Z", to: "490101000000Z"))
            try certificates.make("client", for: "DNS:client")
            try certificates.make("locked", for: "DNS:client", passphrase: "sesame")
            var ports: [String: Int] = [:]
            var running: [RedisServer] = []
            for (name, certificate, wantsClient) in [
                ("good", "good", "no"), ("other", "other", "no"), ("old", "old", "no"), ("early", "early", "no"),
                ("strict", "good", "yes"),
            ] {
                let port = try Loopback.freePort()
                ports[name] = port
                running.append(
                    try RedisServer([
                        "--tls-port", "\(port)", "--tls-cert-file", certificates.path("\(certificate).crt"),
                        "--tls-key-file", certificates.path("\(certificate).key"), "--tls-ca-cert-file",
                        certificates.path("ca.crt"), "--tls-auth-clients", wantsClient,
                    ]))
            }
            ports["plain"] = running[0].port
            ports["nobody"] = try Loopback.freePort()
            mute = try ScriptedNode { _ in .silence }
            ports["mute"] = mute.port
            self.ports = ports
            self.running = running
        }

        /// Runs PING at a server; `CA/` in the options stands for the certificates' folder.
        func ping(
            _ name: String, _ options: String, command: [ByteString] = ["PING"], input: String = ""
        ) throws -> Subprocess.Result {
            let words = "-p \(ports[name] ?? 0) -t 1 \(options)".split(separator: " ").map {
                ByteString($0.replacingOccurrences(of: "CA/", with: certificates.folder + "/"))
            }
            return try Slotline.run(words + command, input: Array(input.utf8))
        }
    }

    private static let servers = Result { try Servers() }

    @Test(
        "A connection succeeds with the right options",
        arguments: [
            ("good", "--tls --cacert CA/ca.crt"), ("good", "--tls --cacert CA/ca.crt -h localhost"),
            ("good", "--tls --insecure"), ("good", "-u rediss://127.0.0.1 --cacert CA/ca.crt"),
            ("good", "-u valkeys://localhost --cacert CA/ca.crt"), ("other", "--tls --insecure"),
            ("old", "--tls --insecure"),
            ("other", "--tls --cacert CA/ca.crt --tls-name redis.example.com"),
            ("other", "--tls --cacert CA/ca.crt --tls-name a.shard.example.com"),
            ("strict", "--tls --cacert CA/ca.crt --cert CA/client.crt --key CA/client.key"),
            ("good", "--tls --cacert CA/ca.crt --tls-ciphersuites TLS_AES_256_GCM_SHA384"),
        ])
    func aConnectionSucceedsWithTheRightOptions(server: String, options: String) throws {
        let result = try Self.servers.get().ping(server, options)
        #expect(result.text == "PONG", "\(result.errorText)")
        #expect(result.exitStatus == 0)
    }

    @Test(
        "A failed connection says why",
        arguments: [
            ("good", "--tls", 3, "unknown authority, CN=Authority"),
            ("other", "--tls --cacert CA/ca.crt", 3, "for redis.example.com, *.shard.example.com, not for 127.0.0.1"),
            ("other", "--tls --cacert CA/ca.crt --tls-name example.com", 3, "not for 127.0.0.1"),
            ("old", "--tls --cacert CA/ca.crt", 3, "expired on Jan 1 00:00:00 2021"),
            ("early", "--tls --cacert CA/ca.crt", 3, "not valid before Jan 1 00:00:00 2048"),
            ("strict", "--tls --cacert CA/ca.crt", 3, "requires a client certificate"),
            ("plain", "--tls --cacert CA/ca.crt", 3, "try without --tls"),
            ("mute", "--tls --cacert CA/ca.crt", 3, "No answer to the TLS handshake"),
            ("nobody", "--tls --cacert CA/ca.crt", 3, "Connection refused"), ("nobody", "", 3, "Connection refused"),
            ("good", "", 3, "--tls"),
            ("good", "--tls --cacert CA/none.crt", 2, "none.crt: No such file or directory"),
            ("good", "--tls --cacertdir CA/none", 2, "none: No such file or directory"),
            ("strict", "--tls --cert CA/none.crt --key CA/client.key", 2, "none.crt: No such file or directory"),
            ("strict", "--tls --cert CA/client.crt --key CA/good.key", 2, "key values mismatch"),
            ("good", "--tls --tls-ciphers nonsense", 2, "no cipher match"),
            ("good", "--cacert CA/ca.crt", 2, "require --tls"),
        ])
    func aFailedConnectionSaysWhy(server: String, options: String, status: Int32, words: String) throws {
        let result = try Self.servers.get().ping(server, options)
        // The message is wrapped to the window.
        let message = result.errorText.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(message.contains(words), "\(message)")
        // A server that speaks TLS is running, and anyone who asks for TLS knows about it.
        let isSilent = options.isEmpty || ["plain", "mute", "nobody"].contains(server)
        #expect(message.contains("Check that it is running") == isSilent, "\(message)")
        #expect(message.contains("whether it expects TLS") == options.isEmpty, "\(message)")
        #expect(result.exitStatus == status)
        #expect(result.output.isEmpty)
    }

    @Test(
        "A plain connection to a TLS port suggests --tls, also after a command",
        arguments: ["SET", "GETSET"] as [ByteString])
    func unencrypted(word: ByteString) throws {
        let result = try Self.servers.get().ping("good", "", command: [word, "a", "1"])
        #expect(result.errorText.contains("may or may not have run"), "\(result.errorText)")
        #expect(result.errorText.contains("add --tls"), "\(result.errorText)")
        #expect(result.exitStatus == 4)
        let read = try Self.servers.get().ping("good", "", command: ["GET", "a"])
        #expect(read.errorText.contains("add --tls") && read.exitStatus == 3, "\(read.errorText)")
    }

    @Test(
        "Diagnosis names the options that would work",
        arguments: [
            ("good", "", "--tls"), ("good", "--tls", "--cacert FILE"), ("plain", "--tls", "without --tls"),
            ("other", "--tls --cacert CA/ca.crt", "--tls-name redis.example.com"),
            ("strict", "--tls --cacert CA/ca.crt", "--cert FILE --key FILE"),
        ])
    func diagnoses(server: String, options: String, advice: String) throws {
        let result = try Self.servers.get().ping(server, "--json --diagnose \(options)", command: [])
        #expect(result.exitStatus == 3)
        let found = try JSON(result.text).members["advice"]?.elements ?? []
        #expect(found.map { $0.members["options"]?.text } == [advice], "\(result.outputText)")
    }

    @Test("Diagnosis shows what was negotiated") func diagnosisShowsWhatWasNegotiated() throws {
        let result = try Self.servers.get().ping("good", "--tls --cacert CA/ca.crt --diagnose", command: [])
        #expect(result.exitStatus == 0)
        #expect(result.text.contains("TLSv1.3, TLS_AES_256_GCM_SHA384, certificate for 127.0.0.1, localhost until"))
    }

    @Test(
        "The passphrase of a key is asked for",
        arguments: [("sesame", 0), ("wrong", 2)])
    func thePassphraseOfAKeyIsAskedFor(passphrase: String, status: Int32) throws {
        let result = try Self.servers.get().ping(
            "strict", "--tls --cacert CA/ca.crt --cert CA/locked.crt --key CA/locked.key", input: passphrase + "\n")
        #expect(result.exitStatus == status, "\(result.errorText)")
        #expect(!result.errorText.contains(passphrase))
    }

    /// A certificate for one node is not good for another.
    @Test(
        "Each node is verified by its own name",
        arguments: [("second", "v"), ("first", nil)])
    func eachNodeIsVerifiedByItsOwnName(certificateOfSecond: String, expected: String?) throws {
        let certificates = try Certificates()
        try certificates.make("first", for: "IP:127.0.0.1")
        try certificates.make("second", for: "IP:127.0.0.2")
        var nodes: [(server: RedisServer, port: Int)] = []
        for (host, certificate) in [("127.0.0.1", "first"), ("127.0.0.2", certificateOfSecond)] {
            let port = try Loopback.freePort()
            let server = try RedisServer([
                "--cluster-enabled", "yes", "--bind", "127.0.0.1", "127.0.0.2", "--cluster-announce-ip", host,
                "--tls-port", "\(port)", "--tls-cert-file", certificates.path("\(certificate).crt"), "--tls-key-file",
                certificates.path("\(certificate).key"), "--tls-ca-cert-file", certificates.path("ca.crt"),
                "--tls-auth-clients", "no", "--tls-cluster", "yes",
            ])
            nodes.append((server, port))
        }
        try nodes[0].server.send("CLUSTER", "ADDSLOTSRANGE", "0", "8191")
        try nodes[1].server.send("CLUSTER", "ADDSLOTSRANGE", "8192", "16383")
        try nodes[0].server.send("CLUSTER", "MEET", "127.0.0.2", ByteString("\(nodes[1].port)"))
        let deadline = ContinuousClock.now + patience
        for node in nodes {
            while try !node.server.send("CLUSTER", "INFO").text.contains("cluster_state:ok") {
                try #require(ContinuousClock.now < deadline)
                usleep(10_000)
            }
        }
        // Slot 15495, which is the second node's.
        try nodes[1].server.send("SET", "a", "v")
        let result = try Slotline.run([
            "-p", ByteString("\(nodes[0].port)"), "--tls", "--cacert", ByteString(certificates.path("ca.crt")),
            "GET", "a",
        ])
        if let expected {
            #expect(result.text == expected, "\(result.errorText)")
        } else {
            let message = result.errorText.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(message.contains("for 127.0.0.1, not for 127.0.0.2"), "\(message)")
            #expect(result.output.isEmpty)
        }
    }
}
