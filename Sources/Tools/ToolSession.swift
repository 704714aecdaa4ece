package import Engine
package import Options
package import Presentation
package import RESP
package import Routing
package import Terminal

/// What a tool needs from the session it runs in.
package protocol ToolSession: AnyObject {
    var engine: Engine { get }
    var output: Output { get }
    var style: Style { get set }
    var renderer: Renderer { get }
    var configuration: Configuration { get }
    /// True at the prompt, where advice is in the shell's words.
    var isShell: Bool { get }

    /// Says why a tool has ended early.
    func fail(_ failure: CommandFailure) -> ExitStatus
    func fail(_ error: CLIError) -> ExitStatus
    /// EVAL with the script in a file, and the keys and arguments from the command line.
    func evalWords(_ file: ByteString) throws(CLIError) -> [ByteString]
}
