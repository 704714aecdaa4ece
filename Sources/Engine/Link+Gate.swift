import RESP

// Commands must not run before what they rely on is in effect: AUTH, SELECT, and the MULTI of a block.

extension Link {
    /// What was awaited has been accepted: releases what waited for it, up to the next thing awaited.
    func openGate() {
        awaitedCount -= 1
        guard awaitedCount == 0, let gate else { return }
        self.gate = nil
        var offset = 0
        for entry in entries.all {
            offset += entry.length
            guard offset > gate else { continue }
            if awaitedCount > 0, !entry.kind.isStep { break }
            guard entry.kind.isAwaited else { continue }
            self.gate = offset
            awaitedCount += 1
            if !entry.kind.isStep { break }
        }
        flush()
    }

    /// What was awaited has been refused: the next commands get the same reply, as the server would give it, and are
    /// not sent.
    ///
    /// - Parameter isMeant: false for the first one that is sent all the same.
    func answer(with error: RESPValue, while isMeant: (Entry) -> Bool) {
        let reply: [UInt8] = [UInt8(ascii: "-")] + error.payload + Array("\r\n".utf8)
        let waiting = entries.all
        let end = waiting.firstIndex { !isMeant($0) } ?? waiting.endIndex
        entries.removeAll()
        for place in waiting.indices {
            var entry = waiting[place]
            if place < end {
                // Nothing waits for it any more.
                if entry.kind == .opening { entry.kind = .command }
                sentCount += entry.length
                reply.withUnsafeBytes { incoming.append($0) }
            }
            entries.append(entry)
        }
    }
}
