package import Commands
package import RESP
package import Routing

// The text of what the user should know besides the data.

extension Note {
    /// The lines for stderr, without a trailing newline.
    ///
    /// - Parameter isShown: true if the reply already shows what each node said, so the note does not repeat it.
    package func message(in dialect: Dialect, isShown: Bool = false) -> String {
        dialect.hasRedisCLIWords
            ? redisCLIWords ?? explanation(isShown: isShown).message
            : status ?? explanation(isShown: isShown).message
    }

    private var redisCLIWords: String? {
        switch self {
        case .authenticationFailed(_, let error): "AUTH failed: \(error)"
        case .helloFailed(_, let error): "HELLO 3 failed: \(error)"
        case .settingRefused(_, let command, let error):
            "\(command.map(\.text).joined(separator: " ")) failed: \(error)"
        default: status
        }
    }

    /// What is going on, not as a sentence; nil for other notes.
    private var status: String? {
        switch self {
        case .waiting(let node, let reason, let seconds):
            "\(node.map { "\($0): " } ?? "")\(reason); retrying for \(seconds) s (Ctrl-C to give up)"
        case .silent(let nodes): "Waiting for \(Self.list(nodes.map(\.description), most: 12)) (Ctrl-C to give up)"
        case .working(let command, let step, let count, let seconds):
            "\(command): round trip \(step) of \(count), \(seconds) s so far (Ctrl-C to give up)"
        case .redirected(let slot, let node): "-> Redirected to slot [\(slot.number)] located at \(node)"
        default: nil
        }
    }

    private func explanation(isShown: Bool) -> Explanation {
        switch self {
        case .coverage(let answered, let asked, let failed):
            Explanation(
                Self.coverage(answered, asked, failed, isShown),
                rows: isShown
                    ? [] : Self.rows(failed.map { ("\($0.subject)", $0.error ?? $0.failure?.cause ?? "") }),
                remedies: failed.lazy.compactMap { $0.failure?.unreachedNode?.remedies }.first { !$0.isEmpty } ?? [])
        case .partial(let failed):
            Explanation("Not completed for \(failed.count) of the keys", rows: Self.rows(failed), remedies: [])
        case .leftBehind(let keys):
            Explanation(
                "\(keys.count) of the keys may have been set and could not be deleted again", rows: Self.rows(keys),
                remedies: [])
        case .notAtomic(let slots):
            Explanation(
                "Not atomic: \(slots > 1 ? "the keys are in \(slots) slots" : "the patterns can refer to keys in any slot")"
                    + " (shown once per session; to have the server refuse it: --strict, or :set strict on)")
        case .mayRepeat(let count):
            Explanation(
                count == 1
                    ? "1 of the keys belongs to a slot that is moving or was moved; it may be listed twice"
                    : "\(count) of the keys belong to slots that are moving or were moved; they may be listed twice")
        case .localCount(let node): Explanation("Only subscribers on \(node) are counted")
        case .oneOfMany(let node, let count):
            Explanation("Sent only to \(node), one of \(count) nodes; @all sends it to every node")
        case .authenticationFailed(let node, let error): Explanation("AUTH failed at \(node): \(error)")
        case .helloFailed(let node, let error):
            Explanation("HELLO 3 failed at \(node): \(error); continuing with RESP2")
        case .settingRefused(let node, let command, let error):
            Explanation("\(command.map(\.text).joined(separator: " ")) failed at \(node): \(error)")
        case .passwordKept(let node):
            Explanation(
                "The password was not sent to \(node), which is not a known node; to log in there, use connect")
        case .notQueued(let node, let command, let error):
            Explanation("\(command) was not queued at \(node): \(error)")
        case .watchLost(let node):
            Explanation("\(node): the connection was lost, so its keys are no longer watched")
        case .eventsMissed(let node, let start, let end):
            Explanation("\(node): no events \(end.map { "from \(start) to \($0)" } ?? "since \(start)")")
        case .trackingLost(let node):
            Explanation(
                "\(node): the connection ended; changes to keys that were read there are no longer reported")
        case .usersUntold(let count, let refusal):
            Explanation(
                "\(count) \(count == 1 ? "command was" : "commands were") left out because "
                    + (refusal.map { "CLIENT LIST could not show whose they are: \($0)" }
                        ?? "their clients had disconnected before CLIENT LIST could show whose they are"))
        case .topologyRefused(let node, let error):
            Explanation(
                "Using only \(node): this user may run neither CLUSTER SHARDS nor CLUSTER SLOTS there (\(error))",
                remedy:
                    "Commands about all keys or nodes leave out the rest of the cluster. To include it: ACL SETUSER NAME"
                    + " +cluster|shards, or another user.")
        case .emptyMastersHidden(let node, let error):
            Explanation(
                "Masters without slots are left out: this user may run neither CLUSTER SHARDS nor CLUSTER NODES "
                    + "on \(node) (\(error))")
        case .waiting, .silent, .working, .redirected: Explanation(status ?? "")
        }
    }

    /// How many nodes did not reply, or replied with an error; an error that all of them share is stated once.
    private static func coverage(
        _ answered: Int, _ asked: Int, _ failed: [Failed<NodeAddress>], _ isShown: Bool
    ) -> String {
        let errors = failed.filter { $0.failure == nil }
        guard asked > 1 else { return errors.isEmpty ? "The node did not answer" : "The node replied with an error" }
        guard !errors.isEmpty else { return "\(answered) of \(asked) nodes answered" }
        guard answered == asked else { return "\(answered) of \(asked) nodes answered, \(errors.count) with an error" }
        guard errors.count == asked else { return "\(errors.count) of \(asked) nodes replied with an error" }
        let isSame = isShown && errors.allSatisfy { $0.error == errors[0].error }
        return "\(asked == 2 ? "Both" : "All \(asked)") nodes replied with \(isSame ? "the same" : "an") error"
    }

    private static func rows(_ keys: [Failed<ByteString>]) -> [String] {
        rows(keys.map { ($0.subject.quoted, $0.error ?? $0.failure?.cause ?? "") })
    }

    /// A line for each of the first few reasons, with the keys or nodes that it applies to.
    private static func rows(_ failed: [(subject: String, reason: String)]) -> [String] {
        var groups: [(subjects: [String], reason: String)] = []
        for (subject, reason) in failed {
            if let index = groups.firstIndex(where: { $0.reason == reason }) {
                groups[index].subjects.append(subject)
            } else {
                groups.append(([subject], reason))
            }
        }
        let left = groups.dropFirst(3).reduce(0) { $0 + $1.subjects.count }
        return groups.prefix(3).map { "\(list($0.subjects, most: 3)): \($0.reason)" }
            + (left > 0 ? ["and \(left) more"] : [])
    }

    /// The first names, and how many more there are.
    private static func list(_ names: [String], most: Int) -> String {
        let left = names.count - most
        return names.prefix(most).joined(separator: ", ") + (left > 0 ? ", and \(left) more" : "")
    }
}

extension RESPValue {
    /// What to do about an error that does not say so itself; nil for any other reply.
    ///
    /// - Parameter row: the row of the command that was typed.
    package func errorAdvice(to row: CommandSpec? = nil) -> String? {
        guard isError else { return nil }
        return switch text.prefix(while: { $0 != " " }) {
        case "NOAUTH": "To authenticate: \(CommandFailure.waysToAuthenticate)."
        case "TRYAGAIN":
            "The slot is moving between two nodes: :slots shows the move. Meanwhile commands with one key work."
        case "CLUSTERDOWN": ":nodes shows the nodes and their state, :slots the slots that no node serves."
        case "NOPERM":
            row.flatMap { row in
                let parts = text.split(separator: "'")
                guard row.crossSlot != .refuse, parts.count == 3, parts[2].hasPrefix(" command"),
                    parts[1].uppercased() != "\(row.name)"
                else { return nil }
                return
                    "\(row.name) over several slots runs in steps, and \(VisibleText.text(parts[1].uppercased())) is one of them: "
                    + ":explain \(row.name) ... shows them."
            }
        default: nil
        }
    }
}
