import Clock
import Commands
import RESP
import Routing
import Transport

// What comes back, and is delivered.

extension Pipeline {
    func takeReplies(_ number: Int) {
        guard let link = lanes[number].link, partial?.lane != number || takeParts(link) else { return }
        while let range = link.nextReply() {
            let reply = UnsafeRawBufferPointer(rebasing: link.incoming.bytes[range])
            let first = reply[0]
            if first == UInt8(ascii: ">") {
                if let value = RESPValue(reply: reply) { engine.take(push: value, from: link) }
                continue
            }
            guard let entry = link.entries.first else {
                link.refuse(.unknownType(first))
                return
            }
            guard case .command = entry.kind else {
                if let note = link.take(reply, of: entry) { engine.onNote(note) }
                if link.refusal != nil { return }
                continue
            }
            let isQueued = !slotQueues.isEmpty && slotQueues[entry.slot] != nil
            var following = Following.own
            if first == UInt8(ascii: "-") { following = follow(reply, entry, link) }
            if following == .followed { continue }
            settle(entry, isQueued: isQueued, following)
            take(range, entry, link, number)
            link.removeFirst(entry)
        }
        guard lanes[number].heldCount == 0 else { return }
        link.dropReplies(upTo: link.scannedCount)
        // A server that wants to know the user first has not selected the database: the next command tries again.
        if link.state.database != engine.session.database, !link.entries.all.contains(where: { $0.kind == .command }) {
            lanes[number].release()
        }
    }

    /// Counts a command as done.
    ///
    /// - Parameter isQueued: true when its slot had a queue before the reply took effect.
    private func settle(_ entry: Entry, isQueued: Bool, _ following: Following = .own) {
        openCount -= 1
        openByteCount -= entry.length
        settledCount += 1
        if isQueued, let queue = slotQueues[entry.slot] {
            queue.underWayCount -= 1
            if following == .own {
                queue.succeeded(wasQueued: entry.wasQueued)
                if !abandonedSlots.isEmpty { abandonedSlots.remove(entry.slot) }
            }
        }
        if entry.wasQueued { strays[entry.sequence] = nil }
    }

    /// Takes a command's final reply.
    private func take(_ range: Range<Int>, _ entry: Entry, _ link: Link, _ number: Int) {
        let reply = UnsafeRawBufferPointer(rebasing: link.incoming.bytes[range])
        let isError = reply[0] == UInt8(ascii: "-") || reply[0] == UInt8(ascii: "!")
        if !isError { succeededCount += 1 }
        guard keepsReplies else {
            if isError { deliver(.reply(reply, from: link.address), entry.place, command(of: entry, link)) }
            return
        }
        averageReply = (averageReply * 15 + range.count) / 16
        if entry.wasQueued {
            // Not in the order of the lane's other replies, which are dropped one after another.
            order.keep(.reply(Array(reply), from: link.address), for: entry.sequence)
        } else if entry.sequence == order.head, lanes[number].heldCount == 0 {
            order.advance()
            deliver(.reply(reply, from: link.address), entry.place, .init(start: nil, count: 0))
        } else {
            order[entry.sequence] = .held(
                lane: number, offset: link.incoming.droppedCount + range.lowerBound, length: range.count)
            lanes[number].heldCount += 1
        }
    }

    // MARK: Long replies

    /// Starts giving out the reply to the oldest command if it is long and still arriving. False when there is none.
    func beginParts() -> Bool {
        guard partial == nil, order.count > 0, case .missing(let number) = order[order.head], number != Self.noLane,
            lanes[number].heldCount == 0, let link = lanes[number].link, link.isUsable, let entry = link.entries.first,
            entry.kind == .command, entry.sequence == order.head, entry.isReadonly, !entry.isScript, link.holdsPart,
            takesParts()
        else { return false }
        partial = (entry.sequence, number)
        takeReplies(number)
        return true
    }

    /// Gives out what has arrived of the reply being given out. True when that was the rest of it.
    private func takeParts(_ link: Link) -> Bool {
        while let entry = link.entries.first, let part = link.takePart() {
            let place = order.headPlace
            if part.isLast {
                partial = nil
                order.advance()
                averageReply = (averageReply * 15 + RESPParser.partLength) / 16
                succeededCount += 1
                settle(entry, isQueued: slotQueues[entry.slot] != nil)
                link.removeFirst(entry)
            }
            deliver(.part(part.elements, isLast: part.isLast), place, .init(start: nil, count: 0))
            if part.isLast { return true }
        }
        return false
    }

    func command(of entry: Entry, _ link: Link) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: link.outgoing.bytes[..<entry.length])
    }

    /// Ends a command that gets no reply.
    func fail(_ entry: Entry, _ command: UnsafeRawBufferPointer, _ failure: CommandFailure) {
        openCount -= 1
        openByteCount -= entry.length
        settledCount += 1
        if keepsReplies {
            order.keep(.failure(failure, command: Array(command)), for: entry.sequence)
        } else {
            deliver(.failure(failure), entry.place, command)
        }
    }

    /// Delivers all replies up to the first missing one.
    func handOver() {
        while order.count > 0 {
            let place = order.headPlace
            switch order[order.head] {
            case .missing: return
            case .held(let number, let offset, let length):
                guard let link = lanes[number].link else { return }
                let start = offset - link.incoming.droppedCount
                order.advance()
                lanes[number].heldCount -= 1
                deliver(
                    .reply(
                        UnsafeRawBufferPointer(rebasing: link.incoming.bytes[start..<(start + length)]),
                        from: link.address),
                    place, .init(start: nil, count: 0))
                link.dropReplies(upTo: lanes[number].heldCount == 0 ? link.scannedCount : start + length)
            case .kept:
                let kept = order.takeKept()
                order.advance()
                switch kept {
                case .reply(let bytes, let node):
                    bytes.withUnsafeBytes { deliver(.reply($0, from: node), place, .init(start: nil, count: 0)) }
                case .failure(let failure, let command):
                    command.withUnsafeBytes { deliver(.failure(failure), place, $0) }
                case nil: return
                }
            }
        }
    }
}
