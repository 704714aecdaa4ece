import Foundation
import RESP
import TestSupport
import Testing

/// Called through a link, slotline reads and writes the files of the program it stands in for.
struct PlaceOfValkeyCLITests {
    @Test(
        "The program's environment variables name the history and the preferences",
        arguments: [("valkey-cli", "VALKEYCLI"), ("valkey-cli", "REDISCLI"), ("redis-cli", "REDISCLI")])
    func files(program: String, prefix: String) throws {
        let server = try RedisServer()
        let link = server.path(program), history = server.path("history"), preferences = server.path("preferences")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: BuiltProduct.slotline)
        try "  :set nohints\n:nosuch\n\nset hints\n# no\n\"open\n".write(
            toFile: preferences, atomically: true, encoding: .utf8)
        let stem = program.replacing("-", with: "")
        let environment = [
            "HOME": server.path("home"), "\(prefix)_HISTFILE": history, "\(prefix)_RCFILE": preferences,
        ]
        let terminal = try PseudoTerminal(link, ["-p", ByteString("\(server.port)")], environment: environment)
        try terminal.wait(forCursorLine: "127.0.0.1:\(server.port)>")
        let complaints = [":nosuch", "set", "#"].map { ".\(stem)rc: unknown redis-cli internal command '\($0)'\n" }
        #expect(terminal.screen.text.hasPrefix(complaints.joined() + "127.0.0.1"))
        // The preference turns the hint off.
        try terminal.type("get ")
        try terminal.wait(forText: "> get")
        #expect(!terminal.screen.text.contains("get key"))
        try terminal.type("foo" + Key.enter)
        try terminal.wait(forText: "(nil)")
        try terminal.type("help :set" + Key.enter)
        try terminal.wait(forText: "  :set hints | nohints\n")
        try terminal.type("quit" + Key.enter)
        #expect(try terminal.waitForEnd() == .exited(0))
        #expect(try String(contentsOfFile: history, encoding: .utf8).contains("get foo\n"))
    }
}
