import Clock
package import RESP
package import Routing
import Transport

/// Questions of slotline's own, outside of any plan, and outside of a block that is open at the node.
extension Engine {
    /// Seconds a node has to answer.
    package static let questionTimeout = 1.0

    /// A question that is under way.
    private struct Question {
        let address: NodeAddress
        let connection: Link
        /// False for a connection made for this question, since the node's own is in use.
        let isPooled: Bool
        var answer: Result<RESPValue, CommandFailure>?
    }

    /// Asks one node one question. It has a second to answer.
    ///
    /// - Parameter waitsForConnect: the second begins when the connection stands, which may take its own time.
    package func ask(
        _ address: NodeAddress, for arguments: [ByteString], waitsForConnect: Bool = false
    ) -> Result<RESPValue, CommandFailure> {
        ask([address], for: arguments, waitsForConnect: waitsForConnect)[0]
    }

    /// Asks nodes the same question at once; the answers in the order of the nodes.
    ///
    /// - Parameters:
    ///   - timeout: the seconds they have in all.
    ///   - endsWithFirst: true when one answer is enough.
    package func ask(
        _ addresses: [NodeAddress], for arguments: [ByteString], waitsForConnect: Bool = false,
        timeout: Double = questionTimeout, endsWithFirst: Bool = false
    ) -> [Result<RESPValue, CommandFailure>] {
        var deadline = Instant(seconds: timeout)
        var questions = addresses.map { begin($0, arguments) }
        while true {
            let isConnecting = questions.contains { $0.answer == nil && $0.connection.connectDeadline != .never }
            if waitsForConnect, isConnecting {
                deadline = Instant(seconds: timeout)
            }
            for index in questions.indices where questions[index].answer == nil {
                questions[index].answer = answer(to: questions[index], deadline)
            }
            let open = questions.filter { $0.answer == nil }
            guard !open.isEmpty else { break }
            if endsWithFirst, open.count < questions.count { deadline = .now }
            loop.turn(open.map(\.connection), until: deadline)
            if loop.takeInterrupt() {
                for question in open { pool.drop(question.connection) }
                return questions.map { $0.answer ?? .failure(.interrupted) }
            }
        }
        return questions.compactMap(\.answer)
    }

    private func begin(_ address: NodeAddress, _ arguments: [ByteString]) -> Question {
        let pooled = pool.link(to: address)
        let isFree = (pooled.isIdle || pooled.isFresh) && !hasOpenBlock(at: address)
        let connection = isFree ? pooled : pool.makeLink(to: address)
        connection.send(arguments, ticket: 0)
        connection.flush()
        return Question(address: address, connection: connection, isPooled: isFree)
    }

    /// What came of a question; nil while it is under way.
    private func answer(to question: Question, _ deadline: Instant) -> Result<RESPValue, CommandFailure>? {
        let connection = question.connection
        while let received = connection.receive() {
            switch received {
            case .reply(_, let value):
                if !question.isPooled { connection.close() }
                return .success(value)
            case .push(let value): onPush(value)
            case .note(let note): onNote(note)
            }
        }
        guard !connection.isUsable || deadline.hasPassed else { return nil }
        guard connection.failure != nil || connection.refusal != nil else {
            pool.drop(connection)
            return .failure(.replyLost(question.address, reason: TransportError.timedOut.reason))
        }
        let error = connection.failure ?? .closed
        let refusal = connection.abandon().lazy.compactMap(\.refusal).first
        pool.drop(connection)
        if case .violation(let violation) = error { return .failure(.protocolViolation(question.address, violation)) }
        return .failure(refusal ?? .unreachable(question.address, reason: error.reason))
    }

    private func hasOpenBlock(at address: NodeAddress) -> Bool {
        if case .open(let pin) = transaction { pin.node == address } else { false }
    }
}
