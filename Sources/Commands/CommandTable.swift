/// The one table: a row for every command. Where a command goes, how replies merge, what it does to the session: all of
/// it is said here and nowhere else.
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
        return rows
    }()

    @inline(never)
    private static func strings() -> [CommandSpec] {
        [
            .keyed("GET", 2, .readonly, .first, "key"),
        ]
    }
}
