import Commands
import Engine
import Presentation
import RESP
import Routing

/// Says which lines can be sent one behind the other, and where to; what it has found out about a command word is
/// remembered.
struct StreamRules {
    private enum Known {
        /// A plan has to carry it out, or it is no command.
        case alone
        /// The second word counts.
        case container
        case rule(StreamRule)
        /// A word that only the one server knows.
        case unknown
    }

    enum Verdict {
        case alone
        /// - Parameter slot: nil for the one server there is.
        case stream(slot: Int?, isReadonly: Bool, isScript: Bool)
    }

    private static let limit = 4096

    private let session: Session
    private let pipeline: Pipeline
    private var numbers = WordTable()
    private var known: [Known] = []

    init(_ session: Session, _ pipeline: Pipeline) {
        self.session = session
        self.pipeline = pipeline
    }

    /// Forgets what it knows, after a line that may have changed what is true.
    mutating func forget() {
        numbers = WordTable()
        known = []
    }

    /// - Parameter words: ranges of `bytes`, at least one.
    mutating func verdict(on words: [Range<Int>], in bytes: RawSpan) -> Verdict {
        switch known[numbers.number(of: words[0], in: bytes) ?? learn(words, in: bytes)] {
        case .alone: return .alone
        case .unknown: return .stream(slot: nil, isReadonly: false, isScript: true)
        case .rule(let rule): return apply(rule, words, bytes)
        case .container:
            guard case .rule(let rule) = self.rule(for: words.prefix(2).map { bytes.byteString($0) }) else {
                return .alone
            }
            return apply(rule, words, bytes)
        }
    }

    private func apply(_ rule: StreamRule, _ words: [Range<Int>], _ bytes: RawSpan) -> Verdict {
        guard case .slot(let slot) = pipeline.place(of: words, in: bytes, by: rule) else { return .alone }
        return .stream(slot: slot, isReadonly: rule.isReadonly, isScript: rule.isScript)
    }

    /// - Returns: a place in ``known``.
    private mutating func learn(_ words: [Range<Int>], in bytes: RawSpan) -> Int {
        let word = bytes.byteString(words[0])
        let isOurs = ShellWords.rows.contains { word.matches($0.name) }
        let known: Known
        if isOurs || word.matches(LineRunner.debuggerWord) || word.hasPrefix(":") || Target.isTarget(word)
            || word.integer != nil || session.aliases[word] != nil
        {
            known = .alone
        } else if CommandTable.hasSubcommands(word) {
            known = .container
        } else {
            known = rule(for: words.map { bytes.byteString($0) })
        }
        // More words than there are commands: forget them, and with them those that fell on the same place.
        if self.known.count == Self.limit { forget() }
        self.known.append(known)
        numbers.remember(self.known.count - 1, for: words[0], in: bytes)
        return self.known.count - 1
    }

    private func rule(for words: [ByteString]) -> Known {
        let command = Command(words)
        let engine = session.engine
        let row: CommandSpec?
        do {
            row = try engine.learnRow(for: command)
        } catch {
            // Told by the command when it runs.
            return .alone
        }
        let isCluster = engine.map.topology != nil
        guard engine.router.allows(row, isCluster: isCluster) else { return .alone }
        guard let row else { return isCluster ? .alone : .unknown }
        // A reply that is made readable is looked at as a whole.
        if row.shape != .plain, session.style.readsTables || session.style.readsObjects { return .alone }
        return StreamRule(row).map { .rule($0) } ?? .alone
    }
}
