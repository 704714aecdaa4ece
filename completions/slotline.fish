# fish completion of slotline, made by Scripts/completions.

# Prints the words before the cursor that stand behind the options.
function __slotline_words
    set -l words (commandline -opc)[2..]
    while set -q words[1]
        switch $words[1]
            case -h -p -s -u -n -t --retry-for -a --pass --user --unblock --key-prefix -X -r -i --file --reject --max-errors --rate --pipe-timeout --resume -d -D --show-pushes --eval --pattern --quoted-pattern --type --count --shape --intrinsic-latency --memkeys-samples --keystats-samples --top --cursor --hotkeys-count --lru-test --rdb --functions-rdb --completions
                set words $words[3..]
            case '-*'
                set words $words[2..]
            case '*'
                break
        end
    end
    string join \n -- $words
end

# The same without a target.
function __slotline_command_words
    set -l words (__slotline_words)
    string match -q '@*' -- "$words[1]"; and set words $words[2..]
    string join \n -- $words
end

function __slotline_at_options
    test (count (__slotline_words)) = 0
end

function __slotline_at_command
    test (count (__slotline_command_words)) = 0
end

function __slotline_behind
    set -l words (__slotline_command_words)
    test (count $words) = 1; and string match -qi -- $argv[1] $words
end

complete -c slotline -f
complete -c slotline -n __slotline_at_options -a '@all @masters @replicas @random @slot: @key:'
complete -c slotline -n __slotline_at_command -a 'ACL APPEND ASKING AUTH BGREWRITEAOF BGSAVE BITCOUNT BITFIELD BITFIELD_RO BITOP BITPOS BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN CLIENT CLUSTER COMMAND CONFIG COPY DBSIZE DEBUG DECR DECRBY DEL DISCARD DUMP ECHO EVAL EVALSHA EVALSHA_RO EVAL_RO EXEC EXISTS EXPIRE EXPIREAT EXPIRETIME FAILOVER FCALL FCALL_RO FLUSHALL FLUSHDB FUNCTION GEOADD GEODIST GEOHASH GEOPOS GEORADIUS GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH GEOSEARCHSTORE GET GETBIT GETDEL GETEX GETRANGE GETSET HDEL HELLO HEXISTS HEXPIRE HEXPIREAT HEXPIRETIME HGET HGETALL HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET HMSET HPERSIST HPEXPIRE HPEXPIREAT HPEXPIRETIME HPTTL HRANDFIELD HSCAN HSCAN_ITER HSET HSETNX HSTRLEN HTTL HVALS INCR INCRBY INCRBYFLOAT INFO KEYS LASTSAVE LATENCY LCS LINDEX LINSERT LLEN LMOVE LMPOP LOLWUT LPOP LPOS LPUSH LPUSHX LRANGE LREM LSET LTRIM MEMORY MGET MIGRATE MODULE MONITOR MOVE MSET MSETNX MULTI OBJECT PERSIST PEXPIRE PEXPIREAT PEXPIRETIME PFADD PFCOUNT PFDEBUG PFMERGE PFSELFTEST PING PSETEX PSUBSCRIBE PSYNC PTTL PUBLISH PUBSUB PUNSUBSCRIBE QUIT RANDOMKEY READONLY READWRITE RENAME RENAMENX REPLCONF REPLICAOF RESET RESTORE RESTORE-ASKING ROLE RPOP RPOPLPUSH RPUSH RPUSHX SADD SAVE SCAN SCAN_ITER SCARD SCRIPT SDIFF SDIFFSTORE SELECT SENTINEL SET SETBIT SETEX SETNX SETRANGE SHUTDOWN SINTER SINTERCARD SINTERSTORE SISMEMBER SLAVEOF SLOWLOG SMEMBERS SMISMEMBER SMOVE SORT SORT_RO SPOP SPUBLISH SRANDMEMBER SREM SSCAN SSCAN_ITER SSUBSCRIBE STRLEN SUBSCRIBE SUBSTR SUNION SUNIONSTORE SUNSUBSCRIBE SWAPDB SYNC TIME TOUCH TTL TYPE UNLINK UNSUBSCRIBE UNWATCH WAIT WAITAOF WATCH XACK XADD XAUTOCLAIM XCLAIM XDEL XGROUP XINFO XLEN XPENDING XRANGE XREAD XREADGROUP XREVRANGE XSETID XTRIM ZADD ZCARD ZCOUNT ZDIFF ZDIFFSTORE ZINCRBY ZINTER ZINTERCARD ZINTERSTORE ZLEXCOUNT ZMPOP ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANGESTORE ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCAN_ITER ZSCORE ZUNION ZUNIONSTORE'
complete -c slotline -n '__slotline_behind ACL' -a 'CAT DELUSER DRYRUN GENPASS GETUSER HELP LIST LOAD LOG SAVE SETUSER USERS WHOAMI'
complete -c slotline -n '__slotline_behind CLIENT' -a 'CACHING CAPA GETNAME GETREDIR HELP ID INFO KILL LIST NO-EVICT NO-TOUCH PAUSE REPLY SETINFO SETNAME TRACKING TRACKINGINFO UNBLOCK UNPAUSE'
complete -c slotline -n '__slotline_behind CLUSTER' -a 'ADDSLOTS ADDSLOTSRANGE BUMPEPOCH COUNT-FAILURE-REPORTS COUNTKEYSINSLOT DELSLOTS DELSLOTSRANGE FAILOVER FLUSHSLOTS FORGET GETKEYSINSLOT HELP INFO KEYSLOT LINKS MEET MYID MYSHARDID NODES REPLICAS REPLICATE RESET SAVECONFIG SET-CONFIG-EPOCH SETSLOT SHARDS SLAVES SLOT-STATS SLOTS'
complete -c slotline -n '__slotline_behind COMMAND' -a 'COUNT DOCS GETKEYS GETKEYSANDFLAGS HELP INFO LIST'
complete -c slotline -n '__slotline_behind CONFIG' -a 'GET HELP RESETSTAT REWRITE SET'
complete -c slotline -n '__slotline_behind DEBUG' -a 'ASSERT CLIENT-EVICTION CRASH-AND-RECOVER DIGEST-VALUE HTSTATS HTSTATS-KEY LISTPACK OBJECT OOM PANIC QUICKLIST RESTART SDSLEN SEGFAULT SLEEP'
complete -c slotline -n '__slotline_behind FUNCTION' -a 'DELETE DUMP FLUSH HELP KILL LIST LOAD RESTORE STATS'
complete -c slotline -n '__slotline_behind LATENCY' -a 'DOCTOR GRAPH HELP HISTOGRAM HISTORY LATEST RESET'
complete -c slotline -n '__slotline_behind MEMORY' -a 'DOCTOR HELP MALLOC-STATS PURGE STATS USAGE'
complete -c slotline -n '__slotline_behind MODULE' -a 'HELP LIST LOAD LOADEX UNLOAD'
complete -c slotline -n '__slotline_behind OBJECT' -a 'ENCODING FREQ HELP IDLETIME REFCOUNT'
complete -c slotline -n '__slotline_behind PUBSUB' -a 'CHANNELS HELP NUMPAT NUMSUB SHARDCHANNELS SHARDNUMSUB'
complete -c slotline -n '__slotline_behind SCRIPT' -a 'DEBUG EXISTS FLUSH HELP KILL LOAD SHOW'
complete -c slotline -n '__slotline_behind SENTINEL' -a 'CKQUORUM CONFIG DEBUG FAILOVER FLUSHCONFIG GET-MASTER-ADDR-BY-NAME GET-PRIMARY-ADDR-BY-NAME HELP INFO-CACHE IS-MASTER-DOWN-BY-ADDR IS-PRIMARY-DOWN-BY-ADDR MASTER MASTERS MONITOR MYID PENDING-SCRIPTS PRIMARIES PRIMARY REMOVE REPLICAS RESET SENTINELS SET SIMULATE-FAILURE SLAVES'
complete -c slotline -n '__slotline_behind SLOWLOG' -a 'GET HELP LEN RESET'
complete -c slotline -n '__slotline_behind XGROUP' -a 'CREATE CREATECONSUMER DELCONSUMER DESTROY HELP SETID'
complete -c slotline -n '__slotline_behind XINFO' -a 'CONSUMERS GROUPS HELP STREAM'
complete -c slotline -n __slotline_at_options -s h -x -a '(__fish_print_hostnames)' -d 'Server name or address (default 127.0.0.1)'
complete -c slotline -n __slotline_at_options -s p -x -d 'Server port (default 6379), also of the -u addresses that name none'
complete -c slotline -n __slotline_at_options -s s -r -F -d 'Unix socket of the server, in place of host and port'
complete -c slotline -n __slotline_at_options -s u -x -d 'Server URI; more addresses, or a further -u, are more seeds'
complete -c slotline -n __slotline_at_options -s n -x -d 'Database number (default 0)'
complete -c slotline -n __slotline_at_options -s 2 -d 'Speak RESP2'
complete -c slotline -n __slotline_at_options -s 3 -d 'Speak RESP3'
complete -c slotline -n __slotline_at_options -s t -x -d 'Time-out of a connect (default 2; 0 for none)'
complete -c slotline -n __slotline_at_options -s 4 -d 'Try the IPv4 addresses of a name first'
complete -c slotline -n __slotline_at_options -s 6 -d 'Try the IPv6 addresses of a name first'
complete -c slotline -n __slotline_at_options -l retry-for -x -d 'How long a command is tried again while its master cannot be reached or is not ready (default 30; 0 for not at all)'
complete -c slotline -n __slotline_at_options -s a -l pass -x -d 'Password'
complete -c slotline -n __slotline_at_options -l user -x -d 'User whose password it is (default: the server\'s default user)'
complete -c slotline -n __slotline_at_options -l askpass -d 'Ask for the password'
complete -c slotline -n __slotline_at_options -l no-auth-warning -d 'Do not warn of a password on the command line'
complete -c slotline -n __slotline_at_options -s c -d 'Accepted and not needed: whether the server is a cluster is found out'
complete -c slotline -n __slotline_at_options -l aggregate -d 'Reduce the replies of many nodes to one where the server says how: DBSIZE gives one number'
complete -c slotline -n __slotline_at_options -l no-aggregate -d 'Never merge the replies of many nodes: show each node\'s own'
complete -c slotline -n __slotline_at_options -l strict -d 'Send a command whose keys span slots as it is, so that the server refuses it with CROSSSLOT'
complete -c slotline -n __slotline_at_options -l unblock -x -d 'Allow commands that are blocked on a cluster but can work, such as WATCH'
complete -c slotline -n __slotline_at_options -l key-prefix -x -d 'What the keys begin with that commands over several slots make for themselves (default slotline:); the user\'s ACL rules have to allow them'
complete -c slotline -n __slotline_at_options -l read-only -d 'Send reads only: whatever may change something is refused before it is sent'
complete -c slotline -n __slotline_at_options -l yes -d 'Take every question of the shell as answered with yes'
complete -c slotline -n __slotline_at_options -s x -d 'Take the last argument from stdin, every byte of it'
complete -c slotline -n __slotline_at_options -s X -x -d 'Put what stdin holds in place of the first argument that is TAG'
complete -c slotline -n __slotline_at_options -l quoted-input -d 'Read every word of the command as a quoted string: \'"\\x00"\' is a NUL byte'
complete -c slotline -n __slotline_at_options -s r -x -d 'Run the command COUNT times; a negative COUNT has no end'
complete -c slotline -n __slotline_at_options -s i -x -d 'Wait so long after every run of -r, every line of a file, every step of --scan and every 100 steps of --bigkeys and the like; the interval of --stat and --latency'
complete -c slotline -n __slotline_at_options -l file -r -F -d 'Read commands from FILE in place of stdin'
complete -c slotline -n __slotline_at_options -s e -d 'Stop at the first error, and show error replies on stderr'
complete -c slotline -n __slotline_at_options -l ignore-errors -d 'Exit with status 0 even if the server replied with errors'
complete -c slotline -n __slotline_at_options -l pipe -d 'Load what stdin or --file holds, lines and RESP in any order, without printing replies'
complete -c slotline -n __slotline_at_options -l reject -r -F -d 'Write failed commands to FILE, in a form that can be loaded again, and those of unknown outcome to FILE.unknown'
complete -c slotline -n __slotline_at_options -l max-errors -x -d 'Stop the load when COUNT commands have failed'
complete -c slotline -n __slotline_at_options -l rate -x -d 'Send at most COUNT commands a second'
complete -c slotline -n __slotline_at_options -l pipe-timeout -x -d 'Once all is sent, wait so long for the next reply (default: for any time; 30 if called as redis-cli; 0 for any time)'
complete -c slotline -n __slotline_at_options -l resume -r -F -d 'Note in FILE, every second, up to where all commands are done; if FILE is there, go on from there'
complete -c slotline -n __slotline_at_options -l raw -d 'Show replies raw, as is done when stdout is not a terminal'
complete -c slotline -n __slotline_at_options -l no-raw -d 'Show replies formatted, as is done on a terminal'
complete -c slotline -n __slotline_at_options -l csv -d 'Show replies as CSV'
complete -c slotline -n __slotline_at_options -l json -d 'Show every reply as one line of JSON'
complete -c slotline -n __slotline_at_options -l quoted-json -d 'As --json, with every byte outside of ASCII escaped'
complete -c slotline -n __slotline_at_options -l objects -d 'Take texts apart: INFO, CLIENT LIST, CLUSTER NODES and the like become objects'
complete -c slotline -n __slotline_at_options -s d -x -d 'What stands between the elements of a raw reply (default: a newline)'
complete -c slotline -n __slotline_at_options -s D -x -d 'What stands behind every raw reply (default: a newline)'
complete -c slotline -n __slotline_at_options -l show-pushes -x -a 'yes no' -d 'Show RESP3 push messages (default: when stdout is a terminal)'
complete -c slotline -n __slotline_at_options -l verbose -d 'Tell of redirects on stderr'
complete -c slotline -n __slotline_at_options -l eval -r -F -d 'Run the Lua script in FILE'
complete -c slotline -n __slotline_at_options -l ldb -d 'With --eval: run the script step by step in the server\'s debugger; roll back at the end'
complete -c slotline -n __slotline_at_options -l ldb-sync-mode -d 'As --ldb, but the server waits for the script and keeps what it has changed'
complete -c slotline -n __slotline_at_options -l scan -d 'List the keys of all masters, one a line'
complete -c slotline -n __slotline_at_options -l pattern -x -d 'With --scan, --bigkeys and the like: only keys that match, such as \'user:*\''
complete -c slotline -n __slotline_at_options -l quoted-pattern -x -d 'As --pattern, read as a quoted string'
complete -c slotline -n __slotline_at_options -l type -x -a 'string list set zset hash stream' -d 'With --scan and the like: only keys of this type'
complete -c slotline -n __slotline_at_options -l count -x -d 'With --scan and the like: how many keys a step looks at (default 10)'
complete -c slotline -n __slotline_at_options -l recover -d 'Finish what commands over several slots have left behind when they were interrupted, and list it, one line each'
complete -c slotline -n __slotline_at_options -l playground -d 'Start a throw-away cluster with the redis-server or valkey-server on PATH, connect to it, and erase it at exit'
complete -c slotline -n __slotline_at_options -l shape -x -d 'With --playground: M masters with R replicas each (default 3x1)'
complete -c slotline -n __slotline_at_options -l stat -d 'Show a line about the server every second, or as often as -i says'
complete -c slotline -n __slotline_at_options -l latency -d 'Measure how long a PING takes, without end; with --raw, --csv, --json or in a pipe for a second, or as long as -i says'
complete -c slotline -n __slotline_at_options -l latency-history -d 'As --latency, with a new line every 15 seconds, or as often as -i says'
complete -c slotline -n __slotline_at_options -l latency-dist -d 'Show the latencies of every second as a colored line'
complete -c slotline -n __slotline_at_options -l mono -d 'With --latency-dist: shades of grey'
complete -c slotline -n __slotline_at_options -l intrinsic-latency -x -d 'Measure for so long how this machine keeps a busy process waiting'
complete -c slotline -n __slotline_at_options -l bigkeys -d 'Look for the keys with the most elements, and tell averages by type'
complete -c slotline -n __slotline_at_options -l memkeys -d 'As --bigkeys, by the memory that keys take'
complete -c slotline -n __slotline_at_options -l memkeys-samples -x -d 'As --memkeys, with so many elements of each key looked at (default: the server\'s own number)'
complete -c slotline -n __slotline_at_options -l keystats -d 'Memory, lengths and types of all keys: the biggest, and how they are distributed'
complete -c slotline -n __slotline_at_options -l keystats-samples -x -d 'As --keystats, with so many elements of each key looked at (default: the server\'s own number)'
complete -c slotline -n __slotline_at_options -l top -x -d 'With --keystats: list so many of the biggest keys (default 10; 0 for all)'
complete -c slotline -n __slotline_at_options -l cursor -x -d 'With --keystats: go on where a scan was interrupted, which told this'
complete -c slotline -n __slotline_at_options -l hotkeys -d 'Look for the keys used most'
complete -c slotline -n __slotline_at_options -l hotkeys-count -x -d 'As --hotkeys, with so many keys in the list (default 16)'
complete -c slotline -n __slotline_at_options -l lru-test -x -d 'Write and read so many keys, few of them often, and tell how many the server still has'
complete -c slotline -n __slotline_at_options -l rdb -r -F -d 'Write a snapshot of the server\'s data to FILE, as a replica gets it; - is stdout'
complete -c slotline -n __slotline_at_options -l functions-rdb -r -F -d 'As --rdb, with the functions alone'
complete -c slotline -n __slotline_at_options -l replica -l slave -d 'Print every write of the server as it happens, as CSV, the way a replica gets it'
complete -c slotline -n __slotline_at_options -l help -d 'Show this help'
complete -c slotline -n __slotline_at_options -l man -d 'Print the manual page, as man reads it'
complete -c slotline -n __slotline_at_options -s v -l version -d 'Show the version'
complete -c slotline -n __slotline_at_options -l completions -x -a 'bash zsh fish' -d 'Print the completion script for bash, zsh or fish'
