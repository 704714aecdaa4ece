/// The one table: a row for every command. Where a command goes, how replies merge, what it does to the session: all of
/// it is said here and nowhere else.
///
/// Arity, flags, keys and syntax are the server's own (COMMAND, COMMAND DOCS). So are the policies of a command that
/// slotline has no other use for; where a row differs from the server's tips it says why. Each family is a function of
/// its own: one flat literal of all rows takes many times as long to compile.
package enum CommandTable {
    /// All rows, family by family.
    package static let rows: [CommandSpec] = {
        var rows: [CommandSpec] = []
        rows.reserveCapacity(512)
        func add(_ group: CommandGroup, _ family: [CommandSpec]) {
            for var row in family {
                row.group = group
                rows.append(row)
            }
        }
        add(.string, strings())
        add(.list, lists())
        add(.hash, hashes())
        add(.set, sets())
        add(.sortedSet, sortedSets())
        add(.sortedSet, sortedSetRanges())
        add(.stream, streams())
        add(.bitmap, bitmaps())
        add(.geo, geographicalIndexes())
        add(.hyperloglog, hyperloglogs())
        add(.generic, generic())
        add(.generic, expiration())
        add(.pubsub, messages())
        add(.scripting, scripting())
        add(.transactions, transactions())
        add(.connection, connection())
        add(.server, server())
        add(.server, accessControl())
        add(.server, knownCommands())
        add(.server, observation())
        add(.server, modules())
        add(.server, debugging())
        add(.cluster, clusterNodes())
        add(.cluster, clusterSlots())
        add(.sentinel, sentinels())
        add(.slotline, iterators())
        return rows
    }()

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
