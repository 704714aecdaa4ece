import Presentation
import RESP
import Testing

struct RecoveryTextTests {
    @Test(
        "Databases that were not searched are named if they hold keys",
        arguments: [
            (0, ["db0:keys=3,expires=0"], nil), (3, ["db3:keys=1"], nil),
            (0, ["db0:keys=1\r\ndb7:keys=2", "db7:keys=1"], "Only database 0 was searched; database 7 holds keys"),
            (5, ["db0:keys=1", "db7:keys=1"], "Only database 5 was searched; databases 0 and 7 hold keys"),
        ] as [(Int, [String], String?)])
    func others(database: Int, information: [String], begin: String?) {
        let keyspaces = information.compactMap { Keyspace(info: .bulk(ByteString($0))) }
        let text = RecoveryText.others(than: database, keyspaces)
        #expect(text == nil ? begin == nil : begin.map { text?.hasPrefix($0) == true } == true)
    }
}
