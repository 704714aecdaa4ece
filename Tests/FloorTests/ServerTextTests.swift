import Commands
import Presentation
import RESP
import Routing
import Testing

/// Parsing texts from the server.
struct ServerTextTests {
    private func json(_ value: RESPValue) -> String {
        var output: [UInt8] = []
        Renderer(Style(format: .json)).append(value, isText: false, to: &output)
        return String(decoding: output.dropLast(), as: UTF8.self)
    }

    private func json(_ text: String, _ shape: ReplyShape) -> String {
        json(ServerText.object(.bulk(ByteString(text)), shape))
    }

    @Test("INFO becomes sections of fields; numbers become numbers, but IDs and versions do not")
    func information() {
        let text = """
            # Server\r
            redis_version:7.0.15\r
            redis_git_sha1:00000000\r
            run_id:1234567890123456789012345678901234567890\r
            executable:/usr/bin/a:b\r
            uptime_in_seconds:-83\r
            mem_fragmentation_ratio:1.25\r
            \r
            # Keyspace\r
            db0:keys=3,expires=0,avg_ttl=0\r
            \r
            # Modules\r
            module:name=a,ver=1\r
            module:name=b,ver=2\r

            """
        #expect(
            json(text, .sections) == """
                {"server":{"redis_version":"7.0.15","redis_git_sha1":"00000000",\
                "run_id":"1234567890123456789012345678901234567890","executable":"/usr/bin/a:b",\
                "uptime_in_seconds":-83,"mem_fragmentation_ratio":1.25},\
                "keyspace":{"db0":{"keys":3,"expires":0,"avg_ttl":0}},\
                "modules":{"module":[{"name":"a","ver":1},{"name":"b","ver":2}]}}
                """)
    }

    @Test("CLUSTER INFO becomes fields")
    func fields() {
        #expect(json("cluster_state:ok\r\ncluster_size:3\r\n", .fields) == #"{"cluster_state":"ok","cluster_size":3}"#)
    }

    @Test("Clients become objects, and their names stay texts")
    func clients() {
        let client = #"{"id":3,"addr":"127.0.0.1:1","name":"42","age":0,"cmd":"client|list","lib-ver":""}"#
        let line = "id=3 addr=127.0.0.1:1 name=42 age=0 cmd=client|list lib-ver=\n"
        #expect(json(line + line, .clients) == "[\(client),\(client)]")
        #expect(json(line, .client) == client)
    }

    @Test("Nodes become objects with their moving slots; bus port and name are separate from the address")
    func nodes() {
        let line =
            "abc 10.0.0.1:7000@17000,host-a myself,master - 0 5 7 connected 0-5 9 [3->-def] [11-<-fed]"
        let object =
            #"{"id":"abc","address":"10.0.0.1:7000","bus_port":17000,"hostname":"host-a","flags":["myself","master"],"#
            + #""master":null,"ping_sent":0,"pong_received":5,"config_epoch":7,"link_state":"connected","#
            + #""slots":[[0,5],[9,9]],"migrating":{"3":"def"},"importing":{"11":"fed"}}"#
        #expect(json(line + "\n", .clusterNodes) == "[\(object)]")
        #expect(json(ServerText.object(.array([.bulk(ByteString(line))]), .clusterNodes)) == "[\(object)]")
        #expect(ClusterNodeLine("no node") == nil)
        #expect(ClusterNodeLine("abc 10.0.0.1:7000 slave def 0 5 7 connected")?.master == "def")
    }

    @Test("Slow log entries become objects")
    func slowLog() {
        let entry = RESPValue.array([
            .integer(1), .integer(1_700_000_000), .integer(15), .array([.bulk("GET"), .bulk("k")]), .bulk("a:1"),
            .bulk(""),
        ])
        #expect(
            json(ServerText.object(.array([entry]), .slowLog))
                == #"[{"id":1,"time":1700000000,"microseconds":15,"command":["GET","k"],"client":"a:1","client_name":""}]"#
        )
    }

    @Test("Errors and replies of another kind stay as they are")
    func others() {
        for shape in [ReplyShape.sections, .fields, .clients, .client, .clusterNodes, .slowLog, .plain] {
            #expect(ServerText.object(.error("NOPERM x"), shape) == .error("NOPERM x"))
        }
    }

    @Test("Alternating names and values are shown as pairs where the row says so")
    func pairs() {
        let flat = Reply(.array([.bulk("a"), .bulk("1")]))
        func value(_ reply: Reply) -> RESPValue? {
            if case .value(let value) = reply.body { value } else { nil }
        }
        #expect(value(flat.pairs(.pairs, ["HGETALL", "k"]))?.kind == .map)
        #expect(value(flat.pairs(.scoredMembers, ["ZRANGE", "k", "0", "-1"]))?.kind == .array)
        #expect(value(flat.pairs(.scoredMembers, ["ZRANGE", "k", "0", "-1", "withscores"]))?.kind == .map)
        #expect(value(flat.pairs(.plain, ["LRANGE"]))?.kind == .array)
        let nested = Reply(.array([.array([.bulk("a"), .bulk("1")]), .array([.bulk("b"), .bulk("2")])]))
        #expect(
            value(nested.pairs(.scoredMembers, ["ZRANGE", "WITHSCORES"]))
                == .map([.bulk("a"), .bulk("1"), .bulk("b"), .bulk("2")]))
        #expect(value(Reply(.array([])).pairs(.pairs, ["HGETALL", "k"])) == .array([]))
    }
}
