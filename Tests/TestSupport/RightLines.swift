/// Lines that servers accept: commands with arguments and options of every kind.
package enum RightLines {
    package static let all = """
        SET k v NX GET EX 10
        SET k v GET XX PXAT 1700000000000
        SET k v KEEPTTL
        GETEX k PERSIST
        GETEX k EXAT 1700000000
        MSET a 1 b 2 c 3
        INCRBYFLOAT k -1.5e3
        SETRANGE k 3 abc
        BITCOUNT k 0 -1 BIT
        BITFIELD k GET u8 0 SET i5 #1 7 OVERFLOW WRAP INCRBY u2 100 1
        BITFIELD_RO k GET u8 0 GET u4 #2
        BITOP AND dest a b c
        BITPOS k 1 2 -1 BYTE
        LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN
        EXPIRE k 10 NX
        PEXPIREAT k 1700000000000 GT
        COPY a b DB 1 REPLACE
        RESTORE k 0 xyz REPLACE ABSTTL IDLETIME 5
        SORT k BY w_* LIMIT 0 10 GET # GET o_* DESC ALPHA STORE dest
        SCAN 0 MATCH user:* COUNT 100 TYPE string
        MIGRATE host 6379 k 0 5000 COPY REPLACE AUTH secret
        MIGRATE host 6379 k 0 5000 KEYS a b c
        OBJECT ENCODING k
        WAIT 1 100
        HSET h f v g w
        HRANDFIELD h 3 WITHVALUES
        HINCRBYFLOAT h f 0.5
        HSCAN h 0 MATCH * COUNT 10
        HEXPIRE h 10 NX FIELDS 2 a b
        LPOS l x RANK 2 COUNT 0 MAXLEN 100
        LINSERT l BEFORE a b
        LMOVE a b LEFT RIGHT
        LMPOP 2 a b LEFT COUNT 3
        BLMPOP 0.5 2 a b RIGHT
        BLPOP a b c 0
        LPOP l 2
        SINTERCARD 2 a b LIMIT 5
        SRANDMEMBER s -3
        SPOP s 2
        ZADD z NX CH 1 a 2.5 b +inf c
        ZADD z XX GT INCR 1 a
        ZRANGE z 0 -1 REV WITHSCORES
        ZRANGE z (1 +inf BYSCORE LIMIT 0 10
        ZRANGE z [a [f BYLEX
        ZRANGEBYSCORE z -inf (5 WITHSCORES LIMIT 0 10
        ZREVRANGEBYLEX z + -
        ZRANGESTORE d s 0 -1
        ZUNIONSTORE d 2 a b WEIGHTS 1 2 AGGREGATE MAX
        ZINTER 2 a b WITHSCORES
        ZMPOP 1 z MIN COUNT 2
        ZCOUNT z (1 5
        ZINCRBY z 2 m
        ZRANDMEMBER z 2 WITHSCORES
        GEOADD g NX 13.36 38.11 Palermo 15.08 37.5 Catania
        GEOSEARCH g FROMMEMBER p BYRADIUS 100 km ASC COUNT 3 ANY WITHCOORD
        GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km WITHDIST
        GEODIST g a b km
        XADD s * f v
        XADD s NOMKSTREAM MAXLEN ~ 1000 LIMIT 10 1-1 f v g w
        XADD s MINID = 1-0 * f v
        XRANGE s - + COUNT 2
        XREAD COUNT 2 BLOCK 0 STREAMS a b 0 $
        XREADGROUP GROUP g c COUNT 1 NOACK STREAMS s 0
        XGROUP CREATE s g $ MKSTREAM ENTRIESREAD 3
        XCLAIM s g c 3600000 1-1 2-2 IDLE 5 RETRYCOUNT 2 FORCE JUSTID
        XAUTOCLAIM s g c 3600000 0-0 COUNT 25
        XPENDING s g IDLE 9000 - + 10 c
        XPENDING s g
        XTRIM s MAXLEN ~ 1000
        XINFO STREAM s FULL COUNT 2
        PFCOUNT a b
        EVAL return 1 2 a b x y
        FCALL f 1 k arg
        FUNCTION LIST LIBRARYNAME lib* WITHCODE
        SUBSCRIBE a b
        PUBLISH ch message
        ACL SETUSER ann on >pw ~k* +@read
        ACL LOG 10
        ACL LOG RESET
        AUTH user pw
        CLIENT KILL TYPE normal SKIPME yes
        CLIENT KILL 127.0.0.1:5000
        CLIENT LIST TYPE replica
        CLIENT PAUSE 100 WRITE
        CLIENT TRACKING ON REDIRECT 5 PREFIX a PREFIX b BCAST NOLOOP
        CLIENT REPLY OFF
        CLUSTER SETSLOT 5 MIGRATING abcdef
        CLUSTER SETSLOT 5 STABLE
        CLUSTER ADDSLOTSRANGE 0 10 20 30
        CLUSTER FAILOVER FORCE
        CONFIG SET maxmemory 1gb maxmemory-policy allkeys-lru
        CONFIG GET max* save
        COMMAND GETKEYS SET k v
        COMMAND LIST FILTERBY ACLCAT read
        DEBUG SLEEP 0.1
        FAILOVER TO host 6380 FORCE TIMEOUT 100
        FLUSHALL ASYNC
        HELLO 3 AUTH user pw SETNAME app
        INFO server clients
        LATENCY HISTORY command
        MEMORY USAGE k SAMPLES 5
        MODULE LOAD path arg
        REPLICAOF NO ONE
        REPLICAOF host 6379
        SHUTDOWN NOSAVE NOW FORCE
        SLOWLOG GET 10
        SWAPDB 0 1
        SCRIPT LOAD text
        SCRIPT FLUSH SYNC
        MULTI
        EXEC
        WATCH a b
        PING hello
        SELECT 2
        PSUBSCRIBE a* b*
        RESET
        SCAN_ITER MATCH a* COUNT 10
        """.split(separator: "\n").map(String.init)
}
