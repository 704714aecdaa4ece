import Commands
import Engine
import Presentation
import RESP

/// The MULTI block of a load, with the WATCH before it. What became of its lines is not known before EXEC is answered.
struct LoadTransaction {
    /// What watches keys. It holds until the block has ended, so a load that goes on before that needs it again.
    private var watching: [LoadRecord.Line] = []
    /// From MULTI to the one before EXEC; none without a block.
    private(set) var lines: [LoadRecord.Line] = []
    /// Why a line was not queued with which nothing was wrong, so that the block can be loaded again.
    var obstacle: LoadRecord.Failure?
    /// True when a line was not queued that will not be another time either.
    var isRefused = false

    /// True when EXEC depends on what others do.
    var watches: Bool { !watching.isEmpty }

    /// Where the MULTI stands.
    var place: InputPlace? { lines.first?.place }

    /// Where its lines stand, which are not done.
    var openPlaces: [InputPlace] { (watching + lines).map(\.place) }

    mutating func watch(_ line: LoadRecord.Line) {
        watching.append(line)
    }

    /// - Parameter line: the MULTI, or one that was queued or not: if it was not, nothing of the block will be carried out.
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

    /// Nothing of the block was carried out, or it is not known: all of it can be loaded again, under the same WATCH.
    func fail(_ failure: LoadRecord.Failure, in record: LoadRecord) {
        for line in watching { record.keep(line, failure, isCounted: false) }
        for line in lines { record.keep(line, failure) }
    }
}
