package import Commands
import RESP
package import Routing

// The text of what the user should know besides the data.

extension Note {
    /// The lines for stderr, without the last newline.
    ///
    /// - Parameter isBesideNodes: the reply already shows what each node said, so the note does not repeat it.
    package func message(in dialect: Dialect, isBesideNodes: Bool = false) -> String {
        let text = text(in: dialect, isBesideNodes: isBesideNodes)
        guard !dialect.hasRedisCLIWords else { return text }
        return text.split(separator: "\n").flatMap { $0.hasPrefix(" ") ? [String($0)] : String($0).wrapped() }
            .joined(separator: "\n")
    }

    private func text(in dialect: Dialect, isBesideNodes: Bool) -> String {
        switch self {
        case .coverage(let answered, let asked, let failed):
            let errors = failed.count { $0.failure == nil }
            let summary =
                "\(answered) of \(asked) nodes answered" + (errors > 0 ? ", \(errors) of them with an error" : "")
            let list = Self.list(
                summary,
                isBesideNodes ? [] : failed.map { "\($0.subject): \($0.error ?? $0.failure?.cause ?? "")" })
            let remedies = failed.lazy.compactMap { $0.failure?.unreachedNode?.remedies }.first { !$0.isEmpty }
            return ([list] + (remedies ?? [])).joined(separator: "\n")
        case .partial(let failed):
            return Self.list("not completed for \(failed.count) of the keys", failed.map(Self.line))
        case .leftBehind(let keys):
            return Self.list(
                "\(keys.count) of the keys may have been set and could not be deleted again", keys.map(Self.line))
        case .notAtomic(let slots):
            let place = slots > 1 ? "the keys are in \(slots) slots" : "the patterns can refer to keys in any slot"
            return "not atomic: \(place) (shown once per session; with --strict the server refuses it)"
        case .mayRepeat(let count):
            return "\(count) of the keys belong to slots that are moving or were moved; they may be listed twice"
        case .localCount(let node): return "only subscribers on \(node) are counted"
        case .authenticationFailed(let node, let error):
            return dialect.hasRedisCLIWords ? "AUTH failed: \(error)" : "AUTH failed at \(node): \(error)"
        case .helloFailed(let node, let error):
            return dialect.hasRedisCLIWords
                ? "HELLO 3 failed: \(error)" : "HELLO 3 failed at \(node): \(error); continuing with RESP2"
        case .settingRefused(let node, let command, let error):
            return "\(command.map(\.text).joined(separator: " ")) failed at \(node): \(error)"
        case .notQueued(let node, let command, let error): return "\(command.text) was not queued at \(node): \(error)"
        case .watchLost(let node): return "\(node): the connection was lost, so its keys are no longer watched"
        case .eventsMissed(let node, let start, let end?): return "\(node): no events from \(start) to \(end)"
        case .eventsMissed(let node, let start, nil): return "\(node): no events since \(start)"
        case .trackingLost(let node):
            return "\(node): the connection ended; changes to keys that were read there are no longer reported"
        case .usersUntold(let count, let refusal):
            return "\(count) \(count == 1 ? "command was" : "commands were") left out because "
                + (refusal.map { "CLIENT LIST could not show whose they are: \($0)" }
                    ?? "their clients had disconnected before CLIENT LIST could show whose they are")
        case .topologyRefused(let node, let error):
            return "using only \(node): this user may run neither CLUSTER SHARDS nor CLUSTER SLOTS there (\(error))"
        case .emptyMastersHidden(let node, let error):
            return "masters without slots are left out: this user may run neither CLUSTER SHARDS nor CLUSTER NODES "
                + "on \(node) (\(error))"
        case .waiting(let node, let reason, let seconds):
            return "\(node.map { "\($0): " } ?? "")\(reason); retrying for \(seconds) s (Ctrl-C to give up)"
        case .silent(let nodes):
            let left = nodes.count - Self.shownNodes
            let rest = left > 0 ? ", and \(left) more" : ""
            return "waiting for \(nodes.prefix(Self.shownNodes).map(\.description).joined(separator: ", "))\(rest)"
                + " (Ctrl-C to give up)"
        case .working(let command, let step, let count, let seconds):
            return "\(command.text): round trip \(step) of \(count), \(seconds) s so far (Ctrl-C to give up)"
        case .redirected(let slot, let node): return "-> Redirected to slot [\(slot.number)] located at \(node)"
        }
    }

    /// Names of nodes that a note gives before it counts the rest.
    private static let shownNodes = 12

    private static func line(_ failed: Failed<ByteString>) -> String {
        "\(failed.subject.quoted): \(failed.error ?? failed.failure?.cause ?? "")"
    }

    /// A summary, then the first few items, one per line, and how many more there are.
    private static func list(_ summary: String, _ items: [String]) -> String {
        let left = items.count - 3
        return ([summary] + items.prefix(3) + (left > 0 ? ["and \(left) more"] : [])).joined(separator: "\n  ")
    }
}
