package import RESP

/// Which nodes a command goes to when the user names none.
package enum RequestPolicy: Equatable, Sendable {
    /// To the master of its keys' slot; without keys, to the node that the session started with.
    case keyed
    /// To the owner of the slot whose number is this argument.
    case slot(argument: Int)
    /// To the node that the session started with: any node's answer will do.
    case anyNode
    /// To the same node, whose own state the command reads or changes: on a cluster a note says so.
    case sessionNode
    /// To one node, at random.
    case randomNode
    /// To one master, at random, weighted by its number of keys (RANDOMKEY).
    case weightedMaster
    case masters
    case allNodes

    /// True when it goes to nodes for what they are, or asks them first.
    package var isManyNodes: Bool {
        switch self {
        case .weightedMaster, .masters, .allNodes: true
        case .keyed, .slot, .anyNode, .sessionNode, .randomNode: false
        }
    }
}

/// What becomes of the replies of several nodes.
///
/// The names follow the server's command tips where it has one. Source: Redis documentation, "Command tips".
package enum ResponsePolicy: CaseIterable, Sendable {
    /// There is only one reply.
    case single
    /// A dictionary of node and reply.
    case perNode
    /// The dictionary; the command succeeded if one node's reply is not an error (CLIENT KILL).
    case perNodeOneSucceeded
    /// The elements of all arrays, each once, in the order of the nodes.
    case union
    /// The elements of all arrays, each once, sorted by bytes.
    case sortedUnion
    /// `agg_sum`.
    case sum
    /// The sum over the masters, when replicas were asked as well.
    case sumOfMasters
    /// Arrays of alternating names and numbers: the numbers are summed place by place.
    case sumByField
    /// `agg_min`; of arrays (WAITAOF), place by place.
    case minimum
    /// `agg_logical_and`, place by place.
    case logicalAnd
    /// `all_succeeded`: one reply if none is an error.
    case allSucceeded
    /// `one_succeeded`: the first reply that is not an error.
    case oneSucceeded
}

/// The form of a reply, when the protocol does not say.
package enum ReplyShape: Sendable {
    case plain
    /// INFO: lines of `name:value` under headings.
    case sections
    /// CLUSTER INFO: the same without headings.
    case fields
    /// CLIENT LIST: a line of `name=value` per client.
    case clients
    /// CLIENT INFO: one such line.
    case client
    /// CLUSTER NODES: a line of fields per node.
    case clusterNodes
    /// SLOWLOG GET: an array of fields per entry.
    case slowLog
    /// What a ``ReplyPattern`` describes.
    case nested(StaticString)
    /// A list of names and values that are more than most windows have room for: the names to show first.
    case longRecords(StaticString)
    /// Alternating names and values, in no particular order: CONFIG GET.
    case settings
    /// Values of which a fixed number makes a row, in one sequence or in arrays: `a b WORD:c` has columns a and b, and
    /// c if WORD is among the arguments. A single column is a list.
    case columns(StaticString)
    /// GEOPOS: longitude and latitude for each member among the arguments.
    case positions

    /// Names and values, alternating in an array under RESP2.
    package static var pairs: ReplyShape { .nested("{}") }

    /// A list of them.
    package static var records: ReplyShape { .nested("[{}]") }

    /// Entries of a stream: an ID, then alternating fields and values.
    package static var entries: ReplyShape { .nested("<id:{}>") }

    /// Names of streams, and the entries of each.
    package static var streams: ReplyShape { .nested("<stream:<id:{}>>") }

    package static var scoredMembers: ReplyShape { .columns("member WITHSCORES:score") }

    /// In this order, whatever the order of the arguments.
    package static var places: ReplyShape {
        .columns("member WITHDIST:distance WITHHASH:hash WITHCOORD:longitude WITHCOORD:latitude")
    }

    package var isPlain: Bool { if case .plain = self { true } else { false } }
}

/// What a command destroys, all at once, or puts out of reach.
package enum Destruction: CaseIterable, Sendable {
    /// All that the node has.
    case everything
    /// Those of the session's database (FLUSHDB).
    case database
    /// Those of the databases that are named (SWAPDB).
    case namedDatabases
    /// Those of the slots that are named.
    case slots
    /// No keys, but functions.
    case functions
    /// All that the node has (REPLICAOF).
    case replacedData
    /// What a master has not sent to its replica yet.
    case unreplicatedWrites
}

/// With which arguments a command does something, such as destroy.
package enum WordCondition: Sendable {
    case always
    /// One of these words, separated by `|`, is among them.
    case with(StaticString)
    /// None of them is.
    case without(StaticString)

    /// - Parameter arguments: those after the command's name.
    package func isMet(by arguments: some Sequence<ByteString>) -> Bool {
        func has(_ words: StaticString) -> Bool {
            let words = words.words
            return arguments.contains { words.contains($0.uppercased.text) }
        }
        return switch self {
        case .always: true
        case .with(let words): has(words)
        case .without(let words): !has(words)
        }
    }
}

extension StaticString {
    /// The words that `|` separates.
    package var words: [String] { "\(self)".split(separator: "|").map(String.init) }
}

/// What becomes of a command whose keys are in several slots.
package enum CrossSlot: Equatable, Sendable {
    /// It is refused; the message names keys, slots and nodes.
    case refuse
    /// It is sent slot by slot, and the replies are merged.
    case split(Merge)
    /// It is sent slot by slot, and what was set is rolled back if a slot refuses (MSETNX).
    case setUnlessAny
    /// It is split like MSET, with NX like MSETNX; with XX it is refused (MSETEX).
    case setByCondition
    /// It is sent for one key at a time until one has something to pop.
    case pop
    /// Each stream is read at its own node; with a limit for all of them together, it is refused (XREAD, XREADGROUP).
    case streams
    /// The key moves to the other slot as a whole, with DUMP and RESTORE.
    case transfer(Transfer)
    /// Elements move to the other slot by way of a key in their own.
    case move(Move)
    /// Each slot's server combines the sets it has, and their results are combined.
    case sets(SetOperation, gives: SetResult)
    /// Keys are copied to one slot, where the command runs. Even a command that only reads therefore writes keys, which
    /// expire.
    case gather(GatherResult)
    /// The patterns of SORT are followed to keys in any slot, even when the command names keys in only one.
    case sort

    /// True if the plan may be needed even for keys in a single slot.
    package var concernsOneSlot: Bool { self == .sort }

    /// True for a plan that writes keys of its own, even for a command that only reads.
    package var copiesKeys: Bool { if case .gather = self { true } else { false } }

    package enum Merge: Equatable, Sendable {
        /// The values in the order of the keys (MGET).
        case valuesInOrder
        case sum
        /// One OK if all replies are OK (MSET).
        case allSucceeded
        /// 1 if all replies are 1 (MSETEX).
        case allSet
    }

    package enum SetOperation: Sendable {
        case union, intersection, difference
    }

    package enum SetResult: Sendable {
        case members
        case count
        /// The first key is replaced; the sets follow it.
        case key
    }

    package enum GatherResult: Sendable {
        case reply
        /// The first key is replaced.
        case firstKey
        /// The last key among the arguments is replaced (GEORADIUS with STORE).
        case lastKey
        /// The first key is also read, and keeps its time to live (PFMERGE).
        case mergedFirstKey
    }

    package enum Transfer: Sendable {
        case rename
        /// RENAMENX
        case renameToNew
        case copy
    }

    package enum Move: Sendable {
        /// From a list's tail to a list's head (RPOPLPUSH).
        case tailToHead
        /// Between the ends of lists that the arguments after the keys name (LMOVE).
        case betweenEnds
        /// The same for as many elements as the options say (LMOVEM).
        case severalBetweenEnds
        /// The set member named after the keys (SMOVE).
        case member
        /// Members of a sorted set, selected by their scores (ZMOVE).
        case scored
        /// The same, selected by name and perhaps by whether the destination has them (ZMOVEMEMBER).
        case scoredMembers
    }
}

/// Whether a command names clients by ID. Each node counts its own, so that elsewhere the IDs are those of other
/// clients.
package enum ClientIDs: CaseIterable, Sendable {
    case none
    /// After the command (CLIENT UNBLOCK).
    case argument
    /// After ID or NOT-ID, among the filters (CLIENT KILL).
    case filter
    /// After REDIRECT, where 0 is no client (CLIENT TRACKING).
    case redirection

    package func areNamed(in arguments: [ByteString]) -> Bool {
        switch self {
        case .none: false
        case .argument: arguments.count > 2
        case .filter:
            stride(from: 2, to: arguments.count - 1, by: 2).contains {
                arguments[$0].matches("ID") || arguments[$0].matches("NOT-ID")
            }
        case .redirection:
            arguments.indices.dropFirst(3).contains { arguments[$0 - 1].matches("REDIRECT") && arguments[$0] != "0" }
                && arguments[2].matches("ON")
        }
    }
}

/// What a command does to the session or its connections.
package enum SessionEffect: CaseIterable, Sendable {
    case none
    case multi, exec, discard, watch, unwatch
    /// Opens or changes a subscription; messages come until it ends.
    case subscribe, unsubscribe
    /// Every command that the server runs arrives as a line until the connection ends.
    case monitor
    /// Kept, and repeated on every new connection.
    case authenticate, hello, select, setName
    /// Switches something on or off for the connection: CLIENT TRACKING, NO-EVICT, NO-TOUCH, SETINFO; READONLY.
    case setting
    /// All of the above is undone.
    case reset
    /// The server closes the connection instead of replying.
    case shutdown
    /// Would leave the connection without replies, or turn it into a replication stream: refused everywhere.
    case silence

    /// True for a command that changes what all connections of a session share.
    package func changesConnections(_ arguments: [ByteString]) -> Bool {
        switch self {
        case .authenticate, .select, .setName, .setting, .reset: true
        case .hello: arguments.count > 1
        case .none, .multi, .exec, .discard, .watch, .unwatch, .subscribe, .unsubscribe, .monitor, .shutdown, .silence:
            false
        }
    }

    /// True for a command that is about the session, so that no node can be chosen for it.
    package func isOfSession(_ arguments: [ByteString]) -> Bool {
        switch self {
        case .multi, .exec, .discard, .unwatch: true
        default: changesConnections(arguments)
        }
    }
}

/// Which command lines contain a secret, so that they never reach the history or a log.
package enum Sensitivity: CaseIterable, Sendable {
    case none
    /// Always.
    case always
    /// When one of the keywords AUTH or AUTH2 is among the arguments (HELLO, MIGRATE).
    case authKeyword
    /// When a parameter whose value is a secret is among the arguments (CONFIG SET, SENTINEL SET).
    case secretParameter
    /// When a command among the arguments contains one (ACL DRYRUN, COMMAND GETKEYS).
    case innerCommand

    private static let secretParameters: [StaticString] = [
        "requirepass", "masterauth", "masteruser", "primaryauth", "primaryuser", "tls-key-file-pass",
        "tls-client-key-file-pass", "auth-pass", "auth-user", "sentinel-pass", "sentinel-user",
    ]

    package func isSecret(_ arguments: [ByteString]) -> Bool {
        switch self {
        case .none: false
        case .always: true
        case .authKeyword: arguments.dropFirst().contains { $0.matches("AUTH") || $0.matches("AUTH2") }
        case .secretParameter:
            arguments.dropFirst().contains { word in Self.secretParameters.contains { word.matches($0) } }
        case .innerCommand:
            arguments.indices.dropFirst(2).contains { CommandTable.isSecret(Array(arguments[$0...])) }
        }
    }
}

/// The server's own families of commands, as `help @group` knows them.
package enum CommandGroup: String, CaseIterable, Sendable {
    case string, list, hash, set, sortedSet = "sorted-set", stream, bitmap, geo, hyperloglog, generic
    case array, pathHash = "pathhash"
    case pubsub, scripting, transactions, connection, server, module, cluster, sentinel
    /// slotline's own words.
    case slotline

    /// What TYPE returns for the values that its commands work on; nil if there may be several types.
    package var typeOfKeys: ByteString? {
        switch self {
        case .string, .bitmap, .hyperloglog: "string"
        case .list: "list"
        case .hash: "hash"
        case .set: "set"
        case .sortedSet, .geo: "zset"
        case .stream: "stream"
        default: nil
        }
    }
}
