import Foundation
import RESP
import TestSupport
import Testing

/// A very destructive command on the command line asks first, if there is a person at both ends.
struct OneShotQuestionTests {
    private static let environment = ["SLOTLINE_RCFILE": "/dev/null", "PAGER": "cat"]

    @Test("It asks, and does nothing unless the answer is yes", arguments: [("n", 1), ("", 1), ("y", 0)])
    func asks(answer: String, left: Int) throws {
        let server = try RedisServer()
        try server.send("SET", "k", "v")
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["-p", ByteString("\(server.port)"), "FLUSHALL"], environment: Self.environment)
        try terminal.wait(forCursorLine: "FLUSHALL affects 127.0.0.1:\(server.port) with 1 key. Continue? (y/N)")
        try terminal.type(answer + Key.enter)
        #expect(try terminal.waitForEnd() == .exited(0))
        #expect(try server.send("DBSIZE") == .integer(left))
    }

    @Test(
        "With --confirm name, the answer is the name of the cluster, or of the seed without a profile",
        arguments: [(nil, "y", 1), (nil, "SEED", 0), ("prod", "SEED", 1), ("prod", "prod", 0)]
            as [(String?, String, Int)])
    func asksForName(profile: String?, answer: String, left: Int) throws {
        let server = try RedisServer()
        try server.send("SET", "k", "v")
        let seed = "127.0.0.1:\(server.port)"
        try FileManager.default.createDirectory(atPath: server.path("slotline"), withIntermediateDirectories: true)
        try "[prod]\nseeds = \"\(seed)\"\nconfirm = name\n".write(
            toFile: server.path("slotline/config"), atomically: true, encoding: .utf8)
        let options: [ByteString] =
            profile.map { ["--profile", ByteString($0)] } ?? ["-p", ByteString("\(server.port)"), "--confirm", "name"]
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, options + ["FLUSHALL"],
            environment: Self.environment.merging(["XDG_CONFIG_HOME": server.path("")]) { $1 })
        try terminal.wait(forText: "Continue? (type \(profile ?? seed))")
        try terminal.type(answer.replacing("SEED", with: seed) + Key.enter)
        #expect(try terminal.waitForEnd() == .exited(0))
        #expect(try server.send("DBSIZE") == .integer(left))
    }

    @Test("What was typed before the question was shown is no answer to it", arguments: [true, false])
    func typedAhead(isOneShot: Bool) throws {
        let server = try RedisServer()
        try server.send("SET", "k", "v")
        let seed = "127.0.0.1:\(server.port)"
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["-p", ByteString("\(server.port)")] + (isOneShot ? ["FLUSHALL"] : []),
            environment: Self.environment.merging(["SLOTLINE_HISTFILE": "/dev/null"]) { $1 })
        if !isOneShot { try terminal.wait(forCursorLine: "\(seed)>") }
        try terminal.type((isOneShot ? "" : "FLUSHALL" + Key.enter) + "yes" + Key.enter)
        try terminal.wait(forCursorLine: "FLUSHALL affects \(seed) with 1 key. Continue? (y/N)")
        try terminal.type("n" + Key.enter)
        try terminal.wait(forText: "FLUSHALL was not sent.")
        #expect(try server.send("DBSIZE") == .integer(1))
    }

    @Test("Neither --yes nor a script is asked")
    func scripts() throws {
        let server = try RedisServer()
        try server.send("SET", "k", "v")
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["-p", ByteString("\(server.port)"), "--yes", "FLUSHALL"],
            environment: Self.environment)
        #expect(try terminal.waitForEnd() == .exited(0))
        #expect(try server.send("DBSIZE") == .integer(0))
        try server.send("SET", "k", "v")
        let result = try Subprocess.run(
            BuiltProduct.slotline, ["-p", ByteString("\(server.port)"), "FLUSHALL"], input: Array("n\n".utf8))
        #expect(result.outputText == "OK\n")
        #expect(try server.send("DBSIZE") == .integer(0))
    }
}
