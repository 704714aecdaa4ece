import Commands
import Presentation
import RESP
import Testing

struct CommandHelpTests {
    /// - Parameter fields: the server's documentation of the command; nil when it cannot be asked.
    private func help(_ name: String, documentation fields: RESPValue? = nil) throws -> String {
        let words = name.split(separator: " ").map { ByteString(String($0)) }
        let docs = fields.flatMap { CommandDocs(.map([.bulk(ByteString(name.lowercased())), $0])) }
        let entries = Vocabulary(docs).entries(about: words)
        #expect(entries.count == 1)
        return CommandHelp.entry(try #require(entries.first))
    }

    @Test("Help shows syntax, the server's words, routing, keys of several slots, blocks and read-only sessions")
    func entries() throws {
        let documentation = RESPValue.map([
            .bulk("summary"), .bulk("Text"), .bulk("since"), .bulk("1.0.0"), .bulk("complexity"), .bulk("O(1)"),
        ])
        #expect(
            try help("GET", documentation: documentation) == """
                  GET key
                  summary     Text
                  complexity  O(1)
                  since       1.0.0
                  group       string
                  routed      to the master of its key's slot

                """)
        #expect(
            try help("ZUNION") == """
                  ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE
                      SUM|MIN|MAX] [WITHSCORES]
                  group       sorted-set
                  routed      to the master of its key's slot
                  cross-slot  copies the keys to one slot for the duration of the command

                """)
        #expect(
            try help("WATCH") == """
                  WATCH key [key ...]
                  group       transactions
                  routed      to the master of its key's slot
                  cross-slot  refused: all keys must be in the same slot
                  blocked     on a cluster, because it only watches keys on one node, and a
                              transaction cannot span nodes
                  instead     use EVAL with keys in one slot
                  on cluster  keeps the session with that slot's master, on one connection,
                              until EXEC, DISCARD, UNWATCH or RESET. If the slot moves or the
                              connection ends, no transaction is executed

                """)
        #expect(try help("SET").hasSuffix("  read-only   refused in a read-only session\n"))
        #expect(try help("ACL LOG").hasSuffix("  read-only   refused in a read-only session with RESET\n"))
        #expect(try help("DBSIZE").contains("  routed      to all nodes; one reply per node\n"))
    }

    @Test("No line is wider than the window", arguments: [20, 40, 80])
    func width(columns: Int) {
        for row in CommandTable.rows {
            let words = "\(row.name)".split(separator: " ").map { ByteString(String($0)) }
            guard let entry = Vocabulary().entries(about: words).first else { continue }
            let text = CommandHelp.entry(entry, width: columns) + CommandHelp.line(entry, width: columns)
            // A single word that is longer is not broken.
            for line in text.split(separator: "\n") where line.dropFirst(14).contains(" ") {
                #expect(line.count <= columns, "\(line)")
            }
        }
    }
}
