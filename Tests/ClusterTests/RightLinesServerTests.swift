import Commands
import Presentation
import RESP
import TestSupport
import Testing

/// Marking of mistakes, based on what servers say of their own commands.
struct RightLinesServerTests {
    @Test("By the server's own syntax, nothing in a correct line is marked as wrong")
    func serversSyntax() throws {
        let server = try RedisServer()
        let vocabulary = Vocabulary(CommandDocs(try server.send("COMMAND", "DOCS")))
        let highlighter = LineHighlighter(LineGrammar(.prompt), vocabulary, .init())
        for line in RightLines.all {
            let text = ByteString(line + " ")
            let wrong = highlighter.spans(of: text).filter { $0.role == .wrongArgument }
            #expect(wrong.isEmpty, "\(line): \(wrong.map { ByteString(Array(text.bytes[$0.range])).text })")
        }
    }
}
