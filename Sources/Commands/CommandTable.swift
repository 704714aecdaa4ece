/// The one table: a row for every command. Where a command goes, how replies are merged, what it does to the session:
/// all of that is said here and nowhere else.
///
/// Arity, flags, keys and syntax are the server's own (COMMAND, COMMAND DOCS). So are the policies of a command that
/// slotline has no other use for; where a row differs from the server's tips, it says why. Each family has its own
/// function: one flat literal of all rows takes many times as long to compile.
package enum CommandTable {
    /// All rows, family by family.
    package static let rows: [CommandSpec] = families.flatMap { $0() }

    /// The families, each built when it is first searched: a one-shot command pays only for those up to its own. All
    /// commands with the same first word are in one family. What scripts call most comes first, what few servers have
    /// comes last.
    static let families: [@Sendable () -> [CommandSpec]] = [
        { string }, { server }, { hash }, { list }, { set }, { sortedSet }, { generic }, { connection }, { stream },
        { scripting }, { cluster }, { pubsub }, { transactions }, { iterating }, { observed }, { access },
        { described },
        { bitmap }, { geo }, { hyperloglog }, { loaded }, { debug }, { sentinel }, { array }, { pathHash }, { module },
    ]

    private static let string = family(.string, strings())
    private static let hash = family(.hash, hashes())
    private static let list = family(.list, lists())
    private static let set = family(.set, sets() + setMembers())
    private static let sortedSet = family(.sortedSet, sortedSets() + sortedSetRanges())
    private static let generic = family(.generic, keys() + expiration())
    private static let connection = family(.connection, connections())
    private static let stream = family(.stream, streams())
    private static let scripting = family(.scripting, scripts())
    private static let server = family(.server, servers())
    private static let observed = family(.server, observation())
    private static let access = family(.server, accessControl())
    private static let described = family(.server, knownCommands())
    private static let loaded = family(.server, modules())
    private static let debug = family(.server, debugging())
    private static let cluster = family(.cluster, clusterNodes() + clusterSlots())
    private static let pubsub = family(.pubsub, messages())
    private static let transactions = family(.transactions, blocks())
    private static let iterating = family(.slotline, iterators())
    private static let bitmap = family(.bitmap, bitmaps())
    private static let geo = family(.geo, geographicalIndexes())
    private static let hyperloglog = family(.hyperloglog, hyperloglogs())
    private static let sentinel = family(.sentinel, sentinels())
    private static let array = family(.array, arrays())
    private static let pathHash = family(.pathHash, pathHashes())
    private static let module = family(
        .module, documents() + search() + timeSeries() + sketches() + vectorSets())

    private static func family(_ group: CommandGroup, _ rows: [CommandSpec]) -> [CommandSpec] {
        rows.map { row in
            var row = row
            row.group = group
            return row
        }
    }

    /// True for a command whose cursor goes through one key, for which there is an iterator.
    package static func isIterated(_ row: CommandSpec) -> Bool {
        iterating.contains { $0.iterates?.description == row.name.description }
    }

    /// The commands that run a server command's cursor to its end.
    @inline(never)
    private static func iterators() -> [CommandSpec] {
        [
            .keyless("SCAN_ITER", -1, [.readonly, .namesKeys], "[MATCH pattern] [COUNT count] [TYPE type]")
                .to(.masters)
                .iterating("SCAN"),
            .keyed("HSCAN_ITER", -2, .readonly, .first, "key [MATCH pattern] [COUNT count] [NOVALUES]")
                .iterating("HSCAN").replies(.nested("NOVALUES!{}")),
            .keyed("SSCAN_ITER", -2, .readonly, .first, "key [MATCH pattern] [COUNT count]")
                .iterating("SSCAN"),
            .keyed("ZSCAN_ITER", -2, .readonly, .first, "key [MATCH pattern] [COUNT count] [NOSCORES]")
                .iterating("ZSCAN").replies(.nested("NOSCORES!{}")),
        ]
    }
}
