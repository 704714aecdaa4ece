// Scripts, functions and transactions.
extension CommandTable {
    private static let onMasters: StaticString = "scripts run where keys are written: on the masters"

    @inline(never)
    static func scripts() -> [CommandSpec] {
        [
            .keyed("EVAL", -3, .script, .countedSecond, "script numkeys [key [key ...]] [arg [arg ...]]"),
            .keyed("EVALSHA", -3, .script, .countedSecond, "sha1 numkeys [key [key ...]] [arg [arg ...]]"),
            .keyed(
                "EVALSHA_RO", -3, [.readonly, .script], .countedSecond, "sha1 numkeys [key [key ...]] [arg [arg ...]]"),
            .keyed(
                "EVAL_RO", -3, [.readonly, .script], .countedSecond, "script numkeys [key [key ...]] [arg [arg ...]]"),
            .keyed("FCALL", -3, .script, .countedSecond, "function numkeys [key [key ...]] [arg [arg ...]]"),
            .keyed(
                "FCALL_RO", -3, [.readonly, .script], .countedSecond, "function numkeys [key [key ...]] [arg [arg ...]]"
            ),
            .fanOut("FUNCTION DELETE", 3, .write, to: .masters, merge: .allSucceeded, "library-name"),
            .keyless("FUNCTION DUMP", 2, .readonly, "").to(.sessionNode),
            .fanOut("FUNCTION FLUSH", -2, .write, to: .masters, merge: .allSucceeded, "[ASYNC|SYNC]").destroys(
                .functions),
            .keyless("FUNCTION HELP", 2, .readonly, ""),
            .fanOut("FUNCTION KILL", 2, [], to: .masters, merge: .oneSucceeded, ""),
            .keyless("FUNCTION LIST", -2, .readonly, "[LIBRARYNAME library-name-pattern] [WITHCODE]")
                .to(.sessionNode)
                .replies(.nested("[{functions:[{}]}]")),
            .fanOut("FUNCTION LOAD", -3, .write, to: .masters, merge: .allSucceeded, "[REPLACE] function-code"),
            .fanOut(
                "FUNCTION RESTORE", -3, .write, to: .masters, merge: .allSucceeded,
                "serialized-value [FLUSH|APPEND|REPLACE]"
            )
            .destroys(.functions, .with("FLUSH")),
            .fanOut("FUNCTION STATS", 2, .readonly, to: .masters, merge: .perNode, "")
                .replies(.nested("{running_script:{},engines:{*:{}}}")),
            .keyless("SCRIPT DEBUG", -3, [], "YES|SYNC|NO [engine]"),
            .fanOut("SCRIPT EXISTS", -3, .readonly, to: .masters, merge: .logicalAnd, "sha1 [sha1 ...]"),
            .fanOut("SCRIPT FLUSH", -2, [], to: .masters, merge: .allSucceeded, "[ASYNC|SYNC]")
                .differs(because: onMasters),
            .keyless("SCRIPT HELP", 2, .readonly, ""),
            .fanOut("SCRIPT KILL", 2, [], to: .masters, merge: .oneSucceeded, "")
                .blocked(
                    because: "only the node that runs the script can kill it",
                    instead: "name that node: @HOST:PORT SCRIPT KILL. @all PING shows it, because it replies BUSY",
                    liftable: true
                ),
            .fanOut("SCRIPT LOAD", 3, [], to: .masters, merge: .allSucceeded, "script").differs(because: onMasters),
            .keyless("SCRIPT SHOW", 3, .readonly, "sha1").to(.sessionNode),
        ]
    }

    @inline(never)
    static func blocks() -> [CommandSpec] {
        [
            .keyless("DISCARD", 1, [], "").effect(.discard),
            .keyless("EXEC", 1, [], "")
                .effect(.exec)
                .onCluster(
                    """
                    runs the block where it is open; if the slot has moved, the whole block is sent to \
                    its new owner, once, since nothing of it has run. After a second move, or where keys \
                    are watched, it is discarded with an error. If the connection ends before the reply, \
                    the outcome is unknown
                    """),
            .keyless("MULTI", 1, [], "")
                .effect(.multi)
                .onCluster(
                    """
                    held back until the first key names a slot; the block is then open at that slot's \
                    master, on one connection, and takes keys of that slot only. The prompt shows where, \
                    :queue what it holds
                    """),
            .keyless("UNWATCH", 1, [], "")
                .effect(.unwatch)
                .blocked(
                    because: "it only undoes WATCH, which is blocked by default",
                    instead: "unblock WATCH, and UNWATCH with it, or use EVAL with keys in one slot", liftable: true,
                    with: "WATCH"
                ),
            .keyed("WATCH", -2, [], .all, "key [key ...]")
                .effect(.watch)
                .blocked(
                    because: "it only watches keys on one node, and a transaction cannot span nodes",
                    instead: "use EVAL with keys in one slot", liftable: true
                )
                .onCluster(
                    """
                    keeps the session with that slot's master, on one connection, until \
                    EXEC, DISCARD, UNWATCH or RESET. If the slot moves or the connection ends, no \
                    transaction is executed
                    """),
        ]
    }
}
