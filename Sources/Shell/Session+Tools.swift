import Commands
import Options
import Presentation
import RESP
import Routing
import Tools

extension Session: ToolSession {
    var isShell: Bool { presenter.isInteractive }

    func fail(_ failure: CommandFailure) -> ExitStatus { fail(failure, of: nil, at: nil) }

    func fail(_ error: CLIError) -> ExitStatus { fail(error, at: nil) }

    func evalWords(_ file: ByteString) throws(CLIError) -> [ByteString] {
        try OneShot.evalWords(file, configuration.command)
    }
}
