import Foundation
import RESP
import TestSupport
import Testing

/// What Tab offers, depending on the line.
struct CompletionTests {
    /// Types the beginning and Tab, and waits for the resulting line.
    private func complete(_ shell: ShellOnTerminal, _ typed: String, _ line: String) throws {
        try shell.type(typed + Key.tab + "|")
        try shell.waitForLine(line)
        try shell.type(Key.control("u"))
        try shell.waitForLine("")
    }

    @Test("Commands, subcommands, keywords, targets, and shell commands with their values are completed")
    func words() throws {
        let shell = try ShellOnTerminal()
        for (typed, line) in [
            ("hgeta", "hgetall |"), ("HGETA", "HGETALL |"), ("conf", "config |"),
            ("config reset", "config resetstat |"),
            ("config  g", "config  get |"), ("set k v keep", "set k v keepttl |"), ("SET k v nx p", "SET k v nx px|"),
            ("@all zrange k 0 1 wi", "@all zrange k 0 1 withscores |"), ("@re", "@replicas |"), ("@sl", "@slot:|"),
            (":form", ":format |"), (":format js", ":format json |"), (":set hi", ":set hints |"),
            (":set hints of", ":set hints off |"), (":watch 2 hgeta", ":watch 2 hgetall |"),
            ("help @hyp", "help @hyperloglog |"), ("help zra", "help zran|"),
            (":unblock script", ":unblock script_kill |"),
            ("get k | gre", "get k | gre|"),
        ] {
            try complete(shell, typed, line)
        }
    }

    @Test("Names of settings come from the server")
    func settings() throws {
        let shell = try ShellOnTerminal()
        try complete(shell, "config get maxmemory-po", "config get maxmemory-policy |")
        try complete(shell, "CONFIG SET maxmemory-po", "CONFIG SET maxmemory-policy |")
    }

    @Test("Groups and consumers come from the stream, or if no stream is named yet, from all streams")
    func groups() throws {
        let shell = try ShellOnTerminal()
        _ = try shell.server.send("XGROUP", "CREATE", "jobs", "workers", "0", "MKSTREAM")
        _ = try shell.server.send("XGROUP", "CREATECONSUMER", "jobs", "workers", "alice")
        try complete(shell, "xinfo consumers jobs wo", "xinfo consumers jobs workers |")
        try complete(shell, "xreadgroup group wo", "xreadgroup group workers |")
        try complete(shell, "xreadgroup group workers al", "xreadgroup group workers alice |")
    }

    @Test("Keys seen in the session are offered at once, others when Tab is pressed again")
    func keys() throws {
        let shell = try ShellOnTerminal()
        _ = try shell.server.send("SET", "user:1:name", "x")
        _ = try shell.server.send("SET", "user:2:name", "x")
        try shell.enter("SET user:1:age 7", andWaitFor: "OK")
        try complete(shell, "GET us", "GET user:1:age |")
        try shell.type("GET user:" + Key.tab)
        try shell.waitForLine("GET user:1:age")
        try shell.type(Key.control("w") + "user:" + Key.tab + Key.control("w") + "GET nobody:" + Key.tab)
        try shell.terminal.wait(for: "the bell") { $0.bells > 0 }
        try shell.type(Key.control("u") + "MGET a us" + Key.tab + Key.backspace + Key.tab + Key.tab)
        try shell.type(Key.control("u") + "GET user:2" + Key.tab + "|")
        try shell.waitForLine("GET user:2:name |")
    }

    @Test("Keys that are gone, or whose type the command does not take, are not offered")
    func rightKeys() throws {
        let shell = try ShellOnTerminal()
        for (line, reply) in [
            ("set k:gone 1", "OK"), ("get k:nil", "(nil)"), ("hset k:hash f v", "(integer) 1"), ("set k:text 1", "OK"),
            ("del k:gone", "(integer) 1"), ("sadd k:set 1", "(integer) 1"), ("zadd k:zset 1 a", "(integer) 1"),
        ] {
            try shell.enter(line, andWaitFor: reply)
        }
        for (typed, line) in [
            ("get k:", "get k:text |"), ("hgetall k:", "hgetall k:hash |"), ("smembers k:", "smembers k:set |"),
            ("zscore k:", "zscore k:zset |"), ("type k:n", "type k:n|"), ("expire k:g", "expire k:g|"),
            ("zunion 2 k:s", "zunion 2 k:set |"), ("llen k:", "llen k:|"),
        ] {
            try complete(shell, typed, line)
        }
    }

    @Test("A key that needs quotes gets them")
    func quotedKeys() throws {
        let shell = try ShellOnTerminal()
        _ = try shell.server.send("SET", "two words*", "x")
        try complete(shell, "GET tw", "GET \"two words*\" |")
        try complete(shell, "GET \"two w", "GET \"two words*\" |")
    }

    @Test("File names are completed after :source and after >")
    func files() throws {
        let shell = try ShellOnTerminal()
        let folder = "\(shell.home)/some folder"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try "PING\n".write(toFile: "\(shell.home)/commands.txt", atomically: true, encoding: .utf8)
        try complete(shell, ":source ~/com", ":source ~/commands.txt |")
        try complete(shell, "GET k > ~/com", "GET k > ~/commands.txt |")
        try shell.enter(":source ~/com" + Key.tab, andWaitFor: "PONG")
    }
}
