import Commands
import Engine
import Glibc
import Presentation
import RESP

/// A file of commands: a command a line, replies in the order of the lines.
///
/// Blank lines and lines that begin with `#` are skipped, an unquoted backslash at the end continues a line, CR before
/// the end of a line does not count. A line that fails does not stop the rest, unless `-e` was given.
struct CommandFile {
    private let name: String
    private var reader: LineReader
    private var number = 0

    /// Standard input.
    init() {
        name = "stdin"
        reader = LineReader(descriptor: STDIN_FILENO)
    }

    /// - Parameter descriptor: of the file at `path`; the caller closes it.
    init(path: ByteString, descriptor: Int32) {
        name = path.text
        reader = LineReader(descriptor: descriptor)
    }

    /// Runs all lines. The status is the highest of 4, 3 and 1. In place of redis-cli only -e and a connection that
    /// the last line did not get count.
    mutating func run(with runner: LineRunner) -> ExitStatus {
        var worst = ExitStatus.ok
        while let line = nextCommand() {
            let place = SourceLine(file: name, number: number)
            guard case .done(let status) = runner.run(line, at: place) else { break }
            let isLost = status == .noConnection || status == .partial || runner.session.configuration.stopsAtError
            worst = !runner.session.isDropIn ? max(worst, status) : isLost ? status : .ok
            if runner.session.configuration.stopsAtError, status != .ok { break }
            if runner.session.engine.hasBeenInterrupted || !runner.session.output.isWritable { break }
        }
        if let failure = reader.failure {
            let reason = String(cString: strerror(failure))
            let status = runner.session.fail(.cannotOpen(path: ByteString(name), reason: reason))
            return max(worst, min(status, .error))
        }
        return worst
    }

    /// The next line that is no comment, with its continuations.
    private mutating func nextCommand() -> [UInt8]? {
        while var line = nextLine() {
            if line.first == UInt8(ascii: "#") { continue }
            var scan = QuoteScan()
            while line.last == UInt8(ascii: "\\"), !scan.isOpen(after: line.dropLast()) {
                line.removeLast()
                guard let more = nextLine() else { break }
                line += more
            }
            return line
        }
        return nil
    }

    private mutating func nextLine() -> [UInt8]? {
        number += 1
        guard var line = reader.next() else { return nil }
        if line.last == 0x0d { line.removeLast() }
        return line
    }
}
