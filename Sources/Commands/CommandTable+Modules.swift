// Commands from modules, which are part of the server since Redis 8: documents, search, time series, sketches and
// vector sets.
extension CommandTable {
    @inline(never)
    static func documents() -> [CommandSpec] {
        [
            .keyed("JSON.ARRAPPEND", -3, .write, .first, "key [path] json [json ...]"),
            .keyed("JSON.ARRINDEX", -4, .readonly, .first, "key path json-value [start [stop]]"),
            .keyed("JSON.ARRINSERT", -5, .write, .first, "key path index json [json ...]"),
            .keyed("JSON.ARRLEN", -2, .readonly, .first, "key [path]"),
            .keyed("JSON.ARRPOP", -2, .write, .first, "key [FORMAT STRINGS|EXPAND1|EXPAND] [path [index]]"),
            .keyed("JSON.ARRTRIM", 5, .write, .first, "key path start stop"),
            .keyed("JSON.CLEAR", -2, .write, .first, "key [path]"),
            .keyless("JSON.DEBUG HELP", 2, .readonly, ""),
            .keyed("JSON.DEBUG MEMORY", -3, .readonly, .second, "key [path]"),
            .keyed("JSON.DEL", -2, .write, .first, "key [path]"),
            .keyed("JSON.FORGET", -2, .write, .first, "key [path]"),
            .keyed(
                "JSON.GET", -2, .readonly, .first,
                "key [INDENT indent] [NEWLINE newline] [SPACE space] [FORMAT STRING|EXPAND1|EXPAND] [path [path ...]]"
            ),
            .keyed("JSON.MERGE", -4, .write, .first, "key path json [FORMAT STRING|JSON|BSON]"),
            .keyed("JSON.MGET", -3, .readonly, .allButLast, "key [key ...] path").across(.split(.valuesInOrder)),
            .keyed(
                "JSON.MSET", -4, .write, .everyThird,
                "key path json [key path json ...]"
            )
            .across(.split(.allSucceeded)),
            .keyed("JSON.NUMINCRBY", 4, .write, .first, "key path number"),
            .keyed("JSON.NUMMULTBY", 4, .write, .first, "key path number"),
            .keyed("JSON.NUMPOWBY", 4, .write, .first, "key path number"),
            .keyed("JSON.OBJKEYS", -2, .readonly, .first, "key [path]"),
            .keyed("JSON.OBJLEN", -2, .readonly, .first, "key [path]"),
            .keyed("JSON.RESP", -2, .readonly, .first, "key [path]"),
            .keyed(
                "JSON.SET", -4, .write, .first,
                "key path json [NX|XX] [FPHA BF16|FP16|FP32|FP64] [FORMAT STRING|JSON|BSON]"
            ),
            .keyed("JSON.STRAPPEND", -3, .write, .first, "key [path] json-string"),
            .keyed("JSON.STRLEN", -2, .readonly, .first, "key [path]"),
            .keyed("JSON.TOGGLE", 3, .write, .first, "key path"),
            .keyed("JSON.TYPE", -2, .readonly, .first, "key [path]"),
        ]
    }

    /// Any node answers for all indexes, except for suggestions, which are in a key.
    @inline(never)
    static func search() -> [CommandSpec] {
        [
            .keyless("FT.AGGREGATE", -3, .readonly, "index query [argument ...]"),
            .keyless("FT.ALIASADD", 3, .write, "alias index"),
            .keyless("FT.ALIASDEL", 2, .write, "alias"),
            .keyless("FT.ALIASLIST", 2, .readonly, "index"),
            .keyless("FT.ALIASUPDATE", 3, .write, "alias index"),
            .keyless("FT.ALTER", -6, .write, "index [SKIPINITIALSCAN] SCHEMA ADD field options [option ...]"),
            .keyless("FT.CONFIG GET", 3, .readonly, "option").replies(.nested("<>")),
            .keyless("FT.CONFIG HELP", 3, .readonly, "option"),
            .keyless("FT.CONFIG SET", 4, .write, "option value"),
            .keyless(
                "FT.CREATE", -5, .write,
                """
                index [ON HASH|JSON] [PREFIX count prefix [prefix ...]] [FILTER filter] [option ...] SCHEMA field \
                type [option ...]
                """
            ),
            .keyless("FT.CURSOR DEL", 4, .readonly, "index cursor-id"),
            .keyless("FT.CURSOR READ", -4, .readonly, "index cursor-id [COUNT read-size]"),
            .keyless("FT.DICTADD", -3, .write, "dict term [term ...]"),
            .keyless("FT.DICTDEL", -3, .write, "dict term [term ...]"),
            .keyless("FT.DICTDUMP", 2, .readonly, "dict"),
            .keyless("FT.DROPINDEX", -2, .write, "index [DD]"),
            .keyless("FT.EXPLAIN", -3, .readonly, "index query [DIALECT dialect]"),
            .keyless("FT.EXPLAINCLI", -3, .readonly, "index query [DIALECT dialect]"),
            .keyless("FT.HYBRID", -7, .readonly, "index SEARCH query VSIM field vector [argument ...]"),
            .keyless("FT.INFO", 2, .readonly, "index")
                .replies(
                    .nested("{index_definition:{},attributes:[{}],gc_stats:{},cursor_stats:{},dialect_stats:{}}")),
            .keyless("FT.PROFILE", -5, .readonly, "index SEARCH|HYBRID|AGGREGATE [LIMITED] QUERY query [argument ...]"),
            .keyless("FT.SEARCH", -3, .readonly, "index query [argument ...]"),
            .keyless(
                "FT.SPELLCHECK", -3, .readonly,
                """
                index query [DISTANCE distance] [TERMS INCLUDE|EXCLUDE dictionary [terms [terms ...]]] [DIALECT \
                dialect]
                """
            ),
            .keyed("FT.SUGADD", -4, .write, .first, "key string score [INCR] [PAYLOAD payload]"),
            .keyed("FT.SUGDEL", 3, .write, .first, "key string"),
            .keyed("FT.SUGGET", -3, .readonly, .first, "key prefix [FUZZY] [WITHSCORES] [WITHPAYLOADS] [MAX max]")
                .replies(.columns("suggestion WITHSCORES:score WITHPAYLOADS:payload")),
            .keyed("FT.SUGLEN", 2, .readonly, .first, "key"),
            .keyless("FT.SYNDUMP", 2, .readonly, "index").replies(.pairs),
            .keyless("FT.SYNUPDATE", -4, .write, "index synonym_group_id [SKIPINITIALSCAN] term [term ...]"),
            .keyless("FT.TAGVALS", 3, .readonly, "index field_name"),
        ]
    }

    @inline(never)
    static func timeSeries() -> [CommandSpec] {
        [
            .keyed(
                "TS.ADD", -4, .write, .first,
                """
                key timestamp value [RETENTION retentionPeriod] [ENCODING COMPRESSED|UNCOMPRESSED] [CHUNK_SIZE size] \
                [DUPLICATE_POLICY policy] [IGNORE ignoreMaxTimeDiff ignoreMaxValDiff] [ON_DUPLICATE policy] [LABELS \
                label value [label value ...]]
                """
            ),
            .keyed(
                "TS.ALTER", -2, .write, .first,
                """
                key [RETENTION retentionPeriod] [CHUNK_SIZE size] [DUPLICATE_POLICY policy] [IGNORE \
                ignoreMaxTimeDiff ignoreMaxValDiff] [LABELS label value [label value ...]]
                """
            ),
            .keyed(
                "TS.CREATE", -2, .write, .first,
                """
                key [RETENTION retentionPeriod] [ENCODING COMPRESSED|UNCOMPRESSED] [CHUNK_SIZE size] \
                [DUPLICATE_POLICY policy] [IGNORE ignoreMaxTimeDiff ignoreMaxValDiff] [LABELS label value [label \
                value ...]]
                """
            ),
            .keyed(
                "TS.CREATERULE", -6, .write, .firstTwo,
                "source-key destination-key AGGREGATION aggregator bucketDuration [alignTimestamp]"
            ),
            .keyed(
                "TS.DECRBY", -3, .write, .first,
                """
                key subtrahend [TIMESTAMP timestamp] [RETENTION retentionPeriod] [ENCODING COMPRESSED|UNCOMPRESSED] \
                [CHUNK_SIZE size] [DUPLICATE_POLICY policy] [IGNORE ignoreMaxTimeDiff ignoreMaxValDiff] [LABELS \
                label value [label value ...]]
                """
            ),
            .keyed("TS.DEL", 4, .write, .first, "key fromTimestamp toTimestamp"),
            .keyed("TS.DELETERULE", 3, .write, .firstTwo, "source-key destination-key"),
            .keyed("TS.GET", -2, .readonly, .first, "key [LATEST]").replies(.nested("(timestamp,value)")),
            .keyed(
                "TS.INCRBY", -3, .write, .first,
                """
                key addend [TIMESTAMP timestamp] [RETENTION retentionPeriod] [ENCODING COMPRESSED|UNCOMPRESSED] \
                [CHUNK_SIZE size] [DUPLICATE_POLICY policy] [IGNORE ignoreMaxTimeDiff ignoreMaxValDiff] [LABELS \
                label value [label value ...]]
                """
            ),
            .keyed("TS.INFO", -2, .readonly, .first, "key [DEBUG]").replies(.nested("{labels:<>,Chunks:[{}]}")),
            .keyed(
                "TS.MADD", -4, .write, .everyThird,
                "key timestamp value [key timestamp value ...]"
            )
            .across(.split(.valuesInOrder)),
            .keyless(
                "TS.MGET", -3, .readonly,
                "[LATEST] [WITHLABELS|SELECTED_LABELS label [label ...]] FILTER filterExpr [filterExpr ...]"
            ),
            .keyless(
                "TS.MRANGE", -5, .readonly,
                """
                fromTimestamp toTimestamp [LATEST] [FILTER_BY_TS ts [ts ...]] [FILTER_BY_VALUE min max] \
                [WITHLABELS|SELECTED_LABELS label [label ...]] [COUNT count] [[ALIGN align] AGGREGATION aggregators \
                bucketDuration [BUCKETTIMESTAMP bt] [EMPTY]] FILTER filterExpr [filterExpr ...] [GROUPBY label \
                REDUCE reducer] [EXCLUDEEMPTY]
                """
            ),
            .keyless(
                "TS.MREVRANGE", -5, .readonly,
                """
                fromTimestamp toTimestamp [LATEST] [FILTER_BY_TS ts [ts ...]] [FILTER_BY_VALUE min max] \
                [WITHLABELS|SELECTED_LABELS label [label ...]] [COUNT count] [[ALIGN align] AGGREGATION aggregators \
                bucketDuration [BUCKETTIMESTAMP bt] [EMPTY]] FILTER filterExpr [filterExpr ...] [GROUPBY label \
                REDUCE reducer] [EXCLUDEEMPTY]
                """
            ),
            .keyed(
                "TS.NRANGE", -5, .readonly, .counted,
                """
                numkeys key [key ...] fromTimestamp toTimestamp [LATEST] [FILTER_BY_TS ts [ts ...]] [FILTER_BY_VALUE \
                min max] [COUNT count] [[ALIGN align] AGGREGATION aggregators bucketDuration [BUCKETTIMESTAMP bt] \
                [EMPTY]]
                """
            ),
            .keyed(
                "TS.NREVRANGE", -5, .readonly, .counted,
                """
                numkeys key [key ...] fromTimestamp toTimestamp [LATEST] [FILTER_BY_TS ts [ts ...]] [FILTER_BY_VALUE \
                min max] [COUNT count] [[ALIGN align] AGGREGATION aggregators bucketDuration [BUCKETTIMESTAMP bt] \
                [EMPTY]]
                """
            ),
            .keyless("TS.QUERYINDEX", -2, .readonly, "filterExpr [filterExpr ...]"),
            .keyless("TS.QUERYLABELS", -2, .readonly, "<LABELS|VALUES label> [FILTER filterExpr [filterExpr ...]]"),
            .keyed(
                "TS.RANGE", -4, .readonly, .first,
                """
                key fromTimestamp toTimestamp [LATEST] [FILTER_BY_TS ts [ts ...]] [FILTER_BY_VALUE min max] [COUNT \
                count] [[ALIGN align] AGGREGATION aggregators bucketDuration [BUCKETTIMESTAMP bt] [EMPTY]]
                """
            ),
            .keyed(
                "TS.READ", -3, [.readonly, .blocking], .first,
                "key timestamp [BLOCK milliseconds min_count] [MAX_COUNT max_count]"
            )
            .waits(.block),
            .keyed(
                "TS.REVRANGE", -4, .readonly, .first,
                """
                key fromTimestamp toTimestamp [LATEST] [FILTER_BY_TS ts [ts ...]] [FILTER_BY_VALUE min max] [COUNT \
                count] [[ALIGN align] AGGREGATION aggregators bucketDuration [BUCKETTIMESTAMP bt] [EMPTY]]
                """
            ),
        ]
    }

    @inline(never)
    static func sketches() -> [CommandSpec] {
        [
            .keyed("BF.ADD", 3, .write, .first, "key item"),
            .keyed("BF.CARD", 2, .readonly, .first, "key"),
            .keyed("BF.DEBUG", 2, .readonly, .first, "key"),
            .keyed("BF.EXISTS", 3, .readonly, .first, "key item"),
            .keyed("BF.INFO", -2, .readonly, .first, "key [CAPACITY|SIZE|FILTERS|ITEMS|EXPANSION]").replies(.pairs),
            .keyed(
                "BF.INSERT", -4, .write, .first,
                """
                key [CAPACITY capacity] [ERROR error] [EXPANSION expansion] [NOCREATE] [NONSCALING] ITEMS item [item \
                ...]
                """
            ),
            .keyed("BF.LOADCHUNK", 4, .write, .first, "key iterator data"),
            .keyed("BF.MADD", -3, .write, .first, "key item [item ...]"),
            .keyed("BF.MEXISTS", -3, .readonly, .first, "key item [item ...]"),
            .keyed("BF.RESERVE", -4, .write, .first, "key error_rate capacity [EXPANSION expansion] [NONSCALING]"),
            .keyed("BF.SCANDUMP", 3, .readonly, .first, "key iterator"),
            .keyed("CF.ADD", 3, .write, .first, "key item"),
            .keyed("CF.ADDNX", 3, .write, .first, "key item"),
            .keyed("CF.COUNT", 3, .readonly, .first, "key item"),
            .keyed("CF.DEBUG", 2, .readonly, .first, "key"),
            .keyed("CF.DEL", 3, .write, .first, "key item"),
            .keyed("CF.EXISTS", 3, .readonly, .first, "key item"),
            .keyed("CF.INFO", 2, .readonly, .first, "key").replies(.pairs),
            .keyed("CF.INSERT", -4, .write, .first, "key [CAPACITY capacity] [NOCREATE] ITEMS item [item ...]"),
            .keyed("CF.INSERTNX", -4, .write, .first, "key [CAPACITY capacity] [NOCREATE] ITEMS item [item ...]"),
            .keyed("CF.LOADCHUNK", 4, .write, .first, "key iterator data"),
            .keyed("CF.MEXISTS", -3, .readonly, .first, "key item [item ...]"),
            .keyed(
                "CF.RESERVE", -3, .write, .first,
                "key capacity [BUCKETSIZE bucketsize] [MAXITERATIONS maxiterations] [EXPANSION expansion]"
            ),
            .keyed("CF.SCANDUMP", 3, .readonly, .first, "key iterator"),
            .keyed("CMS.INCRBY", -4, .write, .first, "key item increment [item increment ...]"),
            .keyed("CMS.INFO", 2, .readonly, .first, "key").replies(.pairs),
            .keyed("CMS.INITBYDIM", 4, .write, .first, "key width depth"),
            .keyed("CMS.INITBYPROB", 4, .write, .first, "key error probability"),
            .keyed(
                "CMS.MERGE", -4, .write, .destinationAndCounted,
                "destination numkeys source [source ...] [WEIGHTS weight [weight ...]]"
            ),
            .keyed("CMS.QUERY", -3, .readonly, .first, "key item [item ...]"),
            .keyed("TDIGEST.ADD", -3, .write, .first, "key value [value ...]"),
            .keyed("TDIGEST.BYRANK", -3, .readonly, .first, "key rank [rank ...]"),
            .keyed("TDIGEST.BYREVRANK", -3, .readonly, .first, "key reverse_rank [reverse_rank ...]"),
            .keyed("TDIGEST.CDF", -3, .readonly, .first, "key value [value ...]"),
            .keyed("TDIGEST.CREATE", -2, .write, .first, "key [COMPRESSION compression]"),
            .keyed("TDIGEST.INFO", 2, .readonly, .first, "key").replies(.pairs),
            .keyed("TDIGEST.MAX", 2, .readonly, .first, "key"),
            .keyed(
                "TDIGEST.MERGE", -4, .write, .destinationAndCounted,
                "destination-key numkeys source-key [source-key ...] [COMPRESSION compression] [OVERRIDE]"
            ),
            .keyed("TDIGEST.MIN", 2, .readonly, .first, "key"),
            .keyed("TDIGEST.QUANTILE", -3, .readonly, .first, "key quantile [quantile ...]"),
            .keyed("TDIGEST.RANK", -3, .readonly, .first, "key value [value ...]"),
            .keyed("TDIGEST.RESET", 2, .write, .first, "key"),
            .keyed("TDIGEST.REVRANK", -3, .readonly, .first, "key value [value ...]"),
            .keyed("TDIGEST.TRIMMED_MEAN", 4, .readonly, .first, "key low_cut_quantile high_cut_quantile"),
            .keyed("TOPK.ADD", -3, .write, .first, "key item [item ...]"),
            .keyed("TOPK.COUNT", -3, .readonly, .first, "key item [item ...]"),
            .keyed("TOPK.INCRBY", -4, .write, .first, "key item increment [item increment ...]"),
            .keyed("TOPK.INFO", 2, .readonly, .first, "key").replies(.pairs),
            .keyed("TOPK.LIST", -2, .readonly, .first, "key [WITHCOUNT]").replies(.columns("item WITHCOUNT:count")),
            .keyed("TOPK.QUERY", -3, .readonly, .first, "key item [item ...]"),
            .keyed("TOPK.RESERVE", -3, .write, .first, "key topk [width depth decay]"),
        ]
    }

    @inline(never)
    static func vectorSets() -> [CommandSpec] {
        [
            .keyed(
                "VADD", -5, .write, .first,
                """
                key [REDUCE dim] FP32|VALUES vector element [CAS] [NOQUANT|BIN|Q8] [EF build-exploration-factor] \
                [SETATTR attributes] [M numlinks]
                """
            ),
            .keyed("VCARD", 2, .readonly, .first, "key"),
            .keyed("VDIM", 2, .readonly, .first, "key"),
            .keyed("VEMB", -3, .readonly, .first, "key element [RAW]"),
            .keyed("VGETATTR", 3, .readonly, .first, "key element"),
            .keyed("VINFO", 2, .readonly, .first, "key").replies(.pairs),
            .keyed("VISMEMBER", 3, .readonly, .first, "key element"),
            .keyed("VLINKS", -3, .readonly, .first, "key element [WITHSCORES]").replies(.nested("WITHSCORES?[<>]")),
            .keyed("VRANDMEMBER", -2, .readonly, .first, "key [count]"),
            .keyed("VRANGE", -4, .readonly, .first, "key start end [count]"),
            .keyed("VREM", 3, .write, .first, "key element"),
            .keyed("VSETATTR", 4, .write, .first, "key element json"),
            .keyed(
                "VSIM", -4, .readonly, .first,
                """
                key ELE|FP32|VALUES vector_or_element [WITHSCORES] [WITHATTRIBS] [COUNT count] [EPSILON \
                max_distance] [EF search-exploration-factor] [FILTER expression] [FILTER-EF max-filtering-effort] \
                [TRUTH] [NOTHREAD]
                """
            )
            .replies(.columns("element WITHSCORES:score WITHATTRIBS:attributes")),
        ]
    }
}
