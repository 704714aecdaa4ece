import Foundation
import RESP
import TestSupport
import Testing

/// What signals do to programs that run without a terminal.
struct SignalTests {
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    private static func server(silentAt line: String? = nil) throws -> ScriptedNode {
        try ScriptedNode { request in
            switch request.text {
            case _ where request.text.hasPrefix("CLUSTER"): .error("ERR This instance has cluster support disabled")
            case line, "SET c 1": .silence
            default: .ok
            }
        }
    }

    /// In the background of a script, for example.
    @Test(
        "A signal that the caller ignores stays ignored",
        arguments: [["--pipe"], [], ["BLPOP", "nolist", "3"]] as [[ByteString]], signals)
    func anIgnoredSignalStaysIgnored(words: [ByteString], signal: CInt) throws {
        let server = try RedisServer()
        let begin: [ByteString] = ["-c", "trap '' INT TERM HUP; exec \"$0\" \"$@\"", ByteString(BuiltProduct.slotline)]
        let session = try PipedSession(begin + ["-p", ByteString("\(server.port)")] + words, program: "/bin/sh")
        // Whatever else the program handles, it does by then.
        while !session.catches(SIGWINCH), !session.hasEnded { usleep(1000) }
        session.signal(signal)
        usleep(100_000)
        #expect(!session.hasEnded)
        #expect(!session.catches(signal))
        #expect(try session.end().status == .exited(0))
    }

    @Test("A file that a signal ends says from where on nothing was sent", arguments: signals)
    func anInterruptedFileSaysHowFarItCame(signal: CInt) throws {
        let server = try Self.server()
        for options in [[], ["--file", "-"]] as [[ByteString]] {
            let session = try PipedSession(["-p", ByteString("\(server.port)")] + options)
            #expect(try session.ask("SET a 1").reply == "OK")
            #expect(try session.ask("# a comment\nSET b 1").reply == "OK")
            session.signal(signal)
            let end = try session.end()
            #expect(end.status == .signalled(signal))
            #expect(end.error == "stdin:4: stopped; nothing from here on was executed\n")
        }
    }

    @Test("A file that a signal ends within a transaction says where that begins", arguments: [false, true])
    func anInterruptedTransaction(isWatched: Bool) throws {
        let server = try RedisServer()
        let session = try PipedSession(["-p", ByteString("\(server.port)")])
        #expect(try session.ask("SET a 1").reply == "OK")
        if isWatched { #expect(try session.ask("WATCH a").reply == "OK") }
        #expect(try session.ask("MULTI").reply == "OK")
        #expect(try session.ask("INCR a").reply == "QUEUED")
        session.signal(SIGTERM)
        #expect(try session.end().error == "stdin:2: stopped; nothing from here on was executed\n")
    }

    @Test(
        "Lines without a reply are named when a signal ends a file, after the replies that came",
        arguments: ["SET b 1", "GET b", "PING"])
    func linesWithoutAReplyAreNamed(silent: String) throws {
        let server = try Self.server(silentAt: silent)
        let session = try PipedSession(["-p", ByteString("\(server.port)")])
        session.send("SET a 1\n\(silent)\nSET c 1")
        while !server.requests.contains(where: { $0.text == silent }) { usleep(1000) }
        session.signal(SIGTERM)
        let end = try session.end()
        #expect(try session.nextLine() == "OK")
        #expect(end.status == .signalled(SIGTERM))
        let messages = end.error.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        #expect(messages.first?.hasPrefix("stdin:2: \(silent): ") == true, "\(end.error)")
        #expect(messages.first?.localizedCaseInsensitiveContains("interrupted") == true, "\(end.error)")
        #expect(
            messages.last == "stdin:\(silent == "PING" ? 3 : 4): stopped; nothing from here on was executed",
            "\(end.error)")
    }

    @Test("In place of redis-cli, a file that is interrupted says nothing")
    func inPlaceOfRedisCLI() throws {
        let server = try Self.server()
        let folder = try TemporaryFolder()
        let session = try PipedSession(["-p", ByteString("\(server.port)")], program: folder.link("redis-cli"))
        #expect(try session.ask("SET a 1").reply == "OK")
        session.interrupt()
        let end = try session.end()
        #expect(end.status == .signalled(SIGINT) && end.error == "")
    }
}
