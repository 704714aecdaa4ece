import Foundation
import RESP
import TestSupport
import Testing

/// `connect` at the prompt.
struct ConnectTests {
    @Test("A URI with password and database works, and a password never gets into the history")
    func uri() throws {
        let other = try RedisServer(["--requirepass", "hunter2"])
        let shell = try ShellOnTerminal()
        try shell.enter("connect redis://:hunter2@127.0.0.1 1", andWaitFor: "Usage: connect redis://")
        try shell.type("connect redis://:hunter2@127.0.0.1:\(other.port)/3" + Key.enter)
        try shell.terminal.wait(forCursorLine: "127.0.0.1:\(other.port)[3]>")
        try shell.type("set here yes" + Key.enter)
        try shell.terminal.wait(forText: "OK")
        #expect(try other.client().send("AUTH", "hunter2") == .status("OK"))
        // An invalid URI is not shown, since it may contain a password.
        try shell.type("connect rdis://:hunter2@127.0.0.1" + Key.enter)
        try shell.terminal.wait(for: "the usage") { $0.text.ranges(of: "Usage: connect redis://").count == 2 }
        #expect(try shell.historyFile.contains("set here yes"))
        #expect(try !shell.historyFile.contains("hunter2"))
    }

    @Test("A password goes to nodes of its own cluster and to no other server, and the user is shown")
    func passwords() throws {
        let other = try RedisServer()
        let shell = try ShellOnTerminal()
        _ = try shell.server.send("ACL", "SETUSER", "ann", "on", ">hunter2", "~*", "+@all")
        try shell.enter("auth ann hunter2", andWaitFor: "OK")
        try shell.enter("connect \(shell.server.port)", andWaitFor: "Connected as user ann.")
        try shell.type("connect 127.0.0.1:\(other.port)" + Key.enter)
        try shell.terminal.wait(
            forText: """
                Connected as the default user, without a password, because that of user ann was
                given for 127.0.0.1:\(shell.server.port). To log in, use AUTH.
                127.0.0.1:\(other.port)>
                """)
        #expect(Array(try other.send("ACL", "LOG").elements).isEmpty)
        // If a user is refused, the session stays where it is.
        try shell.type("connect redis://ann:hunter2@127.0.0.1:\(other.port)" + Key.enter)
        try shell.terminal.wait(forText: "The shell stays connected to 127.0.0.1:\(other.port).")
        try shell.type("connect redis://ann:hunter2@127.0.0.1:\(shell.server.port)" + Key.enter)
        try shell.enter("acl whoami", andWaitFor: "\"ann\"")
    }

    @Test("For a host that is not found, a profile of the same name is mentioned")
    func profile() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/slotline", withIntermediateDirectories: true)
        _ = try folder.write("[prod.invalid]\nseeds = [\"127.0.0.1:7000\"]\n", to: "slotline/config")
        let shell = try ShellOnTerminal(environment: ["XDG_CONFIG_HOME": folder.path])
        let note = "There is a profile of that name: slotline --profile prod.invalid uses it."
        try shell.enter("connect prod.invalid", andWaitFor: note)
        try shell.enter("connect test.invalid", andWaitFor: "The shell stays connected")
        #expect(shell.terminal.screen.text.ranges(of: note).count == 1)
    }

    @Test("The database lasts until a login at the next server, and a server that lacks it is not connected to")
    func database() throws {
        let other = try RedisServer(["--requirepass", "hunter2", "--databases", "3"])
        let shell = try ShellOnTerminal()
        func enter(_ line: String, _ port: Int, _ database: Int) throws {
            try shell.type(line + Key.enter)
            try shell.terminal.wait(forText: "\(line)\n")
            try shell.terminal.wait(forCursorLine: "127.0.0.1:\(port)[\(database)]>")
        }
        try enter("select 2", shell.server.port, 2)
        try enter("connect \(other.port)", other.port, 2)
        try shell.type("get here" + Key.enter)
        try shell.terminal.wait(forText: "NOAUTH Authentication required.")
        try enter("auth hunter2", other.port, 2)
        try enter("set here yes", other.port, 2)
        let client = try other.client()
        _ = try client.send(["AUTH", "hunter2"])
        #expect(try client.send(["EXISTS", "here"]) == .integer(0))
        _ = try client.send(["SELECT", "2"])
        try shell.terminal.wait(for: "the reply") { $0.text.ranges(of: "OK\n").count == 3 }
        #expect(try client.send(["GET", "here"]) == .bulk("yes"))
        try enter("connect \(shell.server.port)", shell.server.port, 2)
        try enter("select 5", shell.server.port, 5)
        try shell.type("connect redis://:hunter2@127.0.0.1:\(other.port)/5" + Key.enter)
        try shell.terminal.wait(
            forText: """
                The shell stays connected to 127.0.0.1:\(shell.server.port).
                127.0.0.1:\(shell.server.port)[5]>
                """)
        #expect(shell.terminal.screen.text.contains("To begin in another database: connect redis://"))
    }

    @Test("A transaction has to end before the server is changed")
    func transaction() throws {
        let shell = try ShellOnTerminal()
        try shell.type("multi" + Key.enter + "set a 1" + Key.enter)
        try shell.terminal.wait(forText: "QUEUED")
        try shell.type("connect \(shell.server.port)" + Key.enter)
        try shell.terminal.wait(forText: "End the transaction first, with EXEC or DISCARD.")
        try shell.terminal.wait(forCursorLine: "127.0.0.1:\(shell.server.port)(TX, 1 queued)>")
        try shell.type("exec" + Key.enter)
        try shell.waitForLine("")
        #expect(try shell.server.send("GET", "a").text == "1")
    }

    @Test("Every form of an address that help, hints and errors show is accepted")
    func address() throws {
        let other = try RedisServer()
        let shell = try ShellOnTerminal()
        let forms = "URI | PORT | HOST:PORT | HOST [PORT]"
        for address in [
            "\(other.port)", "127.0.0.1:\(other.port)", "127.0.0.1 \(other.port)", "redis://127.0.0.1:\(other.port)",
        ] {
            try shell.type("connect \(address)" + Key.enter)
            try shell.terminal.wait(forCursorLine: "127.0.0.1:\(other.port)>")
            try shell.type("connect 127.0.0.1 \(shell.server.port)" + Key.enter)
            try shell.waitForLine("")
        }
        try shell.type("connect ")
        try shell.waitForLine("connect", hint: forms)
        try shell.enter("", andWaitFor: "Usage: connect \(forms)")
        try shell.enter("help connect", andWaitFor: "  connect \(forms)")
        try shell.enter(
            "connect a:b", andWaitFor: "connect expects one of URI, PORT, HOST:PORT, HOST [PORT], not \"a:b\".")
        try shell.enter("connect 99999", andWaitFor: "HOST [PORT], not \"99999\".")
        try shell.type("connect 127.0.0.1 99999" + Key.enter)
        try shell.terminal.wait(forText: "connect expects a port from 1 to 65535")
    }
}
