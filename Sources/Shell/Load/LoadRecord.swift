import Commands
import Engine
import Glibc
import Options
import Presentation
import RESP
import Routing
import Terminal

/// The outcomes of the commands of a load: counts, a message for each that failed, and the files that keep those.
final class LoadRecord {
    /// A command and its place.
    struct Line {
        let words: [ByteString]
        let place: InputPlace
        /// The line itself where it cannot be split into words.
        var text: [UInt8]?
    }

    /// Why a command did not succeed.
    struct Failure: Error {
        private(set) var status: ExitStatus
        var node: NodeAddress?
        let reason: String
        /// What to do next, where that ends the load.
        private(set) var remedies: [String] = []
        /// True when it may still have been carried out.
        var isUnknown = false
        /// True when no server was there to carry it out, or to refuse it.
        var isUndone = false
        /// True when the database of the session was refused, before the command was sent.
        private(set) var isOfDatabase = false

        /// - Parameter status: `.ok` for an error reply where error replies do not count.
        init(_ reason: String, status: ExitStatus = .error, node: NodeAddress? = nil) {
            self.status = status
            self.node = node
            self.reason = reason
        }

        /// The same after waiting for a server for as long as allowed.
        var ofMissingServer: Failure {
            var failure = self
            failure.status = .noConnection
            return failure
        }

        init(_ failure: CommandFailure) {
            status = ExitStatus(failure)
            node = failure.node
            reason = failure.cause
            isUnknown = failure.isUnknown
            isUndone = failure.foundNobody
            if case .databaseRefused = failure {
                isOfDatabase = true
                remedies = failure.remedies
            }
        }

        /// True when the commands after it would fare no better.
        var isLasting: Bool { status == .noConnection || isOfDatabase }
    }

    private let session: Session
    /// The name of the input, in messages.
    private let name: String
    private let rejects: RejectFile?
    private let unknowns: RejectFile?
    /// Counts the commands that did not go through the pipeline, and those that failed in it.
    private(set) var counts = LoadText.Counts()
    private(set) var worst = ExitStatus.ok
    /// True when a command found no server to carry it out, so that those after it would not either.
    private(set) var hasLostServers = false
    /// The places of commands that no server has carried out or refused. A resumed load starts with those, so they are
    /// not written to the reject files.
    private(set) var undonePlaces: [InputPlace] = []
    /// How many of them have been counted: a WATCH that is needed again has been carried out.
    private(set) var undoneCount = 0
    /// What many commands have in common that a lost node has left undone.
    private struct Loss: Equatable {
        let node: NodeAddress?
        let reason: String
    }
    /// How many commands each loss concerns besides the one that was reported, and the place of the last of them.
    private var losses: [(loss: Loss, count: Int, last: InputPlace)] = []
    private let canGoOn: Bool
    private var hasBegun = false
    /// True when something could not be recorded: it would be lost if the load continued.
    private var hasLostTrack = false

    /// - Parameter appends: true when a load is resumed.
    init(_ session: Session, _ options: Configuration.Load, name: String, appends: Bool) {
        self.session = session
        self.name = name
        canGoOn = options.resume != nil
        // Tells which node has replied.
        session.engine.measuresTiming = true
        rejects = options.reject.map { RejectFile(path: $0, appends: appends) }
        unknowns = options.reject.map { RejectFile(path: Self.pathOfUnknowns(rejects: $0), appends: appends) }
    }

    /// Where commands of unknown outcome are kept.
    ///
    /// - Parameter rejects: where those that failed are kept.
    static func pathOfUnknowns(rejects path: ByteString) -> ByteString { path + ".unknown" }

    /// The node that carried out the last line that ran alone; nil if there were several.
    var nodeOfLastReply: NodeAddress? {
        let nodes = session.engine.timing.nodes.keys
        return nodes.count == 1 ? nodes.first : nil
    }

    // MARK: Outcomes

    /// Counts commands that succeeded.
    func succeed(_ count: Int = 1) {
        counts.succeeded += count
    }

    /// Counts commands that are sent again.
    func countRetried(_ count: Int) {
        counts.retried += count
    }

    /// Counts a command that failed, keeps it and reports it. Of the many that a lost node leaves undone, the first is
    /// reported at once, the others are counted. Each one of unknown outcome is reported.
    func fail(_ line: Line, _ failure: Failure) {
        keep(line, failure)
        guard failure.isUndone, session.dialect.hasOwnNotes else { return tell(line, failure) }
        let loss = Loss(node: failure.node, reason: failure.reason)
        if let index = losses.firstIndex(where: { $0.loss == loss }) {
            losses[index].count += 1
            if line.place.offset > losses[index].last.offset { losses[index].last = line.place }
        } else {
            losses.append((loss, 0, line.place))
            tell(line, failure)
        }
    }

    /// Reports how many commands were lost besides those already reported.
    func tellLosses() {
        // What a resumed load starts with is reported as a whole.
        guard !canGoOn else { return }
        let more = losses.filter { $0.count > 0 }
        for (loss, count, last) in more {
            session.presenter.note(
                LoadText.more(
                    count, file: name, line: last.line, offset: last.offset, node: loss.node, reason: loss.reason))
        }
        if !more.isEmpty, rejects == nil { session.presenter.note(LoadText.waysToKeep) }
    }

    /// True for a command that a resumed load starts with.
    private func isLeft(_ failure: Failure) -> Bool { failure.isUndone && canGoOn }

    /// Keeps a failed command.
    ///
    /// - Parameter isCounted: false for one that has been counted already.
    func keep(_ line: Line, _ failure: Failure, isCounted: Bool = true) {
        note(failure.status)
        if isCounted { if failure.isUnknown { counts.unknown += 1 } else { counts.failed += 1 } }
        if failure.isLasting { hasLostServers = true }
        if isLeft(failure) {
            hasLostServers = true
            undonePlaces.append(line.place)
            if isCounted { undoneCount += 1 }
            return
        }
        let file = failure.isUnknown ? unknowns : rejects
        if let text = line.text {
            file?.add(text + [0x0a])
            return
        }
        // After a command in RESP lines have no numbers: the command is kept in RESP too.
        file?.add(line.words, isRequest: line.place.line == 0)
    }

    /// Reports input that is not a command.
    func failInput(at place: InputPlace, _ reason: String) {
        note(.error)
        counts.failed += 1
        tell(place, [], nil, reason)
    }

    /// Takes a status into account.
    func note(_ status: ExitStatus) {
        worst = max(worst, status)
    }

    /// Reports a command without counting it.
    func tell(_ line: Line, _ failure: Failure) {
        let remedies = session.dialect.hasOwnNotes ? failure.remedies : []
        tell(line.place, line.words, failure.node, ([failure.reason] + remedies).joined(separator: "\n"))
    }

    private func tell(_ place: InputPlace, _ words: [ByteString], _ node: NodeAddress?, _ reason: String) {
        guard session.dialect.namesPlaces else { return session.presenter.note(reason) }
        let arguments = session.grammar(.load).commandWords(words)
        let isSecret = CommandTable.isSecret(arguments)
        session.presenter.note(
            LoadText.failure(
                file: name, line: place.line, offset: place.offset,
                command: (isSecret ? arguments : words).excerpt(isSecret: isSecret), node: node, reason: reason))
    }

    // MARK: Files

    /// Creates the reject file, and removes one of unknown outcomes that an earlier load left.
    ///
    /// - Returns: false when one of the files cannot be written, which has been reported.
    func open() -> Bool {
        rejects?.open()
        unknowns?.prepare()
        for case let file? in [rejects, unknowns] {
            guard let failure = file.failure else { continue }
            note(session.fail(.cannotOpen(path: file.path, reason: failure.reason)))
            return false
        }
        return true
    }

    /// From now on commands are carried out.
    ///
    /// - Returns: false when progress cannot be recorded, which has been reported.
    func begin() -> Bool {
        hasBegun = true
        return keepsTrack
    }

    /// Makes sure that failed commands are on disk. False when they cannot be, which has been reported.
    @discardableResult
    func synchronize() -> Bool {
        for file in [rejects, unknowns] { file?.synchronize() }
        return keepsTrack
    }

    /// False when a file cannot be written, which has been reported.
    var keepsTrack: Bool {
        guard !hasLostTrack else { return false }
        for case let file? in [rejects, unknowns] {
            guard let failure = file.failure else { continue }
            loseTrack(path: file.path, failure)
            return false
        }
        return true
    }

    /// Reports once that a file cannot be written: the load ends, whatever else fails, or never begins.
    func loseTrack(path: ByteString, _ failure: PrivateFile.Failure) {
        guard !hasLostTrack else { return }
        hasLostTrack = true
        note(
            session.fail(
                hasBegun
                    ? .cannotKeep(path: path, reason: failure.reason)
                    : .cannotOpen(path: path, reason: failure.reason)))
    }
}

extension CommandFailure {
    /// True when nothing was carried out because no server was there, or none with the database, or because the user
    /// stopped waiting: later the command may succeed.
    fileprivate var foundNobody: Bool {
        switch self {
        case .unreachable, .notConnectable, .noSeed, .retriesExhausted, .replyLost, .slotWithoutOwner, .noPassword,
            .databaseRefused, .interrupted:
            true
        // The connection was lost, or the slot has moved.
        case .transactionLost: true
        default: false
        }
    }
}
