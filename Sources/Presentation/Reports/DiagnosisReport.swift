import Commands
package import RESP
package import Routing

/// The findings of `--diagnose`, step by step, and the options that would fix what is wrong.
package struct DiagnosisReport {
    package enum Verdict: String, Comparable, Sendable {
        case ok, warning, failed

        package static func < (left: Verdict, right: Verdict) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .ok: 0
            case .warning: 1
            case .failed: 2
            }
        }
    }

    private struct Step {
        /// The node that the step concerns, or `cluster`.
        let subject: String
        let name: String
        let verdict: Verdict
        let detail: String
        let seconds: Double?
    }

    private struct Advice: Equatable {
        /// The options as typed on the command line.
        let options: String
        let reason: String
    }

    private var steps: [Step] = []
    private var advice: [Advice] = []

    package init() {}

    /// The worst verdict of all steps.
    package var verdict: Verdict { steps.map(\.verdict).max() ?? .ok }

    /// - Parameters:
    ///   - node: nil for a step that concerns the whole cluster.
    ///   - seconds: how long the step took.
    package mutating func add(
        _ name: String, at node: NodeAddress? = nil, _ detail: String, _ verdict: Verdict = .ok, seconds: Double? = nil
    ) {
        steps.append(
            Step(
                subject: node?.description ?? "cluster", name: name, verdict: verdict, detail: detail, seconds: seconds)
        )
    }

    /// Suggests options, once each.
    package mutating func advise(_ options: String, because reason: String) {
        if !advice.contains(where: { $0.options == options }) {
            advice.append(Advice(options: options, reason: reason))
        }
    }

    // MARK: What was found

    /// The commands that slotline sends on the user's behalf, by purpose. One of the alternatives to a command is
    /// enough.
    package static let needs: [(purpose: String, commands: [[String]])] = [
        ("finding the nodes", [["CLUSTER SHARDS", "CLUSTER SLOTS"], ["CLUSTER INFO"], ["CLUSTER MYID"]]),
        ("commands that slotline does not know, and hints", [["COMMAND INFO GET"], ["COMMAND DOCS GET"]]),
        ("commands about all keys", [["SCAN 0"], ["DBSIZE"], ["INFO"]]),
        (
            "cross-slot commands",
            [["MULTI"], ["EXEC"], ["WATCH KEY"], ["DUMP KEY"], ["RESTORE KEY 0 x"], ["DEL KEY"], ["WAIT 1 1"]]
        ),
    ]

    // MARK: Shown

    /// The steps, grouped by the node that they concern, and the advice.
    package func text(in window: Window) -> String {
        var text = ""
        var subject = ""
        let width = steps.map(\.name.count).max() ?? 0
        let subjects = steps.reduce(into: [String]()) { if !$0.contains($1.subject) { $0.append($1.subject) } }
        for step in subjects.flatMap({ subject in steps.filter { $0.subject == subject } }) {
            if step.subject != subject {
                subject = step.subject
                text += VisibleText.text(subject) + "\n"
            }
            let time = step.seconds.map { " (\(($0 * 1000).text(decimals: 1)) ms)" } ?? ""
            text += (VisibleText.text(step.detail) + time)
                .named(
                    "\(step.verdict.rawValue.padded(to: 7))  \(step.name)", at: 13 + width, in: min(window.columns, 120)
                )
        }
        guard !advice.isEmpty else {
            return text + (verdict == .ok ? "Nothing to change.\n" : "")
        }
        return text + "To change:\n"
            + advice.map { advice in
                let reason = VisibleText.text(advice.reason).wrapped(at: min(window.columns, 120), indent: 6)
                return "  \(VisibleText.text(advice.options))\n      \(reason.joined(separator: "\n"))\n"
            }.joined()
    }

    /// The same for programs.
    package var value: RESPValue {
        .map([
            .bulk("steps"),
            .array(
                steps.map { step in
                    .map([
                        .bulk("node"), step.subject == "cluster" ? .null : .text(step.subject), .bulk("step"),
                        .text(step.name), .bulk("result"), .text(step.verdict.rawValue), .bulk("detail"),
                        .text(step.detail), .bulk("ms"),
                        step.seconds.map { .scalar(.double, Array(($0 * 1000).text(decimals: 1).utf8)) } ?? .null,
                    ])
                }),
            .bulk("advice"),
            .array(advice.map { .map([.bulk("options"), .text($0.options), .bulk("reason"), .text($0.reason)]) }),
        ])
    }
}
