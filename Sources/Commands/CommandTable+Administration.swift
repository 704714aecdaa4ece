// What an operator asks of a server: its users, its commands, what it observed of itself, its modules, its internals.
extension CommandTable {
    private static let untold: StaticString = "Redis 7.0 gives no tip; later servers agree with this row"

    @inline(never)
    static func accessControl() -> [CommandSpec] {
        [
            .keyless("ACL CAT", -2, .readonly, "[category]"),
            .fanOut("ACL DELROLE", -3, [], to: .allNodes, merge: .allSucceeded, "role [role ...]")
                .differs(because: untold),
            .fanOut("ACL DELUSER", -3, [], to: .allNodes, merge: .allSucceeded, "username [username ...]")
                .secret(.always)
                .differs(because: untold),
            .keyless("ACL DRYRUN", -4, .readonly, "username command [arg [arg ...]]").secret(.innerCommand),
            .keyless("ACL GENPASS", -2, .readonly, "[bits]"),
            .keyless("ACL GETUSER", 3, .readonly, "username")
                .to(.sessionNode)
                .replies(.nested("{selectors:[{}]}")).secret(.always),
            .keyless("ACL HELP", 2, .readonly, ""),
            .keyless("ACL LIST", 2, .readonly, "").to(.sessionNode),
            .fanOut("ACL LOAD", 2, [], to: .allNodes, merge: .allSucceeded, "")
                .differs(because: "the counterpart of ACL SAVE: each node reads its own file"),
            .everyNode("ACL LOG", -2, [], "[count|RESET]")
                .writesOnly(with: "RESET")
                .replies(.longRecords("reason object username client-info age-seconds count context")),
            .fanOut("ACL SAVE", 2, [], to: .allNodes, merge: .allSucceeded, "").differs(because: untold),
            .fanOut("ACL SETROLE", -3, [], to: .allNodes, merge: .allSucceeded, "role [rule [rule ...]]")
                .differs(because: untold),
            .fanOut("ACL SETUSER", -3, [], to: .allNodes, merge: .allSucceeded, "username [rule [rule ...]]")
                .secret(.always)
                .differs(because: untold),
            .keyless("ACL USERS", 2, .readonly, "").to(.sessionNode),
            .keyless("ACL WHOAMI", 2, .readonly, ""),
        ]
    }

    private static let commandInformation = ReplyShape.nested(
        """
        [(name,arity,flags,first-key,last-key,step,categories,tips,key-specs:[{begin_search:{spec:{}},\
        find_keys:{spec:{}}}],subcommands:[^])]
        """)

    @inline(never)
    static func knownCommands() -> [CommandSpec] {
        [
            .keyless("COMMAND", -1, .readonly, "").replies(commandInformation),
            .keyless("COMMAND COUNT", 2, .readonly, ""),
            .keyless("COMMAND DOCS", -2, .readonly, "[command-name [command-name ...]]")
                .replies(.nested("{*:{arguments:[{arguments:[^]}],subcommands:{*:{arguments:[{arguments:[^]}]}}}}")),
            .keyless("COMMAND GETKEYS", -3, .readonly, "command [arg [arg ...]]").secret(.innerCommand),
            .keyless("COMMAND GETKEYSANDFLAGS", -3, .readonly, "command [arg [arg ...]]").secret(.innerCommand)
                .replies(.nested("<[]>")),
            .keyless("COMMAND HELP", 2, .readonly, ""),
            .keyless("COMMAND INFO", -2, .readonly, "[command-name [command-name ...]]").replies(commandInformation),
            .keyless("COMMAND LIST", -2, .readonly, "[FILTERBY <MODULE module-name|ACLCAT category|PATTERN pattern>]"),
        ]
    }

    @inline(never)
    static func observation() -> [CommandSpec] {
        [
            .everyNode("COMMANDLOG GET", 4, .readonly, "count SLOW|LARGE-REQUEST|LARGE-REPLY").replies(.slowLog),
            .keyless("COMMANDLOG HELP", 2, .readonly, ""),
            .everyNode("COMMANDLOG LEN", 3, .readonly, aggregate: .sum, "SLOW|LARGE-REQUEST|LARGE-REPLY"),
            .everyNode("COMMANDLOG RESET", 3, [], aggregate: .allSucceeded, "SLOW|LARGE-REQUEST|LARGE-REPLY"),
            .everyNode("HOTKEYS GET", 2, .readonly, "")
                .replies(.nested("{by-cpu-time-us:<>,by-net-bytes:<>}")),
            .keyless("HOTKEYS HELP", 2, .readonly, ""),
            .everyNode("HOTKEYS RESET", 2, [], aggregate: .allSucceeded, ""),
            .everyNode(
                "HOTKEYS START", -2, [], aggregate: .allSucceeded,
                "[METRICS count [CPU] [NET]] [COUNT k] [DURATION seconds] [SAMPLE ratio] [SLOTS count slot [slot ...]]"
            ),
            .everyNode("HOTKEYS STOP", 2, [], aggregate: .allSucceeded, ""),
            .fanOut("LATENCY DOCTOR", 2, [.readonly, .text], to: .allNodes, merge: .perNode, ""),
            .fanOut("LATENCY GRAPH", 3, [.readonly, .text], to: .allNodes, merge: .perNode, "event"),
            .keyless("LATENCY HELP", 2, .readonly, ""),
            .fanOut("LATENCY HISTOGRAM", -2, .readonly, to: .allNodes, merge: .perNode, "[command [command ...]]")
                .replies(.nested("{*:{histogram_usec:{}}}")),
            .fanOut("LATENCY HISTORY", 3, .readonly, to: .allNodes, merge: .perNode, "event")
                .replies(.nested("[(time,ms)]")),
            .fanOut("LATENCY LATEST", 2, .readonly, to: .allNodes, merge: .perNode, "")
                .replies(.nested("[(event,time,ms,max-ms)]")),
            .fanOut("LATENCY RESET", -2, [], to: .allNodes, merge: .sum, "[event [event ...]]")
                .differs(because: "Redis 7.0 says all_succeeded, but the replies are counts"),
            .fanOut("MEMORY DOCTOR", 2, [.readonly, .text], to: .masters, merge: .perNode, ""),
            .keyless("MEMORY HELP", 2, .readonly, ""),
            .fanOut("MEMORY MALLOC-STATS", 2, [.readonly, .text], to: .masters, merge: .perNode, ""),
            .fanOut("MEMORY PURGE", 2, [], to: .masters, merge: .allSucceeded, ""),
            .fanOut("MEMORY STATS", 2, .readonly, to: .masters, merge: .perNode, "")
                .replies(.nested("{*:{}}")),
            .keyed("MEMORY USAGE", -3, .readonly, .second, "key [SAMPLES count]"),
            .everyNode("SLOWLOG GET", -2, .readonly, "[count]").replies(.slowLog),
            .keyless("SLOWLOG HELP", 2, .readonly, ""),
            .everyNode("SLOWLOG LEN", 2, .readonly, aggregate: .sum, ""),
            .everyNode("SLOWLOG RESET", 2, [], aggregate: .allSucceeded, ""),
        ]
    }

    @inline(never)
    static func modules() -> [CommandSpec] {
        [
            .keyless("MODULE HELP", 2, .readonly, ""),
            .everyNode("MODULE LIST", 2, .readonly, "")
                .replies(.records),
            .everyNode("MODULE LOAD", -3, [], aggregate: .allSucceeded, "path [arg [arg ...]]"),
            .everyNode(
                "MODULE LOADEX", -3, [], aggregate: .allSucceeded,
                "path [CONFIG name value [CONFIG name value ...]] [ARGS args [args ...]]"
            ),
            .everyNode("MODULE UNLOAD", 3, [], aggregate: .allSucceeded, "name"),
        ]
    }

    /// DEBUG, whose subcommands the server itself does not list. A subcommand has its own row if it names a key,
    /// returns text for people, only reads, or ends the server.
    @inline(never)
    static func debugging() -> [CommandSpec] {
        [
            .keyless("DEBUG", -2, [], "subcommand [argument ...]").to(.sessionNode),
            .keyless("DEBUG ASSERT", 2, [], "").effect(.shutdown).destroys(.everything),
            .keyless("DEBUG CLIENT-EVICTION", 2, [.readonly, .text], "").to(.sessionNode),
            .keyless("DEBUG CRASH-AND-RECOVER", -2, [], "[milliseconds]").effect(.shutdown).destroys(.everything),
            .keyless("DEBUG DIGEST", 2, .readonly, "").to(.sessionNode),
            .keyed("DEBUG DIGEST-VALUE", -3, [.readonly, .unredirected], .allFromSecond, "key [key ...]"),
            .keyless("DEBUG HELP", 2, .readonly, ""),
            .keyless("DEBUG HTSTATS", -3, [.readonly, .text], "index [FULL]").to(.sessionNode),
            .keyed("DEBUG HTSTATS-KEY", -3, [.readonly, .text, .unredirected], .second, "key [FULL]"),
            .keyed("DEBUG LISTPACK", 3, [.readonly, .unredirected], .second, "key"),
            .keyed("DEBUG OBJECT", -3, [.readonly, .unredirected], .second, "key [FAST]"),
            .keyless("DEBUG OOM", 2, [], "").effect(.shutdown).destroys(.everything),
            .keyless("DEBUG PANIC", 2, [], "").effect(.shutdown).destroys(.everything),
            .keyed("DEBUG QUICKLIST", -3, [.readonly, .unredirected], .second, "key [0|1]"),
            .keyless("DEBUG RESTART", -2, [], "[milliseconds]").effect(.shutdown).destroys(.everything),
            .keyed("DEBUG SDSLEN", 3, [.readonly, .unredirected], .second, "key"),
            .keyless("DEBUG SEGFAULT", 2, [], "").effect(.shutdown).destroys(.everything),
            .keyless("DEBUG SLEEP", 3, .blocking, "seconds").to(.sessionNode),
        ]
    }
}
