// A server: its settings, its data set as a whole, its replication.
extension CommandTable {
    private static let perMaster: StaticString = "each master reports on its own keys"
    private static let replicationIsManaged: StaticString = "the cluster itself manages which node replicates which"
    private static let manageReplication: StaticString = "use CLUSTER REPLICATE or CLUSTER FAILOVER on the node"

    @inline(never)
    static func servers() -> [CommandSpec] {
        [
            .everyNode("BACKUP ABORT", 2, [], aggregate: .allSucceeded, ""),
            .everyNode("BACKUP CLEANUP", 2, [], aggregate: .allSucceeded, ""),
            .keyless("BACKUP HELP", 2, .readonly, ""),
            .everyNode("BACKUP LIST", 2, .readonly, ""),
            .everyNode("BACKUP SEAL", 2, [], aggregate: .allSucceeded, ""),
            .everyNode("BACKUP START", 2, [], aggregate: .allSucceeded, ""),
            .everyNode("BACKUP STATUS", 2, .readonly, ""),
            .everyNode("BGREWRITEAOF", 1, [], aggregate: .allSucceeded, ""),
            .everyNode("BGSAVE", -1, [], aggregate: .allSucceeded, "[SCHEDULE|CANCEL]"),
            .everyNode("CONFIG GET", -3, [.readonly, .namesSettings], "parameter [parameter ...]").replies(.settings),
            .keyless("CONFIG HELP", 2, .readonly, ""),
            .everyNode("CONFIG RESETSTAT", 2, [], aggregate: .allSucceeded, ""),
            .everyNode("CONFIG REWRITE", 2, [], aggregate: .allSucceeded, ""),
            .everyNode(
                "CONFIG SET", -4, .namesSettings, aggregate: .allSucceeded, "parameter value [parameter value ...]"
            )
            .secret(.secretParameter),
            .everyNode("DBSIZE", 1, .readonly, aggregate: .sumOfMasters, ""),
            .keyless("FAILOVER", -1, [], "[TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]")
                .destroys(.unreplicatedWrites, .with("FORCE")),
            .fanOut(
                "FLUSHALL", -1, .write, to: .masters, merge: .perNode, aggregate: .allSucceeded, "[ASYNC|SYNC]"
            )
            .destroys(.everything)
            .differs(because: perMaster),
            .fanOut(
                "FLUSHDB", -1, .write, to: .masters, merge: .perNode, aggregate: .allSucceeded, "[ASYNC|SYNC]"
            )
            .destroys(.database)
            .differs(because: perMaster),
            .everyNode("INFO", -1, [.readonly, .text], "[section [section ...]]").replies(.sections),
            .everyNode("LASTSAVE", 1, .readonly, ""),
            .keyless("LOLWUT", -1, [.readonly, .text], "[VERSION version]"),
            .keyless("MONITOR", -1, [], MonitorFilter.syntax)
                .effect(.monitor)
                .onCluster("listens to every master, and follows failovers, new masters and slots that move"),
            .keyless("PSYNC", -3, [], "replicationid offset").effect(.silence),
            .keyless("REPLCONF", -1, [], "[option value [option value ...]]"),
            .keyless("REPLICAOF", 3, [], "<host port|NO ONE>")
                .destroys(.replacedData, .without("NO"))
                .blocked(because: replicationIsManaged, instead: manageReplication),
            .keyed(
                "RESTORE-ASKING", -4, .write, .first,
                "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]"
            ),
            .keyless("ROLE", 1, .readonly, "")
                .to(.sessionNode)
                .replies(
                    .nested(
                        "(role,masters)|(role,offset,replicas:[(host,port,offset)])|(role,host,port,state,offset)")),
            .everyNode("SAVE", 1, [], aggregate: .allSucceeded, ""),
            .keyless("SHUTDOWN", -1, [], "[NOSAVE|SAVE] [NOW] [FORCE] [ABORT]")
                .destroys(.everything, .without("ABORT"))
                .effect(.shutdown)
                .blocked(
                    because: "it would stop the nodes that hold the slots",
                    instead: "name the node: @HOST:PORT SHUTDOWN"
                ),
            .keyless("SLAVEOF", 3, [], "<host port|NO ONE>")
                .destroys(.replacedData, .without("NO"))
                .blocked(because: replicationIsManaged, instead: manageReplication),
            .keyless("SWAPDB", 3, .write, "index1 index2").destroys(.namedDatabases),
            .keyless("SYNC", 1, [], "").effect(.silence),
            .everyNode("TIME", 1, .readonly, "").replies(.columns("seconds micros")),
        ]
    }
}
