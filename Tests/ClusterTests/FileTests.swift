import RESP
import TestSupport
import Testing

/// Files of commands, on a cluster.
struct FileTests {
    private let cluster: TestCluster
    private let folder: TemporaryFolder

    init() throws {
        cluster = try TestCluster.shared
        folder = try TemporaryFolder()
    }

    // MARK: Lines and replies

    @Test("Replies come in the order of the lines") func repliesComeInTheOrderOfTheLines() throws {
        let numbers = Array(0..<1000)
        let file = numbers.map { "SET order:\($0) \($0)\nGET order:\($0)\n" }.joined()
        let expected = numbers.flatMap { ["OK", "\($0)"] }
        let result = try cluster.run(file: file)
        #expect(result.lines == expected)
        #expect(result.exitStatus == 0)
        #expect(result.errorText == "")
    }

    @Test("Lines may be written in many ways") func linesMayBeWrittenInManyWays() throws {
        let file =
            "# a comment\n\n   \nECHO one\n  ECHO   two  \t\r\nECHO 'three\\'s' \r\n#ECHO no\nECHO \\\n  \"fo\\x75r\"\n"
            + "ECHO a\\b\n\t\"ECHO\" five\necho \"\"\nECHO fo\"ur ty\"\n2 ECHO six\nECHO last"
        // All nodes give the same reply, so it is shown once.
        let result = try cluster.run("--json --aggregate", file: file)
        #expect(
            try result.json() == [
                "one", "two", "three's", "four", "a\\b", "five", "", "four ty", "six", "six", "last",
            ])
        #expect(result.exitStatus == 0)
    }

    @Test("A number repeats the command after it") func aNumberRepeatsTheCommandAfterIt() throws {
        try cluster.send("DEL repeat:2", to: cluster.owner(of: "repeat:2"))
        let result = try cluster.run(
            file: "3 INCR repeat:2\n2 help @geo\n2 :nosuchword\n0 INCR repeat:2\n2 quit\nPING\n")
        #expect(result.lines.prefix(3) == ["1", "2", "3"])
        #expect(result.lines.count { $0.contains("GEOADD") } == 2)
        #expect(!result.outputText.contains("PONG"))
        #expect(result.errorText.split(separator: "\n").count { $0.contains("Unknown shell command") } == 1)
        #expect(result.errorText.contains("stdin:4: Invalid repeat count 0: use 1 or more."))
    }

    @Test("An alias may begin with anything that a line may") func anAliasMayBeginWithAnythingThatALineMay() throws {
        let file = ":alias x 3 @random ECHO\nx a\n2 x b\n:alias w :explain\nw PING\n"
        let result = try cluster.run(file: file)
        #expect(result.lines.count { $0 == "a" } == 3 && result.lines.count { $0 == "b" } == 6)
        #expect(result.outputText.contains("step    6 requests in parallel"))
        #expect(result.errorText == "" && result.exitStatus == 0)
    }

    @Test("An alias may take the name of a command that ran before") func anAliasMayTakeTheNameOfACommandThatRanBefore()
        throws
    {
        let result = try cluster.run(
            file: "SET alias:1 value\nGET alias:1\n:alias GET STRLEN\nGET alias:1\n:unalias GET\nGET alias:1\n")
        #expect(result.lines == ["OK", "value", "5", "value"])
    }

    @Test("The time of a slow command follows its reply and no other, as in redis-cli")
    func slowCommandsAreTimed() throws {
        let node = try ScriptedNode { request in
            switch request.text {
            case "GET slow", "ECHO slow": .later(.milliseconds(600), .text("$4\r\nslow\r\n"))
            case "GET fast": .text("$4\r\nfast\r\n")
            default: .error("ERR This instance has cluster support disabled")
            }
        }
        let file = "GET fast\nGET slow\nGET fast\nGET slow\n@random ECHO slow\nGET fast\n"
        let result = try Slotline.run(
            ["-p", ByteString("\(node.port)")], input: Array(file.utf8), environment: ["FAKETTY": "1"])
        let text = result.outputText.replacing(#/\(\d+\.\d\ds\)/#, with: "time")
        #expect(
            text == "\"fast\"\n\"slow\"\ntime\n\"fast\"\n\"slow\"\ntime\n\"slow\"\ntime\n\"fast\"\n")
        let raw = try Slotline.run(["-p", ByteString("\(node.port)")], input: Array("GET slow\n".utf8))
        #expect(raw.outputText == "slow\n")
    }

    @Test(
        "A line without a reply leaves a record in raw output too, so that lines and replies stay in step",
        arguments: [
            ("SET lost 1", "UNKNOWN"), ("@random SET lost 1", "UNKNOWN"), ("GET \"open", "ERR"), (":nosuchword", "ERR"),
            ("@nowhere PING", "ERR"), ("CLIENT REPLY OFF", "ERR"),
        ])
    func rawOutputStaysInStep(line: String, code: String) throws {
        let node = try ScriptedNode { request in
            switch request.text {
            case "SET lost 1": .close
            case let text where text.hasPrefix("GET"): .text("+\(text)\r\n")
            default: .error("ERR This instance has cluster support disabled")
            }
        }
        let file = Array("GET a\n\(line)\nGET b\n".utf8)
        let seed = ["-p", ByteString("\(node.port)")] as [ByteString]
        let lines = try Slotline.run(seed, input: file).lines
        #expect(lines.count == 4 && lines.first == "GET a" && lines.last == "GET b", "\(lines)")
        #expect(lines.dropFirst().first?.hasPrefix("\(code) ") == true)
        let standIn = try Slotline.run(seed, input: file, program: try folder.link("redis-cli"))
        #expect(!standIn.outputText.contains("UNKNOWN"))
    }

    @Test(
        "A reply is shown before a later line is waited for, whatever that waits for",
        arguments: [
            "BLPOP q 0", "XREAD BLOCK 0 STREAMS s $", "WAIT 1 0", "@random ECHO x", "MULTI", "SUBSCRIBE c", "GET b",
        ])
    func noReplyIsHeldBack(line: String) throws {
        let node = try ScriptedNode { request in
            switch request.arguments.first {
            case "CLUSTER": .error("ERR This instance has cluster support disabled")
            case _ where request.text == "GET a": .text("+1\r\n")
            default: .silence
            }
        }
        let session = try PipedSession(["-p", ByteString("\(node.port)")])
        session.send("GET a\n\(line)\nGET a")
        #expect(try session.nextLine() == "1")
        session.kill()
    }

    @Test(
        "A note about a line of a file names the line and the command, and is said once",
        arguments: ["", "-e", "--pipe"])
    func notesNameTheirLine(options: String) throws {
        try cluster.send("SET plain x", to: cluster.owner(of: "plain"))
        let result = try cluster.run(options, file: "PING\n@masters GET plain\n")
        let notes = result.errorText.split(separator: "\n").filter { $0.contains("nodes replied") }
        #expect(notes.count == 1, "\(result.errorText)")
        #expect(notes.first?.hasPrefix("stdin:2: ") == true && notes.first?.contains("GET plain: 2 of 3") == true)
    }

    @Test("The interval is kept between lines") func theIntervalIsKeptBetweenLines() throws {
        let start = ContinuousClock.now
        let result = try cluster.run("-i 0.2", file: "SET interval:1 1\n# none\n\n2 INCR interval:1\n")
        #expect(result.lines == ["OK", "2", "3"])
        #expect(ContinuousClock.now - start > .milliseconds(400))
    }

    @Test("A file that ends in a transaction says so") func aFileThatEndsInATransactionSaysSo() throws {
        for options in ["", "--pipe"] {
            let result = try cluster.run(options, file: "MULTI\nSET transaction:1 x\n")
            #expect(result.errorText.contains("stdin ends inside a transaction"))
            #expect(result.exitStatus == 1)
        }
    }

    @Test("An empty file is not an error") func anEmptyFileIsNotAnError() throws {
        for file in ["", "\n\n", "# nothing", "\r\n"] {
            let result = try cluster.run(file: file)
            #expect(result.exitStatus == 0)
            #expect(result.outputText == "")
            #expect(result.errorText == "")
        }
    }

    @Test("Every byte survives quoting") func everyByteSurvivesQuoting() throws {
        let value = ByteString(Array(0...255))
        let result = try cluster.run(file: "SET bytes \(value.escaped)\nGET bytes\nSTRLEN bytes\n")
        #expect(result.output == Array("OK\n".utf8) + value.bytes + Array("\n256\n".utf8))
        let escaped = try cluster.run("--no-raw", file: "GET bytes\n").text
        let again = try cluster.run(file: "SET again \(escaped)\nGET again\n")
        #expect(again.output == Array("OK\n".utf8) + value.bytes + Array("\n".utf8))
    }

    @Test("Raw bytes need no quotes") func rawBytesNeedNoQuotes() throws {
        let bytes: [UInt8] = Array(1...255).filter { !Array(" \t\r\n\"'\\#".utf8).contains($0) }
        let result = try Slotline.run(
            cluster.seed, input: Array("SET plain ".utf8) + bytes + Array("\nGET plain\n".utf8))
        #expect(result.output == Array("OK\n".utf8) + bytes + Array("\n".utf8))
    }

    @Test("A line may be very long") func aLineMayBeVeryLong() throws {
        let value = String(repeating: "0123456789", count: 500_000)
        let result = try cluster.run(file: "SET long \(value)\nSTRLEN long\nGET long\nDEL long\n")
        #expect(result.lines == ["OK", "5000000", value, "1"])
        let quoted = try cluster.run(file: "SET long \"\(value)\"\nSTRLEN long\nDEL long")
        #expect(quoted.lines == ["OK", "5000000", "1"])
    }

    // MARK: Errors

    private static let mixed = """
        SET mixed:1 x
        GET "open
        LPUSH mixed:1 y
        BITOP AND d mixed:1
        NOSUCHCOMMAND a
        GET 'a'b
        @nowhere PING
        :nosuchword
        SCAN 5
        EVAL 'return 1' 2 a b
        GET mixed:1

        """

    @Test("JSON stays in step with the lines") func jsonStaysInStepWithTheLines() throws {
        for options in ["--json", "--quoted-json", "--json -2", "--json --ignore-errors"] {
            let result = try cluster.run(options, file: Self.mixed)
            let replies = try result.json()
            let codes = ["OK", "ERR", "WRONGTYPE", "BLOCKED", "ERR", "ERR", "ERR", "ERR", "ERR", "CROSSSLOT", "x"]
            #expect(replies.map { ($0.error ?? $0.text ?? "").prefix { $0 != " " } } == codes.map { $0[...] })
            #expect(result.exitStatus == 1)
        }
    }

    @Test("A failed line does not stop the rest") func aFailedLineDoesNotStopTheRest() throws {
        let result = try cluster.run(file: Self.mixed)
        #expect(result.lines.first == "OK")
        #expect(result.lines.last == "x")
        #expect(result.exitStatus == 1)
        for line in [2, 4, 6, 7, 8, 9, 10] { #expect(result.errorText.contains("stdin:\(line): ")) }
        for line in [1, 3, 5, 11] { #expect(!result.errorText.contains("stdin:\(line): ")) }
    }

    @Test("The status is the highest of any line") func theStatusIsTheHighestOfAnyLine() throws {
        let cases: [(options: String, file: String, status: Int32)] = [
            ("", "ECHO a\n", 0),
            ("", "SET status x\nLPUSH status y\nGET status\n", 1),
            ("--ignore-errors", "SET status x\nLPUSH status y\nGET status\n", 0),
            ("--ignore-errors", "GET \"open\nPING\n", 1),
            ("", "@127.0.0.1:1 PING\nGET status\n", 3),
            ("", "GET \"open\n@127.0.0.1:1 PING\nLPUSH status y\n", 3),
            ("", "@masters GET status\nGET status\n", 4),
            ("", "@127.0.0.1:1 PING\n@masters GET status\nLPUSH status y\n", 4),
        ]
        try cluster.send("SET status x", to: cluster.owner(of: "status"))
        for (options, file, status) in cases {
            #expect(try cluster.run(options, file: file).exitStatus == status, "\(file)")
        }
    }

    @Test(
        "With -e, the first error ends the file",
        arguments: ["LPUSH stop:1 y", "GET \"open", "BITOP NOT d stop:1", "@nowhere PING", "NOSUCHCOMMAND x"])
    func withETheFirstErrorEndsTheFile(_ failing: String) throws {
        let file = "SET stop:1 x\nSET stop:2 x\n\(failing)\nSET stop:3 x\n"
        try cluster.send("DEL stop:3", to: cluster.owner(of: "stop:3"))
        for options in ["-e", "-e --json"] {
            let result = try cluster.run(options, file: file)
            #expect(result.exitStatus == 1)
            #expect(result.lines.prefix(2) == (options == "-e" ? ["OK", "OK"] : ["\"OK\"", "\"OK\""]))
            let word = failing.split(separator: " ")[0]
            #expect(result.errorText.contains("stdin:3: "))
            if !failing.contains("\"") && !failing.hasPrefix("@") {
                #expect(result.errorText.contains("stdin:3: \(word)"))
            }
            #expect(try cluster.send("EXISTS stop:3", to: cluster.owner(of: "stop:3")).integer == 0)
        }
        #expect(try cluster.run("-e", file: file).lines == ["OK", "OK"])
    }

    @Test(
        "Every line leaves a record",
        arguments: ["--csv", "--json", "--json -e", "--csv -e", "--raw", "--no-raw", "--table"])
    func everyLineLeavesARecord(_ options: String) throws {
        try cluster.send("SET record x", to: cluster.owner(of: "record"))
        for (line, error) in [
            ("GET \"open", "ERR stdin:2: Invalid argument(s)"), ("BITOP NOT d record", "BLOCKED BITOP is blocked"),
            ("LPUSH record y", "WRONGTYPE"), ("@nowhere PING", "ERR "),
        ] {
            let result = try cluster.run(options, file: "STRLEN record\n\(line)\nSTRLEN record\n")
            // In raw output, an empty line follows an error.
            let lines = result.lines.filter { !$0.isEmpty }
            #expect(lines.count == (options.hasSuffix("-e") ? 2 : 3))
            let begin =
                ["--csv": "ERROR,\"", "--json": "{\"error\":\"", "--raw": ""][options.prefix { $0 != " " }]
                ?? "(error) "
            #expect(lines[1].hasPrefix(begin + error), "\(lines)")
            // An error from a server is data; a line that was never sent is also explained.
            if !options.hasSuffix("-e") { #expect(result.errorText.contains("stdin:2: ") == !error.hasPrefix("WRONG")) }
        }
    }

    @Test("Pairs are shown as pairs on a terminal") func pairsAreShownAsPairsOnATerminal() throws {
        try cluster.send("DEL pairs", to: cluster.owner(of: "pairs"))
        let input = Array("HSET pairs a 1\nHGETALL pairs\n".utf8)
        let result = try Slotline.run(cluster.seed, input: input, environment: ["FAKETTY": "1", "NO_COLOR": "1"])
        #expect(result.lines == ["(integer) 1", "1# \"a\" => \"1\""])
    }

    @Test("Line numbers count every line") func lineNumbersCountEveryLine() throws {
        let file = "# comment\n\nECHO \\\n  a\n\nLPUSH stop:1 y\n"
        try cluster.send("SET stop:1 x", to: cluster.owner(of: "stop:1"))
        #expect(try cluster.run("-e", file: file).errorText.hasPrefix("stdin:6: LPUSH stop:1 y: WRONGTYPE"))
    }

    @Test(
        "Secrets stay out of messages",
        arguments: [
            "AUTH hushhush", "auth someone hushhush", "HELLO 3 AUTH nobody hushhush",
            "ACL SETUSER someone >hushhush bad",
            "CONFIG SET requirepass hushhush nosuch x", "AUTH hushhush more than two",
        ])
    func secretsStayOutOfMessages(_ line: String) throws {
        for options in ["-e", "-e --json", ""] {
            // valkey-server 8.0 loses the reply to a refused AUTH that arrives together with another command (HELLO 3).
            let result = try cluster.run(options, file: "PING\n\(line)\n")
            #expect(result.exitStatus == 1 || result.exitStatus == 4)
            #expect(!result.errorText.contains("hushhush"))
            #expect(!result.outputText.contains("hushhush"))
            if options.hasPrefix("-e") {
                #expect(
                    result.errorText.uppercased().contains("STDIN:2: \(line.split(separator: " ")[0].uppercased())"))
            }
        }
    }

    @Test("A command with several replies takes none from another line", arguments: ["", "-3"])
    func severalReplies(option: String) throws {
        for command in ["UNSUBSCRIBE a b", "PUNSUBSCRIBE", "SUNSUBSCRIBE {x}a {x}b"] {
            let result = try cluster.run(option, file: "\(command)\n@random ECHO 5\n@random ECHO 6\n")
            #expect(result.lines.suffix(2) == ["5", "6"])
            #expect(result.exitStatus == 0)
        }
    }
}
