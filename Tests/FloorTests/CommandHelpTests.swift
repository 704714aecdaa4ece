import Commands
import Presentation
import RESP
import Testing

struct CommandHelpTests {
    private func help(_ name: String, documentation: RESPValue? = nil) throws -> String {
        let words = name.split(separator: " ").map { ByteString(String($0)) }
        return CommandHelp.entry(try #require(CommandTable.row(for: words)), documentation: documentation)
    }

    @Test("syntax, what the server says, routing, keys of several slots, blocks and read-only sessions")
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
                  over slots  keys are copied to one slot for the time of the command

                """)
        #expect(
            try help("WATCH") == """
                  WATCH key [key ...]
                  group       transactions
                  routed      to the master of its key's slot
                  over slots  refused: all its keys have to share a slot
                  blocked     on a cluster, because it guards keys of one node only, and a
                              transaction cannot span nodes
                  instead     use EVAL with keys of one slot

                """)
        #expect(try help("SET").hasSuffix("  read-only   refused in a read-only session\n"))
        #expect(try help("DBSIZE").contains("  routed      to all nodes; a reply for each\n"))
    }

    @Test("no line is wider than 80 columns")
    func width() {
        for row in CommandTable.rows {
            for line in CommandHelp.entry(row).split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        }
    }
}
