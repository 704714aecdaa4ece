// Commands for keys of any type.
extension CommandTable {
    @inline(never)
    static func keys() -> [CommandSpec] {
        [
            .keyed("BLESS CLEAR", 4, .write, .second, "key NO-EVICT"),
            .keyed("BLESS GET", 3, .readonly, .second, "key"),
            .keyless("BLESS HELP", 2, .readonly, ""),
            .fanOut(
                "BLESS SCAN", -4, [.readonly, .cursor, .namesKeys], to: .masters, merge: .perNode,
                "cursor NO-EVICT [COUNT count]"
            ),
            .keyed("BLESS SET", 4, .write, .second, "key NO-EVICT"),
            .keyed("COPY", -3, .write, .firstTwo, "source destination [DB destination-db] [REPLACE]").across(
                .transfer(.copy)),
            .keyed("DEL", -2, .write, .all, "key [key ...]").across(.split(.sum)),
            .keyed("DUMP", 2, .readonly, .first, "key"),
            .keyed("EXISTS", -2, .readonly, .all, "key [key ...]").across(.split(.sum)),
            .fanOut("KEYS", 2, [.readonly, .namesKeys], to: .masters, merge: .union, "pattern")
                .differs(because: "the tips name no aggregation; the keys of all masters form one list"),
            .keyed(
                "MIGRATE", -6, .write, .migrate,
                """
                host port key|"" destination-db timeout [COPY] [REPLACE] [AUTH password|AUTH2 username password] \
                [KEYS key [key ...]]
                """
            )
            .secret(.authKeyword),
            .keyed("MOVE", 3, .write, .first, "key db")
                .blocked(
                    because: "it is not possible to move a key to another database in cluster mode",
                    instead: "use RENAME", ofOneDatabase: true
                ),
            .keyed("OBJECT ENCODING", 3, .readonly, .second, "key"),
            .keyed("OBJECT FREQ", 3, .readonly, .second, "key"),
            .keyless("OBJECT HELP", 2, .readonly, ""),
            .keyed("OBJECT IDLETIME", 3, .readonly, .second, "key"),
            .keyed("OBJECT REFCOUNT", 3, .readonly, .second, "key"),
            .keyless("RANDOMKEY", 1, [.readonly, .namesKeys], "").to(.weightedMaster)
                .differs(because: "all masters count their keys, and one of them returns the key"),
            .keyed("RENAME", 3, .write, .firstTwo, "key newkey").across(.transfer(.rename)),
            .keyed("RENAMENX", 3, .write, .firstTwo, "key newkey").across(.transfer(.renameToNew)),
            .keyed(
                "RESTORE", -4, .write, .first,
                "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]"
            )
            .blocked(
                because: "a raw payload is not a safe way to change keys within a cluster",
                instead: "use COPY or RENAME for keys, and redis-cli --cluster to move slots", liftable: true
            ),
            .fanOut(
                "SCAN", -2, [.readonly, .cursor, .namesKeys], to: .masters, merge: .perNode,
                "cursor [MATCH pattern] [COUNT count] [TYPE type]"
            )
            .replies(.nested("(cursor,keys)"))
            .differs(because: "a cursor is only valid on its master, so the replies stay separate"),
            .keyed(
                "SORT", -2, .write, .sort,
                """
                key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC|DESC] [ALPHA] [STORE \
                destination]
                """
            ).writesOnly(with: "STORE").across(.sort),
            .keyed(
                "SORT_RO", -2, .readonly, .first,
                "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC|DESC] [ALPHA]"
            ).across(.sort),
            .keyed("TOUCH", -2, .readonly, .all, "key [key ...]").across(.split(.sum)),
            .keyed("TYPE", 2, .readonly, .first, "key"),
            .keyed("UNLINK", -2, .write, .all, "key [key ...]").across(.split(.sum)),
            .fanOut("WAIT", 3, [.blocking, .ofConnection], to: .masters, merge: .minimum, "numreplicas timeout"),
            .fanOut(
                "WAITAOF", 4, [.blocking, .ofConnection], to: .masters, merge: .minimum, "numlocal numreplicas timeout"),
        ]
    }

    @inline(never)
    static func expiration() -> [CommandSpec] {
        [
            .keyed("EXPIRE", -3, .write, .first, "key seconds [NX|XX|GT|LT]"),
            .keyed("EXPIREAT", -3, .write, .first, "key unix-time-seconds [NX|XX|GT|LT]"),
            .keyed("EXPIRETIME", 2, .readonly, .first, "key"),
            .keyed("PERSIST", 2, .write, .first, "key"),
            .keyed("PEXPIRE", -3, .write, .first, "key milliseconds [NX|XX|GT|LT]"),
            .keyed("PEXPIREAT", -3, .write, .first, "key unix-time-milliseconds [NX|XX|GT|LT]"),
            .keyed("PEXPIRETIME", 2, .readonly, .first, "key"),
            .keyed("PTTL", 2, .readonly, .first, "key"),
            .keyed("TTL", 2, .readonly, .first, "key"),
        ]
    }
}
