// Arrays (Redis 8.8) and path hashes (Valkey 9.2).
extension CommandTable {
    @inline(never)
    static func arrays() -> [CommandSpec] {
        [
            .keyed("ARCOUNT", 2, .readonly, .first, "key"),
            .keyed("ARDEL", -3, .write, .first, "key index [index ...]"),
            .keyed("ARDELRANGE", -4, .write, .first, "key start end [start end ...]"),
            .keyed("ARGET", 3, .readonly, .first, "key index"),
            .keyed("ARGETRANGE", 4, .readonly, .first, "key start end"),
            .keyed(
                "ARGREP", -6, .readonly, .first,
                """
                key start end <EXACT string|MATCH string|GLOB pattern|RE pattern> [<EXACT string|MATCH string|GLOB \
                pattern|RE pattern> ...] [AND|OR|LIMIT limit|WITHVALUES|NOCASE [AND|OR|LIMIT limit|WITHVALUES|NOCASE \
                ...]]
                """
            ),
            .keyed("ARINFO", -2, .readonly, .first, "key [FULL]").replies(.pairs),
            .keyed("ARINSERT", -3, .write, .first, "key value [value ...]"),
            .keyed("ARLASTITEMS", -3, .readonly, .first, "key count [REV]"),
            .keyed("ARLEN", 2, .readonly, .first, "key"),
            .keyed("ARMGET", -3, .readonly, .first, "key index [index ...]"),
            .keyed("ARMSET", -4, .write, .first, "key index value [index value ...]"),
            .keyed("ARNEXT", 2, .readonly, .first, "key"),
            .keyed("AROP", -5, .readonly, .first, "key start end <SUM|MIN|MAX|AND|OR|XOR|MATCH value|USED>"),
            .keyed("ARRING", -4, .write, .first, "key size value [value ...]"),
            .keyed("ARSCAN", -4, .readonly, .first, "key start end [LIMIT limit]"),
            .keyed("ARSEEK", 3, .write, .first, "key index"),
            .keyed("ARSET", -4, .write, .first, "key index value [value ...]"),
        ]
    }

    @inline(never)
    static func pathHashes() -> [CommandSpec] {
        [
            .keyed("PHCARD", 2, .readonly, .first, "key"),
            .keyed("PHDEL", -3, .write, .first, "key path [field [field ...]]"),
            .keyed("PHDELPREFIX", 3, .write, .first, "key prefix"),
            .keyed("PHEXISTS", 3, .readonly, .first, "key path"),
            .keyed("PHGET", -4, .readonly, .first, "key path field [field ...]"),
            .keyed("PHGETALL", 3, .readonly, .first, "key path").replies(.pairs),
            .keyed("PHSCAN", -3, .readonly, .first, "key cursor [PREFIX prefix] [COUNT count] [WITHVALUES]"),
            .keyed("PHSET", -7, .write, .first, "key path [FNX|FXX] FIELDS numfields field value [field value ...]"),
        ]
    }
}
