import Clock
package import RESP
package import Routing
import Transport

/// Questions of slotline's own, outside of any plan, and outside of a block that is open at the node.
extension Engine {
    /// Asks one node one question. The node has ``patience`` to answer.
    ///
    /// - Parameter waitsForConnect: that time begins when the connection stands, which may take its own time.
    package func ask(
        _ address: NodeAddress, for arguments: [ByteString], waitsForConnect: Bool = false
    ) -> Result<RESPValue, CommandFailure> {
        ask([address], for: arguments, waitsForConnect: waitsForConnect)[0]
    }

    /// Asks nodes the same question at once; the answers in the order of the nodes.
    ///
    /// - Parameters:
    ///   - timeout: the seconds they have in all, ``patience`` unless given.
    ///   - endsWithFirst: true when one answer is enough.
    ///   - keeping: what is kept of each answer.
    package func ask(
        _ addresses: [NodeAddress], for arguments: [ByteString], waitsForConnect: Bool = false,
        timeout: Double? = nil, endsWithFirst: Bool = false, keeping: (RESPValue) -> RESPValue = { $0 }
    ) -> [Result<RESPValue, CommandFailure>] {
        ask(
            addresses, [arguments], waitsForConnect: waitsForConnect, timeout: timeout, endsWithFirst: endsWithFirst,
            keeping: keeping
        ).map { $0.map { $0[0] } }
    }

    /// The same with several questions back to back; the answers to the first of them, if not to all.
    package func ask(
        _ addresses: [NodeAddress], _ questions: [[ByteString]], waitsForConnect: Bool = false,
        timeout: Double? = nil, endsWithFirst: Bool = false, keeping: (RESPValue) -> RESPValue = { $0 }
    ) -> [Result<[RESPValue], CommandFailure>] {
        let timeout = timeout ?? patience
        let links = addresses.map { begin($0, questions) }
        var end = waitsForConnect ? .never : Instant(seconds: timeout)
        var replies = [[RESPValue]](repeating: [], count: links.count)
        var answers = [Result<[RESPValue], CommandFailure>?](repeating: nil, count: links.count)
        func settle(_ link: Link, _ answer: Result<[RESPValue], CommandFailure>) {
            if let number = links.firstIndex(where: { $0 === link }) { answers[number] = answer }
        }
        func giveUp(_ link: Link, _ failure: CommandFailure? = nil) {
            pool.drop(link)
            let failure = failure ?? .replyLost(link.address, reason: TransportError.timedOut.reason)
            let replies = links.firstIndex { $0 === link }.map { replies[$0] } ?? []
            settle(link, replies.isEmpty ? .failure(failure) : .success(replies))
        }
        while case let open = links.indices.filter({ answers[$0] == nil }).map({ links[$0] }), !open.isEmpty {
            switch next(on: open, until: end, timeout: waitsForConnect ? timeout : nil) {
            case .reply(let value, _, let link):
                guard let number = links.firstIndex(where: { $0 === link }) else { continue }
                replies[number].append(keeping(value))
                guard replies[number].count == questions.count else { continue }
                // Its own connection may have been in use.
                if !pool.all.contains(where: { $0 === link }) { link.close() }
                settle(link, .success(replies[number]))
                if endsWithFirst { end = .now }
            case .push(let value, _): onPush(value)
            case .ended(let link):
                let failure = link.endOfReplies()
                if case .replyLost(let node, let reason) = failure {
                    giveUp(link, .unreachable(node, reason: reason, isEncrypted: link.isEncrypted))
                } else {
                    giveUp(link, failure)
                }
            case .silent(let link): giveUp(link)
            case .deadline: for link in open { giveUp(link) }
            case .interrupted: for link in open { giveUp(link, .interrupted) }
            case .looked, .input, .resize, .bytes: break
            }
        }
        return answers.compactMap(\.self)
    }

    private func begin(_ address: NodeAddress, _ questions: [[ByteString]]) -> Link {
        let pooled = pool.link(to: address)
        let isFree = (pooled.isIdle || pooled.isFresh) && !hasOpenBlock(at: address)
        let link = isFree ? pooled : pool.makeLink(to: address)
        for question in questions { link.send(question, ticket: 0) }
        return link
    }

    private func hasOpenBlock(at address: NodeAddress) -> Bool {
        if case .open(let pin) = transaction { pin.node == address } else { false }
    }
}
