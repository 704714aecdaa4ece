# bash completion of slotline, made by Scripts/completions.

_slotline() {
    local line=${COMP_LINE:0:COMP_POINT} candidates='' prefix='' index=1 last current breaks
    local -a words
    read -ra words <<<"$line"
    [[ $line == *[[:blank:]] ]] && words+=('')
    last=$((${#words[@]} - 1))
    current=${words[last]}
    while ((index < last)); do
        case ${words[index]} in
            -h | -p | -s | -u | -n | -t | --retry-for | --reply-timeout | -a | --pass | --user | --pass-file | --pass-command | --pass-command-ttl | --cacert | --cacertdir | --cert | --key | --sni | --tls-name | --tls-ciphers | --tls-ciphersuites | --map | --unblock | --read-from | --key-prefix | --confirm | --prompt-color | --profile | -X | -r | -i | --file | --reject | --max-errors | --rate | --pipe-timeout | --resume | --theme | -d | -D | --show-pushes | --eval | --pattern | --quoted-pattern | --type | --count | --shape | --intrinsic-latency | --memkeys-samples | --keystats-samples | --top | --cursor | --hotkeys-count | --lru-test | --rdb | --functions-rdb | --completions) ((index += 2)) ;;
            -*) ((index += 1)) ;;
            @*)
                ((index += 1))
                break
                ;;
            *) break ;;
        esac
    done
    COMPREPLY=()
    if ((index > last)); then
        _slotline_value "${words[last - 1]}"
    elif ((index + 1 == last)); then
        _slotline_subcommand "${words[index]}"
    elif ((index == last)); then
        case $current in
            --*=*)
                prefix=${current%%=*}=
                _slotline_value "${current%%=*}"
                ;;
            -*) candidates='-h -p -s -u -n -2 -3 -t -4 -6 --retry-for --reply-timeout -a --pass --user --askpass --pass-file --pass-command --pass-command-ttl --no-auth-warning --tls --cacert --cacertdir --cert --key --sni --tls-name --insecure --tls-ciphers --tls-ciphersuites -c --aggregate --no-aggregate --map --map-to-seed --one-endpoint --strict --unblock --read-from --key-prefix --read-only --confirm --yes --prompt-color --profile --write-config --explain-config -x -X --quoted-input -r -i --file -e --ignore-errors --pipe --reject --max-errors --rate --pipe-timeout --resume --raw --no-raw --csv --json --quoted-json --objects --theme -d -D --show-pushes --debug --verbose --eval --ldb --ldb-sync-mode --scan --pattern --quoted-pattern --type --count --recover --diagnose --playground --shape --stat --latency --latency-history --latency-dist --mono --intrinsic-latency --bigkeys --memkeys --memkeys-samples --keystats --keystats-samples --top --cursor --hotkeys --hotkeys-count --lru-test --rdb --functions-rdb --replica --slave --help --man -v --version --completions' ;;
            @*) candidates='@all @masters @replicas @random @slot: @key:' ;;
            *) candidates='ACL APPEND ARCOUNT ARDEL ARDELRANGE ARGET ARGETRANGE ARGREP ARINFO ARINSERT ARLASTITEMS ARLEN ARMGET ARMSET ARNEXT AROP ARRING ARSCAN ARSEEK ARSET ASKING AUTH BACKUP BF.ADD BF.CARD BF.DEBUG BF.EXISTS BF.INFO BF.INSERT BF.LOADCHUNK BF.MADD BF.MEXISTS BF.RESERVE BF.SCANDUMP BGREWRITEAOF BGSAVE BITCOUNT BITFIELD BITFIELD_RO BITOP BITPOS BITRANGEINTARRAY BLESS BLMOVE BLMOVEM BLMPOP BLPOP BRPOP BRPOPLPUSH BZMOVE BZMPOP BZPOPMAX BZPOPMIN CF.ADD CF.ADDNX CF.COUNT CF.DEBUG CF.DEL CF.EXISTS CF.INFO CF.INSERT CF.INSERTNX CF.LOADCHUNK CF.MEXISTS CF.RESERVE CF.SCANDUMP CLIENT CLUSTER CLUSTERSCAN CMS.INCRBY CMS.INFO CMS.INITBYDIM CMS.INITBYPROB CMS.MERGE CMS.QUERY COMMAND COMMANDLOG CONFIG COPY DBSIZE DEBUG DECR DECRBY DEL DELEX DELIFEQ DIGEST DISCARD DUMP ECHO EVAL EVALSHA EVALSHA_RO EVAL_RO EXEC EXISTS EXPIRE EXPIREAT EXPIRETIME FAILOVER FCALL FCALL_RO FLUSHALL FLUSHDB FT.AGGREGATE FT.ALIASADD FT.ALIASDEL FT.ALIASLIST FT.ALIASUPDATE FT.ALTER FT.CONFIG FT.CREATE FT.CURSOR FT.DICTADD FT.DICTDEL FT.DICTDUMP FT.DROPINDEX FT.EXPLAIN FT.EXPLAINCLI FT.HYBRID FT.INFO FT.PROFILE FT.SEARCH FT.SPELLCHECK FT.SUGADD FT.SUGDEL FT.SUGGET FT.SUGLEN FT.SYNDUMP FT.SYNUPDATE FT.TAGVALS FUNCTION GEOADD GEODIST GEOHASH GEOPOS GEORADIUS GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH GEOSEARCHSTORE GET GETBIT GETDEL GETEX GETRANGE GETSET HDEL HELLO HEXISTS HEXPIRE HEXPIREAT HEXPIRETIME HGET HGETALL HGETDEL HGETEX HIMPORT HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET HMSET HOTKEYS HPERSIST HPEXPIRE HPEXPIREAT HPEXPIRETIME HPTTL HRANDFIELD HSCAN HSCAN_ITER HSET HSETEX HSETNX HSTRLEN HTTL HVALS INCR INCRBY INCRBYFLOAT INCREX INFO JSON.ARRAPPEND JSON.ARRINDEX JSON.ARRINSERT JSON.ARRLEN JSON.ARRPOP JSON.ARRTRIM JSON.CLEAR JSON.DEBUG JSON.DEL JSON.FORGET JSON.GET JSON.MERGE JSON.MGET JSON.MSET JSON.NUMINCRBY JSON.NUMMULTBY JSON.NUMPOWBY JSON.OBJKEYS JSON.OBJLEN JSON.RESP JSON.SET JSON.STRAPPEND JSON.STRLEN JSON.TOGGLE JSON.TYPE KEYS LASTSAVE LATENCY LCS LINDEX LINSERT LLEN LMOVE LMOVEM LMPOP LOLWUT LPOP LPOS LPUSH LPUSHX LRANGE LREM LSET LTRIM MEMORY MGET MIGRATE MODULE MONITOR MOVE MSET MSETEX MSETNX MULTI OBJECT PERSIST PEXPIRE PEXPIREAT PEXPIRETIME PFADD PFCOUNT PFDEBUG PFMERGE PFSELFTEST PHCARD PHDEL PHDELPREFIX PHEXISTS PHGET PHGETALL PHSCAN PHSET PING PSETEX PSUBSCRIBE PSYNC PTTL PUBLISH PUBSUB PUNSUBSCRIBE QUIT RANDOMKEY READONLY READWRITE RENAME RENAMENX REPLCONF REPLICAOF RESET RESTORE RESTORE-ASKING ROLE RPOP RPOPLPUSH RPUSH RPUSHX SADD SADDEX SAVE SCAN SCAN_ITER SCARD SCRIPT SDIFF SDIFFCARD SDIFFSTORE SELECT SENTINEL SET SETBIT SETEX SETNX SETRANGE SEXPIRE SEXPIREAT SEXPIRETIME SFLUSH SHUTDOWN SINTER SINTERCARD SINTERSTORE SISMEMBER SLAVEOF SLOWLOG SMEMBERS SMISMEMBER SMOVE SORT SORT_RO SPERSIST SPEXPIRE SPEXPIREAT SPEXPIRETIME SPOP SPTTL SPUBLISH SRANDMEMBER SREM SSCAN SSCAN_ITER SSUBSCRIBE STRLEN STTL SUBSCRIBE SUBSTR SUNION SUNIONCARD SUNIONSTORE SUNSUBSCRIBE SWAPDB SYNC TDIGEST.ADD TDIGEST.BYRANK TDIGEST.BYREVRANK TDIGEST.CDF TDIGEST.CREATE TDIGEST.INFO TDIGEST.MAX TDIGEST.MERGE TDIGEST.MIN TDIGEST.QUANTILE TDIGEST.RANK TDIGEST.RESET TDIGEST.REVRANK TDIGEST.TRIMMED_MEAN TIME TOPK.ADD TOPK.COUNT TOPK.INCRBY TOPK.INFO TOPK.LIST TOPK.QUERY TOPK.RESERVE TOUCH TS.ADD TS.ALTER TS.CREATE TS.CREATERULE TS.DECRBY TS.DEL TS.DELETERULE TS.GET TS.INCRBY TS.INFO TS.MADD TS.MGET TS.MRANGE TS.MREVRANGE TS.NRANGE TS.NREVRANGE TS.QUERYINDEX TS.QUERYLABELS TS.RANGE TS.READ TS.REVRANGE TTL TYPE UNLINK UNSUBSCRIBE UNWATCH VADD VCARD VDIM VEMB VGETATTR VINFO VISMEMBER VLINKS VRANDMEMBER VRANGE VREM VSETATTR VSIM WAIT WAITAOF WATCH XACK XACKDEL XADD XAUTOCLAIM XCFGSET XCLAIM XDEL XDELEX XGROUP XIDMPRECORD XINFO XLEN XNACK XPENDING XRANGE XREAD XREADGROUP XREVRANGE XSETID XTRIM ZADD ZCARD ZCOUNT ZDIFF ZDIFFSTORE ZINCRBY ZINTER ZINTERCARD ZINTERSTORE ZLEXCOUNT ZMOVE ZMOVEMEMBER ZMPOP ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANGESTORE ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCAN_ITER ZSCORE ZUNION ZUNIONSTORE' ;;
        esac
    fi
    # Commands in the case that is being typed.
    [[ $current == [[:lower:]]* ]] && candidates=${candidates,,}
    if [[ -n $candidates ]]; then
        mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$candidates" -- "${current#"$prefix"}")
    fi
    [[ ${COMPREPLY[0]} == *: ]] && compopt -o nospace
    breaks=${COMP_WORDBREAKS//[^=:]/}
    if [[ -n $breaks && $current == *[$breaks]* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${current%"${current##*["$breaks"]}"}"}")
    fi
}

_slotline_value() {
    case $1 in
        -h) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A hostname -- "${current#"$prefix"}") ;;
        -s) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --pass-file) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --cacert) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --cacertdir) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --cert) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --key) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --sni) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A hostname -- "${current#"$prefix"}") ;;
        --tls-name) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A hostname -- "${current#"$prefix"}") ;;
        --read-from) candidates='master prefer-replica replica' ;;
        --confirm) candidates='none ask name' ;;
        --prompt-color) candidates='red green yellow blue magenta cyan' ;;
        --profile) candidates=$(sed -n 's/^[[:blank:]]*\[\([^]"]*\)\].*/\1/p' "${XDG_CONFIG_HOME:-$HOME/.config}/slotline/config" 2>/dev/null) ;;
        --file) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --reject) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --resume) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --theme) candidates='auto dark light none' ;;
        --show-pushes) candidates='yes no' ;;
        --eval) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --type) candidates='list hash string stream set zset' ;;
        --rdb) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --functions-rdb) mapfile -t COMPREPLY < <(compgen -P "$prefix" -A file -- "${current#"$prefix"}") ;;
        --completions) candidates='bash zsh fish' ;;
    esac
}

_slotline_subcommand() {
    case ${1^^} in
        ACL) candidates='CAT DELROLE DELUSER DRYRUN GENPASS GETUSER HELP LIST LOAD LOG SAVE SETROLE SETUSER USERS WHOAMI' ;;
        BACKUP) candidates='ABORT CLEANUP HELP LIST SEAL START STATUS' ;;
        BLESS) candidates='CLEAR GET HELP SCAN SET' ;;
        CLIENT) candidates='CACHING CAPA GETNAME GETREDIR HELP ID IMPORT-SOURCE INFO KILL LIST NO-EVICT NO-TOUCH PAUSE REPLY SETINFO SETNAME TRACKING TRACKINGINFO UNBLOCK UNPAUSE' ;;
        CLUSTER) candidates='ADDSLOTS ADDSLOTSRANGE BUMPEPOCH CANCELSLOTMIGRATIONS COUNT-FAILURE-REPORTS COUNTKEYSINSLOT DELSLOTS DELSLOTSRANGE FAILOVER FLUSHSLOT FLUSHSLOTS FORGET GETKEYSINSLOT GETSLOTMIGRATIONS HELP INFO KEYSLOT LINKS MEET MIGRATESLOTS MIGRATION MYID MYSHARDID NODES REPLICAS REPLICATE RESET SAVECONFIG SET-CONFIG-EPOCH SETSLOT SHARDS SLAVES SLOT-STATS SLOTS SYNCSLOTS' ;;
        COMMAND) candidates='COUNT DOCS GETKEYS GETKEYSANDFLAGS HELP INFO LIST' ;;
        COMMANDLOG) candidates='GET HELP LEN RESET' ;;
        CONFIG) candidates='GET HELP RESETSTAT REWRITE SET' ;;
        DEBUG) candidates='ASSERT CLIENT-EVICTION CRASH-AND-RECOVER DIGEST-VALUE HTSTATS HTSTATS-KEY LISTPACK OBJECT OOM PANIC QUICKLIST RESTART SDSLEN SEGFAULT SLEEP' ;;
        FT.CONFIG) candidates='GET HELP SET' ;;
        FT.CURSOR) candidates='DEL READ' ;;
        FUNCTION) candidates='DELETE DUMP FLUSH HELP KILL LIST LOAD RESTORE STATS' ;;
        HIMPORT) candidates='DISCARD DISCARDALL PREPARE SET' ;;
        HOTKEYS) candidates='GET HELP RESET START STOP' ;;
        JSON.DEBUG) candidates='HELP MEMORY' ;;
        LATENCY) candidates='DOCTOR GRAPH HELP HISTOGRAM HISTORY LATEST RESET' ;;
        MEMORY) candidates='DOCTOR HELP MALLOC-STATS PURGE STATS USAGE' ;;
        MODULE) candidates='HELP LIST LOAD LOADEX UNLOAD' ;;
        OBJECT) candidates='ENCODING FREQ HELP IDLETIME REFCOUNT' ;;
        PUBSUB) candidates='CHANNELS HELP NUMPAT NUMSUB SHARDCHANNELS SHARDNUMSUB' ;;
        SCRIPT) candidates='DEBUG EXISTS FLUSH HELP KILL LOAD SHOW' ;;
        SENTINEL) candidates='CKQUORUM CONFIG DEBUG FAILOVER FLUSHCONFIG GET-MASTER-ADDR-BY-NAME GET-PRIMARY-ADDR-BY-NAME HELP INFO-CACHE IS-MASTER-DOWN-BY-ADDR IS-PRIMARY-DOWN-BY-ADDR MASTER MASTERS MONITOR MYID PENDING-SCRIPTS PRIMARIES PRIMARY REMOVE REPLICAS RESET SENTINELS SET SIMULATE-FAILURE SLAVES' ;;
        SLOWLOG) candidates='GET HELP LEN RESET' ;;
        XGROUP) candidates='CREATE CREATECONSUMER DELCONSUMER DESTROY HELP SETID' ;;
        XINFO) candidates='CONSUMERS GROUPS HELP STREAM' ;;
    esac
}

complete -F _slotline slotline
