import Presentation
import RESP
import Routing
import Testing

struct DiagnosisReportTests {
    private static let node = NodeAddress(host: "127.0.0.1", port: 7000)

    @Test("Steps are listed under their node, and options at the end")
    func stepsAreListedUnderTheirNodeAndOptionsAtTheEnd() {
        var report = DiagnosisReport()
        report.add("topology", "3 masters")
        report.add("name", at: Self.node, "127.0.0.1", seconds: 0.0123)
        report.add("TLS", at: Self.node, "no\u{1b}[2J", .failed)
        report.add("slots", "all have an owner", .warning)
        report.advise("--tls", because: "It speaks TLS.")
        report.advise("--tls", because: "Another speaks TLS, too.")
        #expect(report.verdict == .failed)
        #expect(
            report.text(in: Window(columns: 80)) == """
                cluster
                  ok       topology  3 masters
                  warning  slots     all have an owner
                127.0.0.1:7000
                  ok       name      127.0.0.1 (12.3 ms)
                  failed   TLS       no\\x1b[2J
                To change:
                  --tls
                      It speaks TLS.

                """)
        #expect(
            report.text(in: Window(columns: 24)) == """
                cluster
                  ok       topology
                    3 masters
                  warning  slots
                    all have an owner
                127.0.0.1:7000
                  ok       name
                    127.0.0.1 (12.3 ms)
                  failed   TLS
                    no\\x1b[2J
                To change:
                  --tls
                      It speaks TLS.

                """)
        let steps = report.value[field: "steps"]?.elements.map { $0[field: "result"]?.text ?? "" }
        #expect(steps == ["ok", "ok", "failed", "warning"])
        #expect(report.value[field: "advice"]?.elements.map { $0[field: "options"]?.text } == ["--tls"])
    }

    @Test("When all is well, nothing needs to be changed") func whenAllIsWellNothingNeedsToBeChanged() {
        var report = DiagnosisReport()
        report.add("slots", "all have an owner")
        #expect(report.verdict == .ok)
        #expect(report.text(in: Window(columns: 80)).hasSuffix("Nothing to change.\n"))
    }

    @Test(
        "The advised map is a valid one",
        arguments: [
            ("10.0.0.5:7000", "127.0.0.1:7000", "--map '10.0.0.5:*=127.0.0.1:*'"),
            ("10.0.0.5:7000", "127.0.0.1:17000", "--map '10.0.0.5:7000=127.0.0.1:17000'"),
            ("fd00::5:7000", "::1:7000", "--map '[fd00::5]:*=[::1]:*'"),
        ])
    func theAdvisedMapIsAValidOne(announced: String, reached: String, option: String) throws {
        let announcer = Announcer(Self.node)
        let address = try #require(NodeAddress(serverText: announced, by: announcer))
        let target = try #require(NodeAddress(serverText: reached, by: announcer))
        #expect(address.mapOption(to: target) == option)
        var map = AddressMap()
        map.rules = [try #require(AddressMap.Rule(String(option.dropFirst("--map '".count).dropLast())))]
        let mapped = NodeAddress(serverText: announced, by: Announcer(Self.node, map: map))
        #expect(mapped == target)
    }
}
