package import RESP

/// One row of the command table: everything slotline knows about a command. Rows own no memory, so that the whole table
/// costs next to nothing at start-up.
package struct CommandSpec: Sendable {
    /// One or two words in upper case, such as `GET` or `CONFIG GET`. Empty for a row learned from a server.
    package let name: StaticString
    /// The number of words as the server counts them, including the command's own; negative: at least that many.
    package let arity: Int
    package let flags: Flags
    package let keys: KeySpecs
    package let syntax: StaticString
    package var group = CommandGroup.generic
    package var request = RequestPolicy.keyed
    package var response = ResponsePolicy.single
    /// What `--aggregate` makes of a per-node dictionary: the server's own response policy.
    package var aggregate = ResponsePolicy.perNode
    package var crossSlot = CrossSlot.refuse
    /// Why not everything can be done with keys in several slots.
    package var oneSlotReason: StaticString?
    package var effect = SessionEffect.none
    package var waiting = WaitingTime.none
    package var shape = ReplyShape.plain
    package var sensitivity = Sensitivity.none
    /// What the command may destroy; nil if the shell never asks first.
    package var destruction: Destruction?
    /// With which arguments it does.
    package var destroys = WordCondition.always
    /// For a row that is not `readonly`: the words, separated by `|`, without which it only reads; nil if it always
    /// writes.
    package var wordsThatWrite: StaticString?
    package var clients = ClientIDs.none
    package var block: Block?
    /// For slotline's iterators: the server's command whose cursor is run to its end.
    package var iterates: StaticString?
    /// How the command works on a cluster, if there is more to say than where it goes.
    package var conduct: StaticString?
    /// Why the row differs from the server's tips for this command.
    package var difference: StaticString?

    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt16

        package init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// Changes no data, so it may be sent again if its reply is lost.
        package static let readonly = Flags(rawValue: 1 << 0)
        package static let write = Flags(rawValue: 1 << 1)
        /// May wait on the server for as long as its arguments say.
        package static let blocking = Flags(rawValue: 1 << 2)
        /// Its parameters are names of server settings.
        package static let namesSettings = Flags(rawValue: 1 << 3)
        /// The reply is text for people and is printed as is.
        package static let text = Flags(rawValue: 1 << 4)
        /// The first argument is a cursor, which only the node that returned it understands.
        package static let cursor = Flags(rawValue: 1 << 5)
        /// The reply consists of key names, perhaps after a cursor.
        package static let namesKeys = Flags(rawValue: 1 << 7)
        /// Runs code that may reply with errors of its own.
        package static let script = Flags(rawValue: 1 << 6)
        /// Executed by any node of some servers, which do not check that the keys are their own, so the owner has to be
        /// known first.
        package static let unredirected = Flags(rawValue: 1 << 8)
        /// `>` is one of its arguments, so it cannot send the reply to a file.
        package static let greaterSign = Flags(rawValue: 1 << 9)
        /// Concerns its own connection only: changes no data, but is not sent again on another connection.
        package static let ofConnection = Flags(rawValue: 1 << 10)
    }

    /// Why a command is refused on a cluster, and what to do instead.
    package struct Block: Sendable {
        package let reason: StaticString
        package let instead: StaticString
        /// True when `--unblock` can lift it.
        package let isLiftable: Bool
        /// True when it is lifted on a cluster whose nodes have several databases.
        package let isOfOneDatabase: Bool
        /// The command that, when unblocked, unblocks this one as well, since this one only undoes its effect.
        package let partner: StaticString?
    }

    package init(
        name: StaticString, arity: Int, flags: Flags, keys: KeySpecs, syntax: StaticString
    ) {
        self.name = name
        self.arity = arity
        self.flags = flags
        self.keys = keys
        self.syntax = syntax
    }

    /// True for what a read-only session may send with any arguments: reads, and commands for the session itself such
    /// as MULTI and SELECT.
    package var isHarmless: Bool {
        switch effect {
        case .none: flags.contains(.ofConnection) || flags.contains(.readonly) && !flags.contains(.write)
        case .shutdown, .silence: false
        case .multi, .exec, .discard, .watch, .unwatch, .subscribe, .unsubscribe, .monitor, .authenticate, .hello,
            .select, .setName, .setting, .reset:
            true
        }
    }

    /// True for what a read-only session may send with these arguments.
    package func isHarmless(with arguments: [ByteString]) -> Bool {
        isHarmless || wordsThatWrite != nil && wordsThatWrite(in: arguments).isEmpty
    }

    /// Those of the words without which the command only reads that are among its arguments. A key may be called the
    /// same.
    package func wordsThatWrite(in arguments: [ByteString]) -> [String] {
        guard let wordsThatWrite else { return [] }
        let keys = keys.indexes(in: arguments)
        let words = arguments.indices.filter { $0 >= wordCount && !keys.contains($0) }.map {
            arguments[$0].uppercased.text
        }
        return wordsThatWrite.words.filter(words.contains)
    }

    /// True for a command that may wait, and removes what its reply returns.
    package var takesWhatItWaitsFor: Bool { flags.isSuperset(of: [.write, .blocking]) }

    /// True for what a single node cannot answer: any will do if all say the same (PING, ECHO).
    package var needsManyNodes: Bool {
        request.isManyNodes ? !flags.contains(.readonly) || aggregate != .allSucceeded : iterates != nil
    }

    /// True for a row that was learned from a server.
    package var isLearned: Bool { name.utf8CodeUnitCount == 0 }

    /// What the command destroys with these arguments; nil if nothing.
    package func destruction(by arguments: [ByteString]) -> Destruction? {
        destroys.isMet(by: arguments.dropFirst(wordCount)) ? destruction : nil
    }

    /// How many words the name has.
    package var wordCount: Int { name.withUTF8Buffer { $0.contains(0x20) } ? 2 : 1 }

    /// True when the server will accept this number of words.
    package func accepts(argumentCount: Int) -> Bool {
        Self.accepts(argumentCount: argumentCount, arity: arity)
    }

    /// The same, where the last key also has the words that belong to it (MSET).
    package func accepts(_ arguments: [ByteString]) -> Bool {
        accepts(argumentCount: arguments.count) && !keys.lackWords(in: arguments)
    }

    /// The same for just an ``arity``.
    package static func accepts(argumentCount: Int, arity: Int) -> Bool {
        arity < 0 ? argumentCount >= -arity : argumentCount == arity
    }
}

// How the rows of the table are written. Never inlined: four hundred inlined rows cost half a minute to compile.
extension CommandSpec {
    /// To the master of its keys.
    @inline(never)
    static func keyed(
        _ name: StaticString, _ arity: Int, _ flags: Flags, _ keys: KeySpecs, _ syntax: StaticString
    ) -> CommandSpec {
        CommandSpec(name: name, arity: arity, flags: flags, keys: keys, syntax: syntax)
    }

    /// To any one node.
    @inline(never)
    static func keyless(
        _ name: StaticString, _ arity: Int, _ flags: Flags, _ syntax: StaticString
    ) -> CommandSpec {
        var row = CommandSpec(name: name, arity: arity, flags: flags, keys: .none, syntax: syntax)
        row.request = .anyNode
        return row
    }

    /// To many nodes.
    @inline(never)
    static func fanOut(
        _ name: StaticString, _ arity: Int, _ flags: Flags, to request: RequestPolicy, merge response: ResponsePolicy,
        aggregate: ResponsePolicy = .perNode, _ syntax: StaticString
    ) -> CommandSpec {
        var row = CommandSpec(name: name, arity: arity, flags: flags, keys: .none, syntax: syntax)
        row.request = request
        row.response = response
        row.aggregate = response == .perNode ? aggregate : response
        return row
    }

    /// To every node, for a dictionary of their own answers. That is more than the server's tips ask for, which leave
    /// replicas out of some of these commands and send the others to a single node.
    @inline(never)
    static func everyNode(
        _ name: StaticString, _ arity: Int, _ flags: Flags, aggregate: ResponsePolicy = .perNode, _ syntax: StaticString
    ) -> CommandSpec {
        fanOut(name, arity, flags, to: .allNodes, merge: .perNode, aggregate: aggregate, syntax)
            .differs(because: "every node is asked, replicas included, and each reports for itself")
    }

    private func with(_ change: (inout CommandSpec) -> Void) -> CommandSpec {
        var row = self
        change(&row)
        return row
    }

    @inline(never)
    func to(_ request: RequestPolicy) -> CommandSpec { with { $0.request = request } }

    /// What to do when the keys are in several slots.
    @inline(never)
    func across(_ crossSlot: CrossSlot) -> CommandSpec { with { $0.crossSlot = crossSlot } }

    /// Why keys in several slots are refused, at least with some options.
    @inline(never)
    func inOneSlot(because reason: StaticString) -> CommandSpec { with { $0.oneSlotReason = reason } }

    @inline(never)
    func names(_ clients: ClientIDs) -> CommandSpec { with { $0.clients = clients } }

    @inline(never)
    func effect(_ effect: SessionEffect) -> CommandSpec { with { $0.effect = effect } }

    /// May wait on the server.
    @inline(never)
    func waits(_ time: WaitingTime) -> CommandSpec { with { $0.waiting = time } }

    @inline(never)
    func replies(_ shape: ReplyShape) -> CommandSpec { with { $0.shape = shape } }

    @inline(never)
    func secret(_ sensitivity: Sensitivity) -> CommandSpec { with { $0.sensitivity = sensitivity } }

    @inline(never)
    func destroys(_ destruction: Destruction, _ condition: WordCondition = .always) -> CommandSpec {
        with {
            $0.destruction = destruction
            $0.destroys = condition
        }
    }

    @inline(never)
    func writesOnly(with words: StaticString) -> CommandSpec { with { $0.wordsThatWrite = words } }

    @inline(never)
    func blocked(
        because reason: StaticString, instead: StaticString, liftable: Bool = false, ofOneDatabase: Bool = false,
        with partner: StaticString? = nil
    ) -> CommandSpec {
        with {
            $0.block = Block(
                reason: reason, instead: instead, isLiftable: liftable, isOfOneDatabase: ofOneDatabase,
                partner: partner)
        }
    }

    @inline(never)
    func iterating(_ command: StaticString) -> CommandSpec { with { $0.iterates = command } }

    @inline(never)
    func onCluster(_ conduct: StaticString) -> CommandSpec { with { $0.conduct = conduct } }

    @inline(never)
    func differs(because reason: StaticString) -> CommandSpec { with { $0.difference = reason } }
}
