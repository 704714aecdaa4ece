import Clock
import Commands
import Engine
import Options
import Presentation
import RESP
import Routing
import Transport

/// Runs the lines of a load that cannot be pipelined, among them the MULTI blocks.
///
/// On a cluster, a block whose node is unavailable or whose slot moves is started again, as any other line is sent
/// again: nothing of it has run. One that watches keys is not, because what happened to them in the meantime is not
/// known.
final class LoadLines {
    private let session: Session
    private let record: LoadRecord
    /// The name of the input, in messages.
    private let name: String
    private var block = LoadTransaction()

    init(_ session: Session, _ record: LoadRecord, name: String) {
        self.session = session
        self.record = record
        self.name = name
    }

    private var engine: Engine { session.engine }

    /// The places of the lines that are not done until their block ends.
    var openPlaces: [InputPlace] { block.openPlaces }

    /// Where the open block begins.
    var placeOfBlock: InputPlace? { block.place }

    // MARK: Lines

    func run(_ line: LoadRecord.Line) {
        let wasInBlock = engine.transaction.isInBlock
        let result = result(of: line)
        switch (wasInBlock, engine.transaction.isInBlock) {
        case (false, false):
            settle(line, result)
            watch(line, result)
        case (false, true): block.add(line)
        case (true, true):
            if case .failure(let failure) = result {
                if ServerError(failure.reason.utf8).leavesBlockWhole { return record.fail(line, failure) }
                refuse(line, failure)
            }
            block.add(line)
        case (true, false):
            if CommandTable.row(for: line.words)?.effect == .exec {
                end(by: line, result)
            } else {
                settle(line, result)
            }
            block = LoadTransaction()
        }
    }

    /// A line that cannot be split into words.
    func refuse(_ line: LoadRecord.Line, _ error: TokenizerError) {
        guard engine.transaction.isInBlock else { return record.fail(line, .init(error.message)) }
        refuse(line, .init(error.message))
        block.add(line)
    }

    /// The input has ended, perhaps within a block.
    func end() {
        guard block.place != nil else { return }
        record.note(session.tellOpenTransaction(in: name))
        block.fail(.init(CLIError.endsInTransaction(file: name).message(in: .slotline)), in: record)
        block = LoadTransaction()
    }

    private func settle(_ line: LoadRecord.Line, _ result: Result) {
        if case .failure(let failure) = result { record.fail(line, failure) } else { record.succeed() }
    }

    /// A line outside a block may start or stop watching keys.
    private func watch(_ line: LoadRecord.Line, _ result: Result) {
        let isWatch = CommandTable.row(for: session.grammar(.load).commandWords(line.words))?.effect == .watch
        if case .failure = result, isWatch, session.dialect.hasOwnNotes {
            engine.refuseWatch(at: LoadText.place(file: name, line: line.place.line, offset: line.place.offset))
        }
        guard engine.transaction.isAfterWatch else {
            block = LoadTransaction()
            return
        }
        if case .success = result, isWatch { block.watch(line) }
    }

    // MARK: Blocks

    /// A line of a block that was not queued: the block will not run without it.
    private func refuse(_ line: LoadRecord.Line, _ failure: LoadRecord.Failure) {
        if failure.isUndone {
            block.obstacle = failure
        } else {
            block.isRefused = true
            record.tell(line, failure)
        }
        engine.refuseBlock(at: LoadText.place(file: name, line: line.place.line, offset: line.place.offset))
    }

    /// EXEC has ended the block.
    private func end(by exec: LoadRecord.Line, _ first: Result) {
        var result = first
        var backOff = BackOff()
        let beginsAgain = engine.map.topology != nil && !block.watches
        while beginsAgain, let obstacle = obstacle(result), let end = backOff.begin(at: .now, for: engine.retryFor) {
            wait(until: end, backOff, because: obstacle)
            if engine.loop.hasBeenInterrupted { break }
            backOff.resume()
            result = again(exec)
        }
        if case .success(let reply) = result, let reply, reply.kind == .array {
            block.end(
                Array(reply.elements), in: record, ignoresErrors: session.configuration.ignoresErrors)
            return record.succeed()
        }
        var failure = LoadRecord.Failure(LoadText.watchedKeyChanged)
        if case .failure(let reason) = result { failure = reason }
        if let obstacle = obstacle(result) {
            failure = beginsAgain ? obstacle.ofMissingServer : obstacle
        }
        block.fail(failure, in: record)
        record.fail(exec, failure)
    }

    /// What kept a block from running that had nothing wrong with it.
    private func obstacle(_ result: Result) -> LoadRecord.Failure? {
        guard !block.isRefused, case .failure(let failure) = result else { return nil }
        return block.obstacle ?? (failure.isUndone ? failure : nil)
    }

    private func wait(until end: Instant, _ backOff: BackOff, because obstacle: LoadRecord.Failure) {
        let left = backOff.giveUpAt.map { Int($0.seconds(since: .now).rounded(.up)) } ?? 0
        session.presenter.show(.waiting(obstacle.node, reason: obstacle.reason, secondsLeft: left))
        engine.loop.sleep(until: end)
    }

    /// Runs the whole block once more.
    private func again(_ exec: LoadRecord.Line) -> Result {
        block.obstacle = nil
        record.countRetried(block.lines.count + 1)
        for line in block.lines {
            guard case .failure(let failure) = result(of: line) else { continue }
            guard engine.transaction.isInBlock else { return .failure(failure) }
            refuse(line, failure)
            if engine.loop.hasBeenInterrupted { return .failure(failure) }
        }
        return result(of: exec)
    }

    // MARK: Results

    /// The reply; nil where there is more than one, or none.
    private typealias Result = Swift.Result<RESPValue?, LoadRecord.Failure>

    private func result(of line: LoadRecord.Line) -> Result {
        Result { () throws(LoadRecord.Failure) in try reply(to: line.words) }
    }

    private func reply(to words: [ByteString]) throws(LoadRecord.Failure) -> RESPValue? {
        let command = try command(of: words)
        let reply: Reply
        do {
            reply = try engine.run(command)
        } catch {
            throw LoadRecord.Failure(error)
        }
        guard reply.outcome == .succeeded else {
            let status = ExitStatus(reply, ignoresErrors: session.configuration.ignoresErrors)
            var text = reply.errorText
            if text.hasPrefix("ERR unknown command"), session.dialect.hasOwnNotes,
                session.grammar(.file).needsShell(words)
            {
                text += "\n" + LoadText.needsShell
            }
            throw failure(command, text, status: status, node: record.nodeOfLastReply)
        }
        for note in reply.notes { session.presenter.show(note) }
        guard case .value(let value) = reply.body else { return nil }
        return value
    }

    private func command(of words: [ByteString]) throws(LoadRecord.Failure) -> Command {
        let command: Command
        do {
            command = try session.grammar(.load).command(words)
        } catch .invalidTarget(let error) {
            throw LoadRecord.Failure(error.message)
        } catch {
            throw LoadRecord.Failure(CLIError(error, at: nil).message(in: .slotline))
        }
        let row = engine.row(for: command)
        switch row?.effect {
        case .subscribe, .unsubscribe, .monitor: throw LoadRecord.Failure(.silencesReplies(command: command.title(row)))
        default: return command
        }
    }

    /// The failure that an error reply amounts to.
    func failure(
        _ command: Command, _ text: String, status: ExitStatus, node: NodeAddress? = nil
    ) -> LoadRecord.Failure {
        let row = engine.row(for: command)
        // These were retried until the time was up. A script may have changed something before it ran into such an
        // error.
        let isUndone: Bool =
            switch Redirect(ServerError(text.utf8), by: .nobody) {
            case .unavailable: true
            case .tryAgain, .demoted: engine.map.topology != nil
            // A block does not follow these; it is started again.
            case .moved, .ask: row?.effect == .exec
            case .unauthenticated, nil: false
            }
        guard isUndone, engine.router.routesCommands, command.target == nil,
            row?.flags.contains(.script) != true
        else { return LoadRecord.Failure(text, status: status, node: node) }
        // How long a block is retried is decided elsewhere.
        var failure = LoadRecord.Failure(text, status: row?.effect == .exec ? status : .noConnection, node: node)
        failure.isUndone = true
        return failure
    }
}

extension Reply {
    /// The error that a reply is, and what more there is to say about one that did not succeed.
    fileprivate var errorText: String {
        var parts = notes.map { $0.message(in: .slotline) }
        if case .value(let value) = body, value.isError { parts.insert(value.text, at: 0) }
        return parts.joined(separator: "\n")
    }
}
