// Sorted sets, and the geographical indexes that are kept in sorted sets.
extension CommandTable {
    @inline(never)
    static func sortedSets() -> [CommandSpec] {
        [
            .keyed("BZMOVE", -5, [.write, .blocking], .firstTwo, "source destination MIN|MAX timeout [COUNT count]")
                .across(.move(.scored)).waits(.seconds(4)),
            .keyed(
                "BZMPOP", -5, [.write, .blocking], .countedSecond,
                "timeout numkeys key [key ...] MIN|MAX [COUNT count]"
            )
            .across(.pop).waits(.seconds(1)).replies(.nested("(key,members:<>)")),
            .keyed("BZPOPMAX", -3, [.write, .blocking], .allButLast, "key [key ...] timeout")
                .across(.pop).waits(.seconds(-1)),
            .keyed("BZPOPMIN", -3, [.write, .blocking], .allButLast, "key [key ...] timeout")
                .across(.pop).waits(.seconds(-1)),
            .keyed("ZADD", -4, .write, .first, "key [NX|XX] [GT|LT] [CH] [INCR] score member [score member ...]"),
            .keyed("ZCARD", 2, .readonly, .first, "key"),
            .keyed("ZDIFF", -3, .readonly, .counted, "numkeys key [key ...] [WITHSCORES]").across(.gather(.reply))
                .replies(.scoredMembers),
            .keyed("ZDIFFSTORE", -4, .write, .destinationAndCounted, "destination numkeys key [key ...]")
                .across(.gather(.firstKey)),
            .keyed("ZINCRBY", 4, .write, .first, "key increment member"),
            .keyed(
                "ZINTER", -3, .readonly, .counted,
                "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]"
            ).across(.gather(.reply)).replies(.scoredMembers),
            .keyed("ZINTERCARD", -3, .readonly, .counted, "numkeys key [key ...] [LIMIT limit]")
                .across(.gather(.reply)),
            .keyed(
                "ZINTERSTORE", -4, .write, .destinationAndCounted,
                "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX]"
            ).across(.gather(.firstKey)),
            .keyed(
                "ZMOVE", -4, .write, .firstTwo,
                "source destination <MIN|MAX|BYSCORE score-min score-max> [COUNT count]"
            )
            .across(.move(.scored)),
            .keyed(
                "ZMOVEMEMBER", -6, .write, .firstTwo,
                "source destination [NX|XX] MEMBERS nummembers member [member ...]"
            )
            .across(.move(.scoredMembers)),
            .keyed("ZMPOP", -4, .write, .counted, "numkeys key [key ...] MIN|MAX [COUNT count]").across(.pop)
                .replies(.nested("(key,members:<>)")),
            .keyed("ZMSCORE", -3, .readonly, .first, "key member [member ...]"),
            .keyed("ZPOPMAX", -2, .write, .first, "key [count]").replies(.columns("member score")),
            .keyed("ZPOPMIN", -2, .write, .first, "key [count]").replies(.columns("member score")),
            .keyed("ZRANDMEMBER", -2, .readonly, .first, "key [count [WITHSCORES]]").replies(.scoredMembers),
            .keyed("ZREM", -3, .write, .first, "key member [member ...]"),
            .keyed("ZSCAN", -3, .readonly, .first, "key cursor [MATCH pattern] [COUNT count] [NOSCORES]")
                .replies(.nested("NOSCORES!(cursor,members:{})")),
            .keyed("ZSCORE", 3, .readonly, .first, "key member"),
            .keyed(
                "ZUNION", -3, .readonly, .counted,
                "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]"
            ).across(.gather(.reply)).replies(.scoredMembers),
            .keyed(
                "ZUNIONSTORE", -4, .write, .destinationAndCounted,
                "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX]"
            ).across(.gather(.firstKey)),
        ]
    }

    @inline(never)
    static func sortedSetRanges() -> [CommandSpec] {
        [
            .keyed("ZCOUNT", 4, .readonly, .first, "key min max"),
            .keyed("ZLEXCOUNT", 4, .readonly, .first, "key min max"),
            .keyed(
                "ZRANGE", -4, .readonly, .first,
                "key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]"
            ).replies(.scoredMembers),
            .keyed("ZRANGEBYLEX", -4, .readonly, .first, "key min max [LIMIT offset count]"),
            .keyed("ZRANGEBYSCORE", -4, .readonly, .first, "key min max [WITHSCORES] [LIMIT offset count]").replies(
                .scoredMembers),
            .keyed("ZRANGESTORE", -5, .write, .firstTwo, "dst src min max [BYSCORE|BYLEX] [REV] [LIMIT offset count]")
                .across(.gather(.firstKey)),
            .keyed("ZRANK", -3, .readonly, .first, "key member [WITHSCORE]"),
            .keyed("ZREMRANGEBYLEX", 4, .write, .first, "key min max"),
            .keyed("ZREMRANGEBYRANK", 4, .write, .first, "key start stop"),
            .keyed("ZREMRANGEBYSCORE", 4, .write, .first, "key min max"),
            .keyed("ZREVRANGE", -4, .readonly, .first, "key start stop [WITHSCORES]").replies(.scoredMembers),
            .keyed("ZREVRANGEBYLEX", -4, .readonly, .first, "key max min [LIMIT offset count]"),
            .keyed("ZREVRANGEBYSCORE", -4, .readonly, .first, "key max min [WITHSCORES] [LIMIT offset count]").replies(
                .scoredMembers),
            .keyed("ZREVRANK", -3, .readonly, .first, "key member [WITHSCORE]"),
        ]
    }

    @inline(never)
    static func geographicalIndexes() -> [CommandSpec] {
        [
            .keyed(
                "GEOADD", -5, .write, .first,
                "key [NX|XX] [CH] longitude latitude member [longitude latitude member ...]"
            ),
            .keyed("GEODIST", -4, .readonly, .first, "key member1 member2 [m|km|ft|mi]"),
            .keyed("GEOHASH", -2, .readonly, .first, "key [member [member ...]]"),
            .keyed("GEOPOS", -2, .readonly, .first, "key [member [member ...]]")
                .replies(.positions),
            .keyed(
                "GEORADIUS", -6, .write, .georadius(from: 6),
                """
                key longitude latitude radius m|km|ft|mi [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] \
                [ASC|DESC] [STORE key|STOREDIST key]
                """
            )
            .writesOnly(with: "STORE|STOREDIST").replies(.places).across(.gather(.lastKey)),
            .keyed(
                "GEORADIUSBYMEMBER", -5, .write, .georadius(from: 5),
                """
                key member radius m|km|ft|mi [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC|DESC] \
                [STORE key|STOREDIST key]
                """
            )
            .writesOnly(with: "STORE|STOREDIST").replies(.places).across(.gather(.lastKey)),
            .keyed(
                "GEORADIUSBYMEMBER_RO", -5, .readonly, .first,
                "key member radius m|km|ft|mi [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC|DESC]"
            )
            .replies(.places),
            .keyed(
                "GEORADIUS_RO", -6, .readonly, .first,
                """
                key longitude latitude radius m|km|ft|mi [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] \
                [ASC|DESC]
                """
            )
            .replies(.places),
            .keyed(
                "GEOSEARCH", -7, .readonly, .first,
                """
                key <FROMMEMBER member|FROMLONLAT longitude latitude> <BYRADIUS radius <m|km|ft|mi>|BYBOX width \
                height <m|km|ft|mi>> [ASC|DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]
                """
            )
            .replies(.places),
            .keyed(
                "GEOSEARCHSTORE", -8, .write, .firstTwo,
                """
                destination source <FROMMEMBER member|FROMLONLAT longitude latitude> <BYRADIUS radius \
                <m|km|ft|mi>|BYBOX width height <m|km|ft|mi>> [ASC|DESC] [COUNT count [ANY]] [STOREDIST]
                """
            ).across(.gather(.firstKey)),
        ]
    }
}
