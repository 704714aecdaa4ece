import Commands
import RESP
import Routing

/// Says which commands can be sent one after another, and where to; remembers what it found out about a word.
struct Placements {
    private enum Known {
        /// A plan has to execute it, or it is not a command.
        case alone
        /// The second word decides.
        case container
        case rule(SlotRule)
        /// A word that only the standalone server knows.
        case unknown
    }

    enum Placement {
        case alone
        /// - slot: nil for the only server there is.
        case slot(Int?, isReadonly: Bool, isScript: Bool)
    }

    private static let limit = 4096

    private let engine: Engine
    private let runsAlone: (_ words: [ByteString], CommandSpec?) -> Bool
    private let hasher = SlotHasher()
    private var numbers = WordTable()
    private var known: [Known] = []

    /// - Parameter runsAlone: asked once for each word about what the engine does not know: words that are not
    ///   commands, and replies that are looked at as a whole.
    init(_ engine: Engine, runsAlone: @escaping (_ words: [ByteString], CommandSpec?) -> Bool) {
        self.engine = engine
        self.runsAlone = runsAlone
    }

    /// Forgets what is known, after something that may have changed it.
    mutating func forget() {
        numbers = WordTable()
        known = []
    }

    /// - Parameter words: ranges of `bytes`, at least one.
    mutating func placement(of words: [Range<Int>], in bytes: RawSpan) -> Placement {
        switch known[numbers.number(of: words[0], in: bytes) ?? learn(words, in: bytes)] {
        case .alone: return .alone
        case .unknown: return .slot(nil, isReadonly: false, isScript: true)
        case .rule(let rule): return apply(rule, words, bytes)
        case .container:
            guard case .rule(let rule) = self.rule(for: words.prefix(2).map { bytes.byteString($0) }) else {
                return .alone
            }
            return apply(rule, words, bytes)
        }
    }

    private func apply(_ rule: SlotRule, _ words: [Range<Int>], _ bytes: RawSpan) -> Placement {
        guard case .slot(let slot) = rule.place(of: words, in: bytes, hasher) else { return .alone }
        return .slot(slot, isReadonly: rule.isReadonly, isScript: rule.isScript)
    }

    /// - Returns: an index in ``known``.
    private mutating func learn(_ words: [Range<Int>], in bytes: RawSpan) -> Int {
        let command = words.map { bytes.byteString($0) }
        let known: Known =
            runsAlone(command, nil)
            ? .alone : CommandTable.hasSubcommands(command[0]) ? .container : rule(for: command)
        // More words than there are commands: forget them, including those that fell on the same place.
        if self.known.count == Self.limit { forget() }
        self.known.append(known)
        numbers.remember(self.known.count - 1, for: words[0], in: bytes)
        return self.known.count - 1
    }

    private func rule(for words: [ByteString]) -> Known {
        let row: CommandSpec?
        do {
            row = try engine.learnRow(for: Command(words))
        } catch {
            // The command reports it when it runs.
            return .alone
        }
        let isCluster = engine.map.topology != nil
        guard engine.router.allows(row, isCluster: isCluster) else { return .alone }
        guard let row else { return isCluster ? .alone : .unknown }
        return runsAlone(words, row) ? .alone : SlotRule(row).map { .rule($0) } ?? .alone
    }
}
