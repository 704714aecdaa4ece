import Commands
import Engine
import Presentation
import RESP

/// The lines of a MULTI block in a load. What became of them is not known before EXEC is answered.
struct LoadTransaction {
    private var lines: [LoadRecord.Line]
    /// Why a line was not queued with which nothing was wrong, so that the block can be loaded again.
    var obstacle: LoadRecord.Failure?

    /// - Parameter opening: the MULTI.
    init(_ opening: LoadRecord.Line) {
        lines = [opening]
    }

    /// Where the MULTI stands.
    var place: InputPlace { lines[0].place }

    /// - Parameter line: queued or not: if it was not, nothing of the block will be carried out.
    mutating func add(_ line: LoadRecord.Line) {
        lines.append(line)
    }

    /// EXEC has carried the block out.
    ///
    /// - Parameter replies: to the queued commands.
    func end(_ replies: [RESPValue], in record: LoadRecord, ignoresErrors: Bool) {
        record.succeed()
        var replies = replies[...]
        for line in lines.dropFirst() {
            if let reply = replies.popFirst(), reply.isError {
                record.fail(line, .init(reply.text, status: ignoresErrors ? .ok : .error))
            } else {
                record.succeed()
            }
        }
    }

    /// Nothing of the block was carried out, or it is not known: all of it can be loaded again.
    func fail(_ failure: LoadRecord.Failure, in record: LoadRecord) {
        for line in lines { record.keep(line, failure) }
    }
}
