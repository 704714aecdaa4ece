// Strings, and the types that are kept in strings.
extension CommandTable {
    @inline(never)
    static func strings() -> [CommandSpec] {
        [
            .keyed("APPEND", 3, .write, .first, "key value"),
            .keyed("DECR", 2, .write, .first, "key"),
            .keyed("DECRBY", 3, .write, .first, "key decrement"),
            .keyed(
                "DELEX", -2, .write, .first,
                "key [IFEQ ifeq-value|IFNE ifne-value|IFDEQ ifdeq-digest|IFDNE ifdne-digest]"
            ),
            .keyed("DELIFEQ", 3, .write, .first, "key value"),
            .keyed("DIGEST", 2, .readonly, .first, "key"),
            .keyed("GET", 2, .readonly, .first, "key"),
            .keyed("GETDEL", 2, .write, .first, "key"),
            .keyed(
                "GETEX", -2, .write, .first,
                "key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST]"
            )
            .writesOnly(with: "EX|PX|EXAT|PXAT|PERSIST"),
            .keyed("GETRANGE", 4, .readonly, .first, "key start end"),
            .keyed("GETSET", 3, .write, .first, "key value"),
            .keyed("INCR", 2, .write, .first, "key"),
            .keyed("INCRBY", 3, .write, .first, "key increment"),
            .keyed("INCRBYFLOAT", 3, .write, .first, "key increment"),
            .keyed(
                "INCREX", -2, .write, .first,
                """
                key [BYFLOAT float|BYINT integer] [SATURATE] [LBOUND lowerbound] [UBOUND upperbound] [EX seconds|PX \
                milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST] [ENX]
                """
            ),
            .keyed(
                "LCS", -3, .readonly, .firstTwo,
                "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]"
            ).across(.gather(.reply)).replies(.pairs),
            .keyed("MGET", -2, .readonly, .all, "key [key ...]").across(.split(.valuesInOrder)),
            .keyed("MSET", -3, .write, .everyOther, "key value [key value ...]").across(.split(.allSucceeded)),
            // Valkey 9.1 does not check that the keys are its own.
            .keyed(
                "MSETEX", -4, [.write, .unredirected], .countedPairs,
                """
                numkeys key value [key value ...] [NX|XX] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT \
                unix-time-milliseconds|KEEPTTL]
                """
            )
            .across(.setByCondition)
            .inOneSlot(because: "with XX a value that it has replaced could not be restored if another slot refused"),
            .keyed("MSETNX", -3, .write, .everyOther, "key value [key value ...]").across(.setUnlessAny),
            .keyed("PSETEX", 4, .write, .first, "key milliseconds value"),
            .keyed(
                "SET", -3, .write, .first,
                """
                key value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT \
                unix-time-milliseconds|KEEPTTL]
                """
            ),
            .keyed("SETEX", 4, .write, .first, "key seconds value"),
            .keyed("SETNX", 3, .write, .first, "key value"),
            .keyed("SETRANGE", 4, .write, .first, "key offset value"),
            .keyed("STRLEN", 2, .readonly, .first, "key"),
            .keyed("SUBSTR", 4, .readonly, .first, "key start end"),
        ]
    }

    @inline(never)
    static func bitmaps() -> [CommandSpec] {
        [
            .keyed("BITCOUNT", -2, .readonly, .first, "key [start end [BYTE|BIT]]"),
            .keyed(
                "BITFIELD", -2, .write, .first,
                """
                key [[OVERFLOW WRAP|SAT|FAIL] <GET encoding offset|SET encoding offset value|INCRBY encoding \
                offset increment> ...]
                """
            )
            .writesOnly(with: "SET|INCRBY"),
            .keyed("BITFIELD_RO", -2, .readonly, .first, "key [GET encoding offset [GET encoding offset ...]]"),
            .keyed("BITOP", -4, .write, .allFromSecond, "AND|OR|XOR|NOT destkey key [key ...]")
                .across(.gather(.firstKey))
                .blocked(
                    because: "its keys may be in slots of different nodes, and no node can read the bits of another",
                    instead: "read the values with GET and combine them on the client", liftable: true
                ),
            .keyed("BITPOS", -3, .readonly, .first, "key bit [start [end [BYTE|BIT]]]"),
            .keyed("BITRANGEINTARRAY", -4, .readonly, .first, "key start end [argument ...]"),
            .keyed("GETBIT", 3, .readonly, .first, "key offset"),
            .keyed("SETBIT", 4, .write, .first, "key offset value"),
        ]
    }

    @inline(never)
    static func hyperloglogs() -> [CommandSpec] {
        [
            .keyed("PFADD", -2, .write, .first, "key [element [element ...]]"),
            .keyed("PFCOUNT", -2, .readonly, .all, "key [key ...]").across(.gather(.reply)),
            .keyed("PFDEBUG", 3, .write, .second, "subcommand key"),
            .keyed("PFMERGE", -2, .write, .all, "destkey [sourcekey [sourcekey ...]]").across(.gather(.mergedFirstKey)),
            .keyless("PFSELFTEST", 1, [], ""),
        ]
    }
}
