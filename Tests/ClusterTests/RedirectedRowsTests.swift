import Commands
import RESP
import TestSupport
import Testing

/// A command is sent to any node before the cluster is known, and MOVED teaches where its slot is. That only works for
/// commands that the server itself redirects: every keyed row is tried at a node that does not own its key.
struct RedirectedRowsTests {
    @Test("Every keyed row is redirected or says that it is not") func everyKeyedRowIsRedirectedOrSaysThatItIsNot()
        throws
    {
        let cluster = try TestCluster.shared
        let key = ByteString(cluster.key("redirected", on: cluster.masters[1]))
        let stranger = try cluster.client(cluster.masters[0])
        var count = 0
        for row in CommandTable.rows where row.request == .keyed && !row.keys.isEmpty && row.iterates == nil {
            let name = "\(row.name)"
            let words = name.split(separator: " ").map { ByteString(String($0)) }
            // Every word can be read as a number, and means one key where keys are counted.
            var line = words + [ByteString](repeating: "1", count: max(0, abs(row.arity) - words.count) + 3)
            if row.arity > 0 { line.removeLast(3) }
            guard case let places = row.keys.indexes(in: line), !places.isEmpty else { continue }
            for place in places { line[place] = key }
            let reply = try stranger.send(line)
            // A command that this server lacks, or has with fewer words, cannot be redirected.
            if reply.text.contains("unknown") || reply.text.contains("wrong number of arguments") { continue }
            let isRedirected = reply.serverError?.code == "MOVED"
            // Redis redirects it, Valkey 9.1 does not.
            if isRedirected, name == "MSETEX" { continue }
            #expect(isRedirected != row.flags.contains(.unredirected), "\(name): \(reply.text)")
            count += 1
        }
        #expect(count > 130)
    }
}
