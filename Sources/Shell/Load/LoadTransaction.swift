import Commands
import Engine
import Presentation
import RESP

/// The MULTI block of a load, with the WATCH before it. The outcome of its lines is not known until EXEC is answered.
struct LoadTransaction {
    /// The lines that watch keys. They hold until the block has ended, so a load resumed before that needs them again.
    private var watching: [LoadRecord.Line] = []
    /// From MULTI to the line before EXEC; none without a block.
    private(set) var lines: [LoadRecord.Line] = []
    /// Why a line that had nothing wrong with it was not queued, so that the block can be loaded again.
    var obstacle: LoadRecord.Failure?
    /// True when a line was not queued and would not be another time either.
    var isRefused = false

    /// True when EXEC depends on what other clients do.
    var watches: Bool { !watching.isEmpty }

    /// The place of the MULTI.
    var place: InputPlace? { lines.first?.place }

    /// The places of its lines, none of which is done.
    var openPlaces: [InputPlace] { (watching + lines).map(\.place) }

    mutating func watch(_ line: LoadRecord.Line) {
        watching.append(line)
    }

    /// - Parameter line: the MULTI, or a line of the block; if that was not queued, nothing of the block will be
    ///   carried out.
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
                record.fail(
                    line, .init(reply.text, status: ignoresErrors ? .ok : .error, node: record.nodeOfLastReply))
            } else {
                record.succeed()
            }
        }
    }

    /// Nothing of the block was carried out, or its outcome is unknown: all of it can be loaded again, under the same
    /// WATCH.
    func fail(_ failure: LoadRecord.Failure, in record: LoadRecord) {
        for line in watching { record.keep(line, failure, isCounted: false) }
        for line in lines { record.keep(line, failure) }
    }
}
