import Foundation
import RESP
import TestSupport
import Testing

/// A file that is run at the prompt shows what its lines would show if they were typed.
struct SourceTests {
    private func file(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "slotline-source-\(UUID())").path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        AtExit.run { try? FileManager.default.removeItem(atPath: path) }
        return path
    }

    @Test("The note about waiting disappears when the reply comes")
    func waiting() throws {
        // Makes the lines run one after another.
        let isAlone = "ERR This instance has cluster support disabled"
        let node = try ScriptedNode { request in
            .error(request.text == "GET a" ? "LOADING Redis is loading" : isAlone)
        }
        let terminal = try PseudoTerminal(BuiltProduct.slotline, ["-p", ByteString("\(node.port)")])
        try terminal.wait(forCursorLine: "127.0.0.1:\(node.port)>")
        try terminal.type(":source \(file("GET a\nGET a\n"))" + Key.enter)
        try terminal.wait(forText: "retrying")
        node.answer { request in request.text == "GET a" ? .text("$1\r\nx\r\n") : .error(isAlone) }
        try terminal.wait(for: "two replies") { $0.text.contains(#/\n"x"\n(\(\d+\.\d\ds\)\n)?"x"\n/#) }
        #expect(!terminal.screen.text.contains("retrying"))
    }

    @Test("Keys seen in it are known to completion")
    func keys() throws {
        let shell = try ShellOnTerminal()
        try shell.enter(":source \(file("SET known:alpha 1\nGET known:beta\n"))", andWaitFor: "(nil)")
        // The server is not scanned as long as the session knows a key.
        try shell.server.send("SET", "known:azure", "1")
        try shell.type("GET known:a" + Key.tab)
        try shell.waitForLine("GET known:alpha")
    }
}
