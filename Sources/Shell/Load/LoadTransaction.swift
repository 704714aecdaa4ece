import Commands
import Engine
import Presentation
import RESP

/// The lines of a MULTI block in a load. What became of them is not known before EXEC is answered.
struct LoadTransaction {
    private var queued: [(line: LoadRecord.Line, failure: LoadRecord.Failure?)]

    /// - Parameter opening: the MULTI.
    init(_ opening: LoadRecord.Line) {
        queued = [(opening, nil)]
    }

    /// Where the MULTI stands.
    var place: InputPlace { queued[0].line.place }

    /// - Parameter failure: why the line was not queued, which has been told; nil if it was.
    mutating func add(_ line: LoadRecord.Line, _ failure: LoadRecord.Failure?) {
        queued.append((line, failure))
    }

    /// EXEC has carried the block out.
    ///
    /// - Parameter replies: to the queued commands.
    func end(_ replies: [RESPValue], in record: LoadRecord, ignoresErrors: Bool) {
        record.succeed()
        var replies = replies[...]
        for (line, failure) in queued.dropFirst() {
            if let failure {
                record.keep(line, failure)
            } else if let reply = replies.popFirst(), reply.isError {
                record.fail(line, .init(reply.text, status: ignoresErrors ? .ok : .error))
            } else {
                record.succeed()
            }
        }
    }

    /// Nothing of the block was carried out, or it is not known: all of it can be loaded again.
    func fail(_ failure: LoadRecord.Failure, in record: LoadRecord) {
        for (line, _) in queued { record.keep(line, failure) }
    }
}
