// Lists, hashes, sets and streams.
extension CommandTable {
    private static let ownFieldSets: StaticString =
        "a set of fields belongs to one connection, and each node has a connection of its own"
    private static let limitForAllStreams: StaticString =
        "MAXCOUNT and MAXSIZE limit all streams together, and each node knows only its own"
    private static let useHSET: StaticString = "use HSET, or name the node: @HOST:PORT HIMPORT"

    @inline(never)
    static func lists() -> [CommandSpec] {
        [
            .keyed("BLMOVE", 6, [.write, .blocking], .firstTwo, "source destination LEFT|RIGHT LEFT|RIGHT timeout")
                .across(.move(.betweenEnds)).waits(.seconds(-1)),
            .keyed(
                "BLMOVEM", -6, [.write, .blocking], .firstTwo,
                "source destination LEFT|RIGHT LEFT|RIGHT timeout [<COUNT count|EXACTLY count> <OBO|BULK>]"
            )
            .across(.move(.severalBetweenEnds)).waits(.seconds(5)),
            .keyed(
                "BLMPOP", -5, [.write, .blocking], .countedSecond,
                "timeout numkeys key [key ...] LEFT|RIGHT [COUNT count]"
            )
            .across(.pop).waits(.seconds(1)),
            .keyed("BLPOP", -3, [.write, .blocking], .allButLast, "key [key ...] timeout")
                .across(.pop).waits(.seconds(-1)),
            .keyed("BRPOP", -3, [.write, .blocking], .allButLast, "key [key ...] timeout")
                .across(.pop).waits(.seconds(-1)),
            .keyed("BRPOPLPUSH", 4, [.write, .blocking], .firstTwo, "source destination timeout")
                .across(.move(.tailToHead)).waits(.seconds(-1)),
            .keyed("LINDEX", 3, .readonly, .first, "key index"),
            .keyed("LINSERT", 5, .write, .first, "key BEFORE|AFTER pivot element"),
            .keyed("LLEN", 2, .readonly, .first, "key"),
            .keyed("LMOVE", 5, .write, .firstTwo, "source destination LEFT|RIGHT LEFT|RIGHT")
                .across(.move(.betweenEnds)),
            .keyed(
                "LMOVEM", -5, .write, .firstTwo,
                "source destination LEFT|RIGHT LEFT|RIGHT [<COUNT count|EXACTLY count> <OBO|BULK>]"
            )
            .across(.move(.severalBetweenEnds)),
            .keyed("LMPOP", -4, .write, .counted, "numkeys key [key ...] LEFT|RIGHT [COUNT count]").across(.pop),
            .keyed("LPOP", -2, .write, .first, "key [count]"),
            .keyed("LPOS", -3, .readonly, .first, "key element [RANK rank] [COUNT num-matches] [MAXLEN len]"),
            .keyed("LPUSH", -3, .write, .first, "key element [element ...]"),
            .keyed("LPUSHX", -3, .write, .first, "key element [element ...]"),
            .keyed("LRANGE", 4, .readonly, .first, "key start stop"),
            .keyed("LREM", 4, .write, .first, "key count element"),
            .keyed("LSET", 4, .write, .first, "key index element"),
            .keyed("LTRIM", 4, .write, .first, "key start stop"),
            .keyed("RPOP", -2, .write, .first, "key [count]"),
            .keyed("RPOPLPUSH", 3, .write, .firstTwo, "source destination").across(.move(.tailToHead)),
            .keyed("RPUSH", -3, .write, .first, "key element [element ...]"),
            .keyed("RPUSHX", -3, .write, .first, "key element [element ...]"),
        ]
    }

    @inline(never)
    static func hashes() -> [CommandSpec] {
        [
            .keyed("HDEL", -3, .write, .first, "key field [field ...]"),
            .keyed("HEXISTS", 3, .readonly, .first, "key field"),
            .keyed("HEXPIRE", -6, .write, .first, "key seconds [NX|XX|GT|LT] FIELDS numfields field [field ...]"),
            .keyed(
                "HEXPIREAT", -6, .write, .first,
                "key unix-time-seconds [NX|XX|GT|LT] FIELDS numfields field [field ...]"
            ),
            .keyed("HEXPIRETIME", -5, .readonly, .first, "key FIELDS numfields field [field ...]"),
            .keyed("HGET", 3, .readonly, .first, "key field"),
            .keyed("HGETALL", 2, .readonly, .first, "key").replies(.pairs),
            .keyed("HGETDEL", -5, .write, .first, "key FIELDS numfields field [field ...]"),
            .keyed(
                "HGETEX", -5, .write, .first,
                """
                key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST] FIELDS \
                numfields field [field ...]
                """
            ),
            .keyless("HIMPORT DISCARD", 3, [], "fieldset-name").blocked(because: ownFieldSets, instead: useHSET),
            .keyless("HIMPORT DISCARDALL", 2, [], "").blocked(because: ownFieldSets, instead: useHSET),
            .keyless("HIMPORT PREPARE", -4, [], "fieldset-name field [field ...]")
                .blocked(because: ownFieldSets, instead: useHSET),
            .keyed("HIMPORT SET", -5, .write, .second, "key fieldset-name value [value ...]")
                .blocked(because: ownFieldSets, instead: useHSET),
            .keyed("HINCRBY", 4, .write, .first, "key field increment"),
            .keyed("HINCRBYFLOAT", 4, .write, .first, "key field increment"),
            .keyed("HKEYS", 2, .readonly, .first, "key"),
            .keyed("HLEN", 2, .readonly, .first, "key"),
            .keyed("HMGET", -3, .readonly, .first, "key field [field ...]"),
            .keyed("HMSET", -4, .write, .first, "key field value [field value ...]"),
            .keyed("HPERSIST", -5, .write, .first, "key FIELDS numfields field [field ...]"),
            .keyed(
                "HPEXPIRE", -6, .write, .first,
                "key milliseconds [NX|XX|GT|LT] FIELDS numfields field [field ...]"
            ),
            .keyed(
                "HPEXPIREAT", -6, .write, .first,
                "key unix-time-milliseconds [NX|XX|GT|LT] FIELDS numfields field [field ...]"
            ),
            .keyed("HPEXPIRETIME", -5, .readonly, .first, "key FIELDS numfields field [field ...]"),
            .keyed("HPTTL", -5, .readonly, .first, "key FIELDS numfields field [field ...]"),
            .keyed("HRANDFIELD", -2, .readonly, .first, "key [count [WITHVALUES]]")
                .replies(.columns("field WITHVALUES:value")),
            .keyed("HSCAN", -3, .readonly, .first, "key cursor [MATCH pattern] [COUNT count] [NOVALUES]")
                .replies(.nested("NOVALUES!(cursor,fields:{})")),
            .keyed("HSET", -4, .write, .first, "key field value [field value ...]"),
            .keyed(
                "HSETEX", -6, .write, .first,
                """
                key [NX|XX] [FNX|FXX] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT \
                unix-time-milliseconds|KEEPTTL] FIELDS numfields field value [field value ...]
                """
            ),
            .keyed("HSETNX", 4, .write, .first, "key field value"),
            .keyed("HSTRLEN", 3, .readonly, .first, "key field"),
            .keyed("HTTL", -5, .readonly, .first, "key FIELDS numfields field [field ...]"),
            .keyed("HVALS", 2, .readonly, .first, "key"),
        ]
    }

    @inline(never)
    static func sets() -> [CommandSpec] {
        [
            .keyed("SADD", -3, .write, .first, "key member [member ...]"),
            .keyed(
                "SADDEX", -5, .write, .first,
                """
                key [MNX|MXX] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT \
                unix-time-milliseconds|KEEPTTL] MEMBERS nummembers member [member ...]
                """
            ),
            .keyed("SCARD", 2, .readonly, .first, "key"),
            .keyed("SDIFF", -2, .readonly, .all, "key [key ...]")
                .across(.sets(.difference, gives: .members)),
            .keyed("SDIFFCARD", -3, .readonly, .counted, "numkeys key [key ...] [LIMIT limit]")
                .across(.sets(.difference, gives: .count)),
            .keyed("SDIFFSTORE", -3, .write, .all, "destination key [key ...]")
                .across(.sets(.difference, gives: .key)),
            .keyed("SINTER", -2, .readonly, .all, "key [key ...]")
                .across(.sets(.intersection, gives: .members)),
            .keyed("SINTERCARD", -3, .readonly, .counted, "numkeys key [key ...] [LIMIT limit]")
                .across(.sets(.intersection, gives: .count)),
            .keyed("SINTERSTORE", -3, .write, .all, "destination key [key ...]")
                .across(.sets(.intersection, gives: .key)),
            .keyed("SISMEMBER", 3, .readonly, .first, "key member"),
            .keyed("SMEMBERS", 2, .readonly, .first, "key"),
            .keyed("SMISMEMBER", -3, .readonly, .first, "key member [member ...]"),
            .keyed("SMOVE", 4, .write, .firstTwo, "source destination member").across(.move(.member)),
            .keyed("SPOP", -2, .write, .first, "key [count]"),
            .keyed("SRANDMEMBER", -2, .readonly, .first, "key [count]"),
            .keyed("SREM", -3, .write, .first, "key member [member ...]"),
            .keyed("SSCAN", -3, .readonly, .first, "key cursor [MATCH pattern] [COUNT count]")
                .replies(.nested("(cursor,members)")),
            .keyed("SUNION", -2, .readonly, .all, "key [key ...]")
                .across(.sets(.union, gives: .members)),
            .keyed("SUNIONCARD", -3, .readonly, .counted, "numkeys key [key ...] [APPROX] [LIMIT limit]")
                .across(.sets(.union, gives: .count)),
            .keyed("SUNIONSTORE", -3, .write, .all, "destination key [key ...]")
                .across(.sets(.union, gives: .key)),
        ]
    }

    /// The expiry of single members (Redis 8.12), as hashes have it for fields.
    @inline(never)
    static func setMembers() -> [CommandSpec] {
        [
            .keyed("SEXPIRE", -6, .write, .first, "key seconds [NX|XX|GT|LT] MEMBERS nummembers member [member ...]"),
            .keyed(
                "SEXPIREAT", -6, .write, .first,
                "key unix-time-seconds [NX|XX|GT|LT] MEMBERS nummembers member [member ...]"
            ),
            .keyed("SEXPIRETIME", -5, .readonly, .first, "key MEMBERS nummembers member [member ...]"),
            .keyed("SPERSIST", -5, .write, .first, "key MEMBERS nummembers member [member ...]"),
            .keyed(
                "SPEXPIRE", -6, .write, .first,
                "key milliseconds [NX|XX|GT|LT] MEMBERS nummembers member [member ...]"
            ),
            .keyed(
                "SPEXPIREAT", -6, .write, .first,
                "key unix-time-milliseconds [NX|XX|GT|LT] MEMBERS nummembers member [member ...]"
            ),
            .keyed("SPEXPIRETIME", -5, .readonly, .first, "key MEMBERS nummembers member [member ...]"),
            .keyed("SPTTL", -5, .readonly, .first, "key MEMBERS nummembers member [member ...]"),
            .keyed("STTL", -5, .readonly, .first, "key MEMBERS nummembers member [member ...]"),
        ]
    }

    @inline(never)
    static func streams() -> [CommandSpec] {
        [
            .keyed("XACK", -4, .write, .first, "key group id [id ...]"),
            .keyed("XACKDEL", -6, .write, .first, "key group [KEEPREF|DELREF|ACKED] IDS numids id [id ...]"),
            .keyed(
                "XADD", -5, .write, .first,
                "key [NOMKSTREAM] [MAXLEN|MINID [=|~] threshold [LIMIT count]] *|id field value [field value ...]"
            ),
            .keyed("XAUTOCLAIM", -6, .write, .first, "key group consumer min-idle-time start [COUNT count] [JUSTID]")
                .replies(.nested("(next,entries:<id:{}>,deleted)")),
            .keyed(
                "XCLAIM", -6, .write, .first,
                """
                key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] [RETRYCOUNT \
                count] [FORCE] [JUSTID] [LASTID lastid]
                """
            )
            .replies(.entries),
            .keyed("XCFGSET", -2, .write, .first, "key [IDMP-DURATION idmp-duration] [IDMP-MAXSIZE idmp-maxsize]"),
            .keyed("XDEL", -3, .write, .first, "key id [id ...]"),
            .keyed("XDELEX", -5, .write, .first, "key [KEEPREF|DELREF|ACKED] IDS numids id [id ...]"),
            .keyed("XGROUP CREATE", -5, .write, .second, "key group id|$ [MKSTREAM] [ENTRIESREAD entries-read]"),
            .keyed("XGROUP CREATECONSUMER", 5, .write, .second, "key group consumer"),
            .keyed("XGROUP DELCONSUMER", 5, .write, .second, "key group consumer"),
            .keyed("XGROUP DESTROY", 4, .write, .second, "key group"),
            .keyless("XGROUP HELP", 2, .readonly, ""),
            .keyed("XGROUP SETID", -5, .write, .second, "key group id|$ [ENTRIESREAD entries-read]"),
            .keyed("XIDMPRECORD", 5, .write, .first, "key pid iid stream-id"),
            .keyed("XINFO CONSUMERS", 4, .readonly, .second, "key group")
                .replies(.records),
            .keyed("XINFO GROUPS", 3, .readonly, .second, "key")
                .replies(.records),
            .keyless("XINFO HELP", 2, .readonly, ""),
            .keyed("XINFO STREAM", -3, .readonly, .second, "key [FULL [COUNT count]]")
                .replies(
                    .nested(
                        """
                        {first-entry:<{}>,last-entry:<{}>,entries:<{}>,groups:[{pending:[(id,consumer,delivered,deliveries)],\
                        pel:[(id,consumer,delivered,deliveries)],consumers:[{pending:[(id,delivered,deliveries)],\
                        pel:[(id,delivered,deliveries)]}]}]}
                        """)),
            .keyed("XLEN", 2, .readonly, .first, "key"),
            .keyed(
                "XNACK", -7, .write, .first,
                "key group SILENT|FAIL|FATAL IDS numids id [id ...] [RETRYCOUNT count] [FORCE]"
            ),
            .keyed("XPENDING", -3, .readonly, .first, "key group [[IDLE min-idle-time] start end count [consumer]]")
                .replies(.nested("[(id,consumer,idle,deliveries)]|(pending,first,last,consumers:<>)")),
            .keyed("XRANGE", -4, .readonly, .first, "key start end [COUNT count]")
                .replies(.entries),
            .keyed(
                "XREAD", -4, [.readonly, .blocking], .streams,
                "[COUNT count] [MAXCOUNT maxcount] [MAXSIZE maxsize] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]"
            )
            .replies(.streams)
            .across(.streams).waits(.block)
            .inOneSlot(because: limitForAllStreams),
            .keyed(
                "XREADGROUP", -7, [.write, .blocking, .greaterSign], .streams,
                """
                GROUP group consumer [COUNT count] [MAXCOUNT maxcount] [MAXSIZE maxsize] [BLOCK milliseconds] \
                [CLAIM min-idle-time] [NOACK] STREAMS key [key ...] id [id ...]
                """
            )
            .replies(.streams)
            .across(.streams).waits(.block)
            .inOneSlot(because: limitForAllStreams),
            .keyed("XREVRANGE", -4, .readonly, .first, "key end start [COUNT count]")
                .replies(.entries),
            .keyed(
                "XSETID", -3, .write, .first,
                "key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]"
            ),
            .keyed("XTRIM", -4, .write, .first, "key MAXLEN|MINID [=|~] threshold [LIMIT count]"),
        ]
    }
}
