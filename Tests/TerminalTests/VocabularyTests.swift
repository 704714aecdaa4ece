import RESP
import TestSupport
import Testing

/// Hints, completion and help at the prompt come from the server.
struct VocabularyTests {
    private static func map(_ pairs: [(String, RESPValue)]) -> RESPValue {
        .map(pairs.flatMap { [RESPValue.bulk(ByteString($0)), $1] })
    }

    @Test("A command that only the server knows is offered, and one that it lacks is not")
    func serversOwn() throws {
        let argument = Self.map([("name", .bulk("key")), ("type", .bulk("key"))])
        let docs = Self.map([
            ("zzz.new", Self.map([("summary", .bulk("Does it.")), ("arguments", .array([argument]))])),
            ("hget", Self.map([("arguments", .array([argument]))])),
        ])
        let node = try ScriptedNode { request in
            switch request.text {
            case "CLUSTER SHARDS": .error("ERR This instance has cluster support disabled")
            case "COMMAND DOCS": .value(docs)
            case _ where request.text.hasPrefix("COMMAND INFO"):
                .text("*1\r\n*6\r\n$7\r\nzzz.new\r\n:2\r\n*1\r\n+write\r\n:1\r\n:1\r\n:1\r\n")
            default: .ok
            }
        }
        defer { node.stop() }
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["-p", ByteString("\(node.port)")],
            environment: ["SLOTLINE_HISTFILE": "/dev/null", "SLOTLINE_RCFILE": "/dev/null", "PAGER": "cat"])
        let prompt = "127.0.0.1:\(node.port)>"
        try terminal.wait(forCursorLine: prompt)
        try terminal.type("zz\t")
        try terminal.wait(for: "the command and its hint") { $0.cursorLineAndHint == ("\(prompt) zzz.new", "key") }
        try terminal.type(Key.control("u") + "hge\t|")
        try terminal.wait(forCursorLine: "\(prompt) hget |")
        try terminal.type(Key.control("u") + "help zzz.new" + Key.enter)
        try terminal.wait(forText: "ZZZ.NEW key\n  summary     Does it.\n  routed      to the master of its key's slot")
        try terminal.type("help hset" + Key.enter)
        try terminal.wait(forText: "does not have this command")
        #expect(node.requests.filter { $0.text == "COMMAND DOCS" }.count == 1)
    }

    @Test("Another user may be told more: help asks again after AUTH")
    func anotherUser() throws {
        let shell = try ShellOnTerminal()
        try shell.server.send("ACL", "SETUSER", "poor", "on", ">pw", "~*", "+@all", "-command")
        try shell.server.send("ACL", "SETUSER", "rich", "on", ">pw", "~*", "+@all")
        try shell.enter("AUTH poor pw", andWaitFor: "OK")
        try shell.enter("help getex", andWaitFor: "routed")
        #expect(!shell.terminal.screen.text.contains("summary"))
        try shell.enter("AUTH rich pw", andWaitFor: "OK")
        try shell.enter("help getex", andWaitFor: "summary")
    }
}
