import Commands
package import RESP

/// What `:peek` finds out about a key: everything that does not depend on its type in one round trip, the rest in up to
/// two more. It only reads, and no more than is shown: where elements may be of any size, a script cuts them on the
/// server.
package struct PeekPlan: Sendable {
    package let key: ByteString
    private let wanted: Int
    private var stage = Stage.start
    private var preview: KeyPreview?
    /// What was found; nil until the end, and for a key that does not exist.
    package private(set) var result: KeyPreview?

    private enum Stage {
        case start, common
        case details, rest
    }

    /// - Parameter count: how many elements to show; negative for the last ones.
    package init(_ key: ByteString, count: Int = KeyPreview.usualCount) {
        self.key = key
        wanted = count
    }

    package mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        guard let outcome = outcomes.first else {
            stage = .common
            return send([["TYPE", key], ["OBJECT", "ENCODING", key], ["PTTL", key], ["MEMORY", "USAGE", key]])
        }
        let expected = stage == .common ? 4 : (preview?.questions.count ?? 0)
        // The reply to a single command is not an array of replies.
        let replies = expected == 1 ? outcome.value.map { outcome.with(.array([$0])) } ?? outcome : outcome
        let read = replies.expecting("TYPE", isReadonly: true) { reply in
            guard let replies = reply.elements(expected) else { return false }
            return stage != .common || replies[0].isError || replies[0].string != nil
        }
        switch read {
        case .failure(let failure): return .fail(failure)
        case .reply(let value, let node): return take(Array(value.elements), from: node)
        }
    }

    private mutating func take(_ replies: [RESPValue], from node: NodeAddress) -> PlanStep {
        guard stage == .common else {
            preview?.take(replies)
            return next()
        }
        guard let type = replies.first, !type.isError else { return .finish(Reply(replies.first ?? .null)) }
        guard type.text != "none" else { return .finish(Reply(.null)) }
        preview = KeyPreview(key: key, node: node, wanted: wanted, replies)
        return next()
    }

    private mutating func next() -> PlanStep {
        stage = stage == .common ? .details : .rest
        guard let preview, !preview.questions.isEmpty else {
            result = preview
            return .finish(Reply(.ok))
        }
        return send(preview.questions.map(\.command))
    }

    private func send(_ commands: [[ByteString]]) -> PlanStep {
        .send([Request(commands: commands, route: .slot(HashSlot(key: key)), isReadonly: true)])
    }
}
