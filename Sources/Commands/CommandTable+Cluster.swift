// Clusters and sentinels.
extension CommandTable {
    private static let ownMigrations: StaticString = "each node has migrations of its own"
    private static let ownerOnly: StaticString = "only the owner of a slot has its keys"

    @inline(never)
    static func clusterNodes() -> [CommandSpec] {
        [
            .keyless("ASKING", 1, .ofConnection, ""),
            .keyless("CLUSTER BUMPEPOCH", 2, [], ""),
            .fanOut("CLUSTER CANCELSLOTMIGRATIONS", 2, [], to: .masters, merge: .perNode, aggregate: .oneSucceeded, "")
                .differs(because: ownMigrations),
            .keyless("CLUSTER COUNT-FAILURE-REPORTS", 3, .readonly, "node-id").to(.sessionNode),
            .keyless("CLUSTER FAILOVER", -2, [], "[FORCE|TAKEOVER]").destroys(
                .unreplicatedWrites, .with("FORCE|TAKEOVER")),
            .keyless("CLUSTER FORGET", 3, [], "node-id").to(.sessionNode),
            .fanOut("CLUSTER GETSLOTMIGRATIONS", 2, .readonly, to: .allNodes, merge: .perNode, "")
                .replies(.longRecords("operation slot_ranges state source_node target_node message name"))
                .differs(because: ownMigrations),
            .keyless("CLUSTER HELP", 2, .readonly, ""),
            .keyless("CLUSTER INFO", 2, [.readonly, .text], "").replies(.fields),
            .keyless("CLUSTER LINKS", 2, .readonly, "")
                .to(.sessionNode)
                .replies(.records),
            .keyless("CLUSTER MEET", -4, [], "ip port [cluster-bus-port]"),
            .keyless(
                "CLUSTER MIGRATION", -4, [],
                """
                <IMPORT start-slot end-slot [start-slot end-slot ...]|CANCEL <ID task-id|ALL>|STATUS <ID \
                task-id|ALL>>
                """
            )
            .writesOnly(with: "IMPORT|CANCEL")
            .blocked(
                because: "each node has migrations of its own, and imports slots to itself",
                instead: "name the node: @HOST:PORT CLUSTER MIGRATION", liftable: true
            ),
            .keyless("CLUSTER MYID", 2, .readonly, ""),
            .keyless("CLUSTER MYSHARDID", 2, .readonly, ""),
            .keyless("CLUSTER NODES", 2, [.readonly, .text], "").replies(.clusterNodes),
            .keyless("CLUSTER REPLICAS", 3, .readonly, "node-id").replies(.clusterNodes),
            .keyless("CLUSTER REPLICATE", -3, [], "<node-id|NO ONE>"),
            .keyless("CLUSTER RESET", -2, [], "[HARD|SOFT]").destroys(.everything),
            .keyless("CLUSTER SAVECONFIG", 2, [], "").to(.sessionNode),
            .keyless("CLUSTER SET-CONFIG-EPOCH", 3, [], "config-epoch"),
            .keyless("CLUSTER SHARDS", 2, .readonly, "")
                .replies(.nested("[{nodes:[{}]}]")),
            .keyless("CLUSTER SLAVES", 3, .readonly, "node-id").replies(.clusterNodes),
            .keyless("CLUSTER SYNCSLOTS", -3, [], "subcommand [argument ...]").effect(.silence),
            .keyless("READONLY", 1, [], "").effect(.setting),
            .keyless("READWRITE", 1, [], "").effect(.setting),
        ]
    }

    @inline(never)
    static func clusterSlots() -> [CommandSpec] {
        [
            .keyless("CLUSTER ADDSLOTS", -3, [], "slot [slot ...]"),
            .keyless("CLUSTER ADDSLOTSRANGE", -4, [], "start-slot end-slot [start-slot end-slot ...]"),
            .keyless("CLUSTER COUNTKEYSINSLOT", 3, .readonly, "slot")
                .to(.slot(argument: 2))
                .differs(because: ownerOnly),
            .keyless("CLUSTER DELSLOTS", -3, [], "slot [slot ...]").destroys(.slots),
            .keyless("CLUSTER DELSLOTSRANGE", -4, [], "start-slot end-slot [start-slot end-slot ...]")
                .destroys(.slots),
            .keyless("CLUSTER FLUSHSLOT", -3, .write, "slot [ASYNC|SYNC]")
                .to(.slot(argument: 2))
                .destroys(.slots)
                .differs(because: ownerOnly),
            .keyless("CLUSTER FLUSHSLOTS", 2, [], "").destroys(.everything),
            .keyless("CLUSTER GETKEYSINSLOT", 4, .readonly, "slot count")
                .to(.slot(argument: 2))
                .differs(because: ownerOnly),
            .keyless("CLUSTER KEYSLOT", 3, .readonly, "key"),
            .keyless(
                "CLUSTER MIGRATESLOTS", -7, [],
                """
                SLOTSRANGE start-slot end-slot [start-slot end-slot ...] NODE node-id [SLOTSRANGE start-slot end-slot \
                [start-slot end-slot ...] NODE node-id ...]
                """
            )
            .to(.slot(argument: 3))
            .differs(because: ownerOnly),
            .keyless(
                "CLUSTER SETSLOT", -4, [],
                "slot <IMPORTING node-id|MIGRATING node-id|NODE node-id|STABLE> [TIMEOUT milliseconds]"
            ),
            .fanOut(
                "CLUSTER SLOT-STATS", -4, .readonly, to: .masters, merge: .perNode,
                "<SLOTSRANGE start-slot end-slot|ORDERBY metric [LIMIT limit] [ASC|DESC]>"
            )
            .replies(.nested("<slot:{}>")),

            .keyless("CLUSTER SLOTS", 2, .readonly, "")
                .replies(
                    .nested("[(first,last,master:(host,port,id,metadata:{}),replica:(host,port,id,metadata:{}))+]")),
            // The cursor has the hash tag of the slots that it continues with, and is redirected like a key.
            .keyed(
                "CLUSTERSCAN", -2, [.readonly, .namesKeys], .first,
                "cursor [MATCH match-pattern] [COUNT count] [TYPE type] [SLOT slot]"
            )
            .replies(.nested("(cursor,keys)")),
            .keyless("SFLUSH", -3, .write, "slot-start slot-last [slot-start slot-last ...] [ASYNC|SYNC]")
                .to(.slot(argument: 1))
                .destroys(.slots)
                .differs(because: ownerOnly),
        ]
    }

    @inline(never)
    static func sentinels() -> [CommandSpec] {
        let rows: [CommandSpec] = [
            .keyless("SENTINEL", -2, [], "subcommand [argument ...]"),
            .keyless("SENTINEL CKQUORUM", 3, .readonly, "master-name"),
            .keyless(
                "SENTINEL CONFIG", -4, [],
                "<SET parameter value [parameter value ...]|GET parameter [parameter ...]>"
            )
            .writesOnly(with: "SET").secret(.secretParameter).replies(.pairs),
            .keyless("SENTINEL DEBUG", -2, [], "[parameter value [parameter value ...]]").replies(.pairs),
            .keyless("SENTINEL FAILOVER", 3, [], "master-name"),
            .keyless("SENTINEL FLUSHCONFIG", 2, [], ""),
            .keyless("SENTINEL GET-MASTER-ADDR-BY-NAME", 3, .readonly, "master-name"),
            .keyless("SENTINEL GET-PRIMARY-ADDR-BY-NAME", 3, .readonly, "primary-name"),
            .keyless("SENTINEL HELP", 2, .readonly, ""),
            .keyless("SENTINEL INFO-CACHE", -3, .readonly, "nodename [nodename ...]"),
            .keyless("SENTINEL IS-MASTER-DOWN-BY-ADDR", 6, [], "ip port current-epoch runid"),
            .keyless("SENTINEL IS-PRIMARY-DOWN-BY-ADDR", 6, [], "ip port current-epoch runid"),
            .keyless("SENTINEL MASTER", 3, .readonly, "master-name").replies(.pairs),
            .keyless("SENTINEL MASTERS", 2, .readonly, "").replies(.records),
            .keyless("SENTINEL MONITOR", 6, [], "name ip port quorum"),
            .keyless("SENTINEL MYID", 2, .readonly, ""),
            .keyless("SENTINEL PENDING-SCRIPTS", 2, .readonly, "").replies(.records),
            .keyless("SENTINEL PRIMARIES", 2, .readonly, "").replies(.records),
            .keyless("SENTINEL PRIMARY", 3, .readonly, "primary-name").replies(.pairs),
            .keyless("SENTINEL REMOVE", 3, [], "master-name"),
            .keyless("SENTINEL REPLICAS", 3, .readonly, "master-name").replies(.records),
            .keyless("SENTINEL RESET", 3, [], "pattern"),
            .keyless("SENTINEL SENTINELS", 3, .readonly, "master-name").replies(.records),
            .keyless("SENTINEL SET", -5, [], "master-name option value [option value ...]").secret(.secretParameter),
            .keyless("SENTINEL SIMULATE-FAILURE", -3, [], "mode [mode ...]"),
            .keyless("SENTINEL SLAVES", 3, .readonly, "master-name").replies(.records),
        ]
        return rows.map {
            $0.blocked(
                because: "a cluster has no sentinels: its nodes monitor each other",
                instead: "use CLUSTER NODES or CLUSTER SHARDS"
            )
        }
    }
}
