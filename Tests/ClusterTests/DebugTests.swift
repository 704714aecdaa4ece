import Commands
import Foundation
import RESP
import Routing
import TestSupport
import Testing

/// `--debug`: what it shows, and what it keeps to itself.
struct DebugTests {
    /// The kinds of lines, each once, in order.
    private static func kinds(_ result: Subprocess.Result) -> [String] {
        var kinds: [String] = []
        for line in result.errorText.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 3)
            guard parts.count == 4, parts[0].wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil,
                parts[1].wholeMatch(of: /\d\d:\d\d:\d\d\.\d{6}/) != nil
            else {
                Issue.record("no line of a trace: \(line)")
                continue
            }
            let kind = String(parts[2].dropLast())
            if !kinds.contains(kind) { kinds.append(kind) }
        }
        return kinds
    }

    @Test("Debug output shows what happens underneath and leaves the data alone")
    func debugOutputShowsWhatHappensUnderneathAndLeavesTheDataAlone() throws {
        let cluster = try TestCluster.shared
        let strange = cluster.key("debug:", on: cluster.masters[1])
        #expect(try cluster.run(command: "GET \(strange)").errorText.isEmpty)
        let get = try cluster.run("--debug", command: "GET \(strange)")
        #expect(get.output == [0x0a])
        #expect(Set(Self.kinds(get)) == ["connect", "plan", "route", "retry"])
        #expect(get.errorText.contains("says MOVED"))
        #expect(
            get.errorText.contains(
                "route: GET in slot \(HashSlot(key: ByteString(strange)).number) to \(cluster.masters[1])"))
        let all = try cluster.run("--debug=topology,route", command: "DBSIZE")
        #expect(Self.kinds(all) == ["topology", "route"])
        for node in cluster.nodes { #expect(all.errorText.contains("route: DBSIZE to \(node)")) }
        let move = try cluster.run("--debug=plan", command: "RENAME debug:none debug:never")
        #expect(Self.kinds(move) == ["plan"])
    }

    @Test("Debug output shows no secrets") func debugOutputShowsNoSecrets() throws {
        let server = try RedisServer(["--user", "joe", "on", ">sesame", "~*", "+@all"])
        let arguments = ["-p", "\(server.port)", "--debug", "--no-auth-warning", "--user", "joe"].map { ByteString($0) }
        let file = "SET a sesame\nAUTH joe sesame\nAUTH joe wrong-sesame\nCONFIG SET requirepass sesame\n"
        let result = try Slotline.run(arguments + ["-a", "sesame"], input: Array(file.utf8))
        #expect(result.errorText.contains("AUTH as joe: ok"), "\(result.errorText)")
        #expect(!result.errorText.contains("sesame"), "\(result.errorText)")
        let refused = try Slotline.run(arguments + ["-a", "sesamo", "PING"])
        #expect(refused.errorText.contains("AUTH as joe: WRONGPASS"), "\(refused.errorText)")
        #expect(!refused.errorText.contains("sesamo"))
    }
}
