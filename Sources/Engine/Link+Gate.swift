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

    /// Sends nothing of a block whose MULTI was refused: its commands get the same reply.
    func refuseBlock(of ticket: Int, _ error: RESPValue) {
        while let entry = entries.first, entry.kind == .command, entry.sequence == ticket {
            entries.removeFirst()
            outgoing.removeFirst(entry.length)
            refused.append((ticket, error))
        }
    }
}
