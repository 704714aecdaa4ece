import Clock
import Commands
import RESP
import Routing
import Transport

// What comes back, and is handed over.

extension Pipeline {
    func takeReplies(_ number: Int) {
        guard let link = lanes[number].link else { return }
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
            if isQueued, let queue = slotQueues[entry.slot] {
                queue.underWayCount -= 1
                if following == .own {
                    queue.succeeded(wasQueued: entry.wasQueued)
                    if !abandonedSlots.isEmpty { abandonedSlots.remove(entry.slot) }
                }
            }
            if entry.wasQueued { strays[entry.sequence] = nil }
            take(range, entry, link, number)
            link.removeFirst(entry)
        }
        if lanes[number].heldCount == 0 { link.dropReplies(upTo: link.scannedCount) }
    }

    /// Takes the reply of a command, for good.
    private func take(_ range: Range<Int>, _ entry: Entry, _ link: Link, _ number: Int) {
        openCount -= 1
        openByteCount -= entry.length
        settledCount += 1
        let reply = UnsafeRawBufferPointer(rebasing: link.incoming.bytes[range])
        let isError = reply[0] == UInt8(ascii: "-") || reply[0] == UInt8(ascii: "!")
        if !isError { succeededCount += 1 }
        guard keepsReplies else {
            if isError { deliver(.reply(reply, from: link.address), entry.place, command(of: entry, link)) }
            return
        }
        averageReply = (averageReply * 15 + range.count) / 16
        if entry.wasQueued {
            // Not in the order of the lane's other replies, which are forgotten one after the other.
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

    func command(of entry: Entry, _ link: Link) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: link.outgoing.bytes[..<entry.length])
    }

    /// Ends a command that has no reply.
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

    /// Hands over all replies up to the first that is missing.
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
