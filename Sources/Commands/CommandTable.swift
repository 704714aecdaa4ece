/// The one table: a row for every command. Where a command goes, how replies merge, what it does to the session: all of
/// it is said here and nowhere else.
///
/// Arity, flags, keys and syntax are the server's own (COMMAND, COMMAND DOCS). So are the policies of a command that
/// slotline has no other use for; where a row differs from the server's tips it says why. Each family is a function of
/// its own: one flat literal of all rows takes many times as long to compile.
package enum CommandTable {
    /// All rows, family by family.
    package static let rows: [CommandSpec] = common + rare

    /// What every server has, or may have.
    static let common: [CommandSpec] = {
        var rows: [CommandSpec] = []
        rows.reserveCapacity(512)
        add(.string, strings(), to: &rows)
        add(.list, lists(), to: &rows)
        add(.hash, hashes(), to: &rows)
        add(.set, sets(), to: &rows)
        add(.set, setMembers(), to: &rows)
        add(.sortedSet, sortedSets(), to: &rows)
        add(.sortedSet, sortedSetRanges(), to: &rows)
        add(.stream, streams(), to: &rows)
        add(.bitmap, bitmaps(), to: &rows)
        add(.geo, geographicalIndexes(), to: &rows)
        add(.hyperloglog, hyperloglogs(), to: &rows)
        add(.generic, generic(), to: &rows)
        add(.generic, expiration(), to: &rows)
        add(.pubsub, messages(), to: &rows)
        add(.scripting, scripting(), to: &rows)
        add(.transactions, transactions(), to: &rows)
        add(.connection, connection(), to: &rows)
        add(.server, server(), to: &rows)
        add(.server, accessControl(), to: &rows)
        add(.server, knownCommands(), to: &rows)
        add(.server, observation(), to: &rows)
        add(.server, modules(), to: &rows)
        add(.server, debugging(), to: &rows)
        add(.cluster, clusterNodes(), to: &rows)
        add(.cluster, clusterSlots(), to: &rows)
        add(.sentinel, sentinels(), to: &rows)
        add(.slotline, iterators(), to: &rows)
        return rows
    }()

    /// Rows that few servers have. A one-shot of any other command never builds them.
    static let rare: [CommandSpec] = {
        var rows: [CommandSpec] = []
        add(.array, arrays(), to: &rows)
        add(.pathHash, pathHashes(), to: &rows)
        for family in [documents(), search(), timeSeries(), sketches(), vectorSets()] {
            add(.module, family, to: &rows)
        }
        return rows
    }()

    private static func add(_ group: CommandGroup, _ family: [CommandSpec], to rows: inout [CommandSpec]) {
        for var row in family {
            row.group = group
            rows.append(row)
        }
    }

    /// The words that run the cursor of a server's command to its end.
    @inline(never)
    private static func iterators() -> [CommandSpec] {
        [
            .keyless("SCAN_ITER", -1, [.readonly, .namesKeys], "[MATCH pattern] [COUNT count] [TYPE type]")
                .to(.masters)
                .iterating("SCAN"),
            .keyed("HSCAN_ITER", -2, .readonly, .first, "key [MATCH pattern] [COUNT count] [NOVALUES]")
                .iterating("HSCAN"),
            .keyed("SSCAN_ITER", -2, .readonly, .first, "key [MATCH pattern] [COUNT count]")
                .iterating("SSCAN"),
            .keyed("ZSCAN_ITER", -2, .readonly, .first, "key [MATCH pattern] [COUNT count] [NOSCORES]")
                .iterating("ZSCAN"),
        ]
    }
}
