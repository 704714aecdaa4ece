import Clock
package import RESP
package import Routing
import Transport

/// Questions that slotline asks for itself, outside any plan and outside a block that is open on the node.
extension Engine {
    /// Asks one node one question. The node has ``patience`` to answer.
    ///
    /// - Parameter waitsForConnect: true when that time starts only once the connection is made.
    package func ask(
        _ address: NodeAddress, for arguments: [ByteString], waitsForConnect: Bool = false
    ) -> Result<RESPValue, CommandFailure> {
        ask([address], for: arguments, waitsForConnect: waitsForConnect)[0]
    }

    /// Why a server did not report the topology, in its own words. Every server has CLUSTER SLOTS.
    package func topologyRefusal(by node: NodeAddress) throws(CommandFailure) -> String {
        let reply = try ask(node, for: ["CLUSTER", "SLOTS"]).get()
        return reply.isError ? reply.text : "it was not ready yet; try again"
    }

    /// Asks several nodes the same question at once; answers are in the order of the nodes.
    ///
    /// - Parameters:
    ///   - timeout: the seconds they have in total; ``patience`` by default.
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

    /// The same with several questions back to back. The answers may cover only the first few of them.
    package func ask(
        _ addresses: [NodeAddress], _ questions: [[ByteString]], waitsForConnect: Bool = false,
        timeout: Double? = nil, endsWithFirst: Bool = false, keeping: (RESPValue) -> RESPValue = { $0 }
    ) -> [Result<[RESPValue], CommandFailure>] {
        let timeout = timeout ?? patience
        let begun = addresses.map { begin($0, questions) }
        let links = begun.map(\.link)
        let numbers = Dictionary(links.enumerated().map { (ObjectIdentifier($1), $0) }) { first, _ in first }
        var end = waitsForConnect ? .never : Instant(seconds: timeout)
        var replies = [[RESPValue]](repeating: [], count: links.count)
        var answers = [Result<[RESPValue], CommandFailure>?](repeating: nil, count: links.count)
        func giveUp(_ link: Link, _ failure: CommandFailure? = nil) {
            pool.drop(link)
            guard let number = numbers[ObjectIdentifier(link)] else { return }
            let failure = failure ?? .replyLost(link.address, reason: TransportError.timedOut.reason)
            answers[number] = replies[number].isEmpty ? .failure(failure) : .success(replies[number])
        }
        func deal(with event: Event) {
            switch event {
            case .reply(let value, _, let link):
                guard let number = numbers[ObjectIdentifier(link)] else { return }
                replies[number].append(keeping(value))
                guard replies[number].count == questions.count else { return }
                if !begun[number].isPooled { link.close() }
                answers[number] = .success(replies[number])
                if endsWithFirst { end = .now }
            case .push(let value, let link): take(push: value, from: link)
            case .ended(let link):
                let failure = link.endOfReplies()
                if case .replyLost(let node, let reason, let fault) = failure {
                    giveUp(link, .unreachable(node, reason: reason, fault))
                } else {
                    giveUp(link, failure)
                }
            case .silent(let link): giveUp(link)
            case .deadline, .interrupted, .looked, .input, .resize, .resumed, .part, .bytes: break
            }
        }
        while case let open = links.indices.filter({ answers[$0] == nil }), !open.isEmpty {
            let event = next(on: open.map { links[$0] }, until: end, timeout: waitsForConnect ? timeout : nil)
            switch event {
            case .deadline: for number in open { giveUp(links[number]) }
            case .interrupted: for number in open { giveUp(links[number], .interrupted) }
            default:
                deal(with: event)
                // Take everything that has arrived; otherwise every node would be looked at again for each answer.
                for number in open {
                    while answers[number] == nil, let event = self.event(on: links[number]) { deal(with: event) }
                }
            }
        }
        return answers.compactMap(\.self)
    }

    /// - Returns: a link to the node: the pool's, or a separate one while that is in use.
    private func begin(_ address: NodeAddress, _ questions: [[ByteString]]) -> (link: Link, isPooled: Bool) {
        let isFree = pool.isFree(address) && !hasOpenBlock(at: address)
        let link = isFree ? pool.link(to: address) : pool.makeLink(to: address)
        for question in questions { link.send(question, ticket: 0) }
        return (link, isFree)
    }

    private func hasOpenBlock(at address: NodeAddress) -> Bool {
        if case .open(let pin) = transaction { pin.node == address } else { false }
    }
}
