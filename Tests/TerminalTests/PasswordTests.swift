import RESP
import TestSupport
import Testing

struct PasswordTests {
    @Test("--askpass shows a star for each character, and the password can be edited")
    func askedOnTheTerminal() throws {
        let server = try RedisServer(["--requirepass", "geheim日"])
        let terminal = try PseudoTerminal(
            BuiltProduct.slotline, ["-p", ByteString("\(server.port)"), "--askpass", "PING"])
        try terminal.wait(forCursorLine: "Please input password:")
        try terminal.type("wrong" + Key.control("u") + "geheixé" + Key.backspace + Key.backspace + "m日")
        try terminal.wait(forCursorLine: "Please input password: *******")
        try terminal.type(Key.enter)
        try terminal.wait(forText: "PONG")
        #expect(!terminal.screen.text.contains("geheim"))
        #expect(try terminal.waitForEnd() == .exited(0))
    }

    @Test("Without a terminal the password is the first line of the input")
    func readFromPipe() throws {
        let server = try RedisServer(["--requirepass", "geheim"])
        let result = try Subprocess.run(
            BuiltProduct.slotline, ["-p", ByteString("\(server.port)"), "--askpass", "PING"],
            input: Array("geheim\n".utf8))
        #expect(result.outputText == "PONG\n")
        #expect(result.status == .exited(0))
    }

    @Test("An input without a line is reported as ended")
    func endOfInput() throws {
        let result = try Subprocess.run(BuiltProduct.slotline, ["-p", "1", "--askpass", "PING"])
        #expect(result.errorText.hasPrefix("No password: the input has ended"))
        #expect(result.status == .exited(1))
    }
}
