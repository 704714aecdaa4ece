import Options
import Terminal
import Clock
import Commands
import Engine
import Glibc
import Presentation
import Routing
import RESP
import Transport

/// `--ldb`: runs a script step by step in the server's debugger. Source: Redis documentation, "Lua debugger".
struct ScriptDebugger {
    let session: any ToolSession
    /// EVAL and its arguments.
    let command: [ByteString]
    /// True when the server does nothing else meanwhile, and keeps what the script has changed.
    let isSynchronous: Bool

    private enum Ending {
        case finished, restart, quit
    }

    func run() throws(DirectConnection.Failure) {
        var reader = LineReader(descriptor: STDIN_FILENO)
        // In the format for people, wherever it goes, unless they ask for another.
        if session.configuration.format == nil { session.style.format = .terminal }
        session.output.write(ScriptDebuggerText.introduction)
        while try debug(&reader) == .restart { session.output.write("\n" + ScriptDebuggerText.introduction) }
    }

    /// One run of the script, on a separate connection that ends with it.
    private func debug(_ reader: inout LineReader) throws(DirectConnection.Failure) -> Ending {
        let node = DirectConnection(session.engine, to: session.engine.map.seed)
        _ = try node.reply(to: ["SCRIPT", "DEBUG", isSynchronous ? "SYNC" : "YES"])
        var reply = try node.run([command])[0]
        if reply.isError {
            session.output.write(ScriptDebuggerText.cannotStart)
            show(reply)
            return .finished
        }
        while true {
            let lines = reply.elements.map(\.text)
            session.output.write(ScriptDebuggerText.lines(lines, in: session.style))
            if lines.contains(ScriptDebuggerText.endMark) {
                // The reply to EVAL comes after it.
                if let result = try node.nextMessage(until: .never) { show(result) }
                session.output.write(ScriptDebuggerText.ended(keepsChanges: isSynchronous))
                return .finished
            }
            guard let words = nextWords(&reader), let first = words.first else { return .quit }
            switch ShellWord(first) {
            case .quit, .exit: return .quit
            case .restart: return .restart
            default: reply = try node.run([words])[0]
            }
        }
    }

    private func show(_ reply: RESPValue) {
        session.output.write { session.renderer.append(reply, isText: false, to: &$0) }
    }

    /// The words of the next line that has any; nil at the end of the input.
    private func nextWords(_ reader: inout LineReader) -> [ByteString]? {
        while true {
            if Terminal.isTerminal(STDIN_FILENO) { session.output.write("lua debugger> ") }
            session.output.flush()
            guard let line = reader.next() else { return nil }
            do {
                let words = try Tokenizer.words(line)
                if !words.isEmpty { return words }
            } catch {
                _ = session.fail(.invalidLine(error, nil))
            }
        }
    }
}
