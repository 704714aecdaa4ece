// Connections, and the messages that come over them.
extension CommandTable {
    private static let ownSubscribers: StaticString = "each node only knows its own subscribers"
    private static let channels: StaticString = """
        messages are heard once, at any node; the events of keys (__keyspace@0__:name, __keyevent@0__:name) at every master
        """

    @inline(never)
    static func connections() -> [CommandSpec] {
        [
            .keyless("AUTH", -2, [], "[username] password").effect(.authenticate).secret(.always),
            .keyless("CLIENT CACHING", 3, .ofConnection, "YES|NO"),
            .keyless("CLIENT CAPA", -3, .ofConnection, "capability [capability ...]"),
            .everyNode("CLIENT GETNAME", 2, .readonly, ""),
            .keyless("CLIENT GETREDIR", 2, .readonly, ""),
            .keyless("CLIENT HELP", 2, .readonly, ""),
            .keyless("CLIENT ID", 2, .readonly, ""),
            .keyless("CLIENT IMPORT-SOURCE", 3, [], "ON|OFF").effect(.setting),
            .keyless("CLIENT INFO", 2, [.readonly, .text], "").replies(.client),
            .fanOut(
                "CLIENT KILL", -3, [], to: .allNodes, merge: .perNodeOneSucceeded,
                "<ip:port|filter value [filter value ...]>"
            )
            .names(.filter)
            .differs(because: "the connection may be on any node"),
            .everyNode(
                "CLIENT LIST", -2, [.readonly, .text],
                "[TYPE NORMAL|MASTER|REPLICA|PUBSUB] [ID client-id [client-id ...]]"
            )
            .replies(.clients),
            .keyless("CLIENT NO-EVICT", 3, [], "ON|OFF").effect(.setting),
            .keyless("CLIENT NO-TOUCH", 3, [], "ON|OFF").effect(.setting),
            .everyNode("CLIENT PAUSE", -3, [], aggregate: .allSucceeded, "timeout [WRITE|ALL]"),
            .keyless("CLIENT REPLY", 3, [], "ON|OFF|SKIP").effect(.silence),
            .fanOut("CLIENT SETINFO", 4, [], to: .allNodes, merge: .allSucceeded, "<LIB-NAME name|LIB-VER version>")
                .effect(.setting),
            .everyNode("CLIENT SETNAME", 3, [], aggregate: .allSucceeded, "connection-name").effect(.setName),
            .fanOut(
                "CLIENT TRACKING", -3, [], to: .masters, merge: .allSucceeded,
                "ON|OFF [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]"
            )
            .effect(.setting)
            .names(.redirection)
            .differs(because: "each master tells only of its own keys, and of none to a connection it does not have"),
            .keyless("CLIENT TRACKINGINFO", 2, .readonly, "")
                .replies(.pairs),
            .keyless("CLIENT UNBLOCK", -3, [], "client-id [TIMEOUT|ERROR]").names(.argument),
            .everyNode("CLIENT UNPAUSE", 2, [], aggregate: .allSucceeded, ""),
            .everyNode("ECHO", 2, .readonly, aggregate: .allSucceeded, "message"),
            .keyless("HELLO", -1, [], "[protover [AUTH username password] [SETNAME clientname]]")
                .effect(.hello)
                .replies(.nested("{modules:[{}]}"))
                .secret(.authKeyword),
            .everyNode("PING", -1, .readonly, aggregate: .allSucceeded, "[message]"),
            .keyless("QUIT", -1, .ofConnection, ""),
            .keyless("RESET", 1, [], "").effect(.reset),
            .keyless("SELECT", 2, [], "index").effect(.select),
        ]
    }

    @inline(never)
    static func messages() -> [CommandSpec] {
        [
            .keyless("PSUBSCRIBE", -2, [], "pattern [pattern ...]").effect(.subscribe).onCluster(channels),
            .keyless("PUBLISH", 3, [], "channel message")
                .to(.randomNode)
                .differs(because: "a message reaches the subscribers of all nodes, whichever node receives it"),
            .fanOut("PUBSUB CHANNELS", -2, .readonly, to: .allNodes, merge: .sortedUnion, "[pattern]")
                .differs(because: ownSubscribers),
            .keyless("PUBSUB HELP", 2, .readonly, ""),
            .fanOut("PUBSUB NUMPAT", 2, .readonly, to: .allNodes, merge: .sum, "").differs(because: ownSubscribers),
            .fanOut("PUBSUB NUMSUB", -2, .readonly, to: .allNodes, merge: .sumByField, "[channel [channel ...]]")
                .replies(.pairs)
                .differs(because: ownSubscribers),
            .fanOut("PUBSUB SHARDCHANNELS", -2, .readonly, to: .allNodes, merge: .sortedUnion, "[pattern]")
                .differs(because: ownSubscribers),
            .fanOut(
                "PUBSUB SHARDNUMSUB", -2, .readonly, to: .allNodes, merge: .sumByField,
                "[shardchannel [shardchannel ...]]"
            )
            .replies(.pairs)
            .differs(because: ownSubscribers),
            .keyless("PUNSUBSCRIBE", -1, [], "[pattern [pattern ...]]").effect(.unsubscribe),
            .keyed("SPUBLISH", 3, [], .first, "shardchannel message"),
            .keyed("SSUBSCRIBE", -2, [], .all, "shardchannel [shardchannel ...]").effect(.subscribe),
            .keyless("SUBSCRIBE", -2, [], "channel [channel ...]").effect(.subscribe).onCluster(channels),
            .keyed("SUNSUBSCRIBE", -1, [], .all, "[shardchannel [shardchannel ...]]").effect(.unsubscribe),
            .keyless("UNSUBSCRIBE", -1, [], "[channel [channel ...]]").effect(.unsubscribe),
        ]
    }
}
