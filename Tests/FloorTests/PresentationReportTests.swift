import Commands
import Presentation
import RESP
import Testing

/// The reports of the measuring modes, built from plain values.
struct PresentationReportTests {
    @Test(
        "Numbers have a fixed number of decimals",
        arguments: [
            (0.0, 0, "0"), (1.5, 2, "1.50"), (0.005, 2, "0.01"), (12.345, 1, "12.3"), (-0.25, 2, "-0.25"),
            (2.5, 0, "3"),
            (.infinity, 2, "inf"),
        ])
    func numbersHaveAFixedNumberOfDecimals(_ number: Double, _ decimals: Int, _ text: String) {
        #expect(number.text(decimals: decimals) == text)
    }

    @Test(
        "Bytes are shown in units",
        arguments: [
            (0, "0B"), (1023, "1023B"), (1024, "1.00K"), (1536, "1.50K"), (1 << 20, "1.00M"), (5 << 30, "5.00G"),
            (1 << 50, "1024.00T"),
        ])
    func bytesAreShownInUnits(_ count: Int, _ text: String) {
        #expect(count.byteText == text)
    }

    @Test("Latencies are summarized") func latenciesAreSummarized() {
        var summary = LatencySummary(decimals: 0)
        #expect(summary.text(.raw) == "0 0 0.00 0")
        for milliseconds in [0.2, 3.6, 1] { summary.add(milliseconds: milliseconds) }
        #expect(summary.text(.terminal) == "min: 0, max: 4, avg: 1.60 (3 samples)")
        #expect(summary.text(.raw) == "0 4 1.60 3")
        #expect(summary.text(.csv) == "0,4,1.60,3")
        #expect(summary.text(.json) == #"{"min": 0, "max": 4, "avg": 1.60, "count": 3}"#)
        var fine = LatencySummary(decimals: 2)
        fine.add(milliseconds: 0.234)
        #expect(fine.text(.terminal) == "min: 0.23, max: 0.23, avg: 0.23 (1 samples)")
    }

    @Test("The spectrum shades each range") func theSpectrumShadesEachRange() {
        var spectrum = LatencySpectrum(.colored)
        // One in a thousand shows too; a value on a boundary belongs to the range below it.
        for _ in 0..<999 { spectrum.add(milliseconds: 0.125) }
        spectrum.add(milliseconds: 70_000)
        let cells = spectrum.text.split(separator: "\u{1b}[48;5;").dropFirst()
        #expect(cells.count == 31)
        #expect(cells.dropFirst().first == "196m-")
        #expect(cells.last == "233m?\u{1b}[0m\n")
        #expect(cells.count { $0.hasPrefix("0m") } == 29)
    }

    @Test("Key sizes are summarized, with percentiles that halve the rest each time")
    func keySizesAreSummarizedWithPercentilesThatHalveTheRestEachTime() {
        var report = KeyStatisticsReport(top: 2, quoting: .utf8)
        for number in 1...100 {
            report.add(ByteString("key:\(number)"), type: "string", memory: number, length: number)
        }
        report.add(ByteString(String(repeating: "n", count: 300)), type: "module", memory: 40_000, length: 0)
        let overview = report.overview(of: 202, .words).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(overview.prefix(3) == [" 50.00% keys scanned", "Keys sampled: 101", "Keys size:    43.99K"])
        #expect(overview[5].hasPrefix("  1   39.06K module     \"nnn"))
        #expect(overview[6] == "  2     100B string     \"key:100\"")
        #expect(overview.filter { $0.contains(" has ") } == ["string     key:100 has 100B"])
        #expect(report.overview(of: 101, .bar(isColored: false)).hasPrefix("100.00% ||||"))
        let tables = report.distributions.split(separator: "\n\n").map { $0.split(separator: "\n").map(String.init) }
        #expect(
            tables[0].dropFirst(2).map { String($0.prefix(31)) } == [
                "      1B    0.0000%           1", "     51B   50.0000%          51", "     76B   75.0000%          76",
                "     89B   87.5000%          89", "     95B   93.7500%          95", "     98B   96.8750%          98",
                "    100B   98.4375%         100", "  39.06K  100.0000%         101", "Note: 0.01% size precision, Mea",
            ])
        #expect(
            tables[1].dropFirst(2) == [
                "            32B   99.0099%         100", "           300B  100.0000%         101",
                "Total key length is 892B (8B avg)",
            ])
        #expect(
            tables[2].last == "module               1   0.99%   39.06K   39.06K                 -           - ")
    }

    @Test("Server statistics are shown in columns") func serverStatisticsAreShownInColumns() {
        let info = """
            used_memory:1342177\r
            connected_clients:3\r
            blocked_clients:1\r
            total_commands_processed:40236\r
            total_connections_received:224\r
            rdb_bgsave_in_progress:1\r
            loading:1\r
            db0:keys=7,expires=0,avg_ttl=0\r
            db12:keys=5,expires=0\r
            """
        let statistics = ServerStatistics(info: .bulk(ByteString(info)))
        #expect(
            statistics.line(requestsBefore: nil)
                == "12         1.28M    3       1       40236 (+0)          224         SAVE + LOAD\n")
        #expect(statistics.line(requestsBefore: 40000).contains("40236 (+236) "))
        #expect(
            ServerStatistics(info: .bulk("")).line(requestsBefore: nil)
                == "0          0B       0       0       0 (+0)              0           \n")
    }

    @Test("The biggest keys are listed") func theBiggestKeysAreListed() {
        var report = KeySizeReport(countsBytes: false, quoting: .ascii)
        #expect(
            report.add("a\"b", type: "list", size: 3, progress: 0)
                == "[00.00%] Biggest list   found so far '\"a\\\"b\"' with 3 items\n")
        #expect(report.add("c", type: "list", size: 3, progress: 0.5) == nil)
        #expect(report.add("m", type: "ReJSON-RL", size: 0, progress: 0.5) == nil)
        #expect(
            report.add("s", type: "string", size: 10, progress: 1)
                == "[100.00%] Biggest string found so far '\"s\"' with 10 bytes\n")
        #expect(
            report.summary == """

                -------- summary -------

                Sampled 4 keys in the keyspace!
                Total key length in bytes is 6 (avg len 1.50)

                Biggest   list found '"a\\"b"' has 3 items
                Biggest string found '"s"' has 10 bytes

                2 lists with 6 items (50.00% of keys, avg size 3.00)
                0 hashs with 0 fields (00.00% of keys, avg size 0.00)
                1 strings with 10 bytes (25.00% of keys, avg size 10.00)
                0 streams with 0 entries (00.00% of keys, avg size 0.00)
                0 sets with 0 members (00.00% of keys, avg size 0.00)
                0 zsets with 0 members (00.00% of keys, avg size 0.00)
                1 ReJSON-RLs with 0 ? (25.00% of keys, avg size 0.00)

                """)
    }

    @Test("The hottest keys are listed in order") func theHottestKeysAreListedInOrder() {
        var report = HotKeyReport(length: 16, quoting: .ascii)
        #expect(report.add("cold", counter: 0, progress: 0) == nil)
        #expect(
            report.add("k1", counter: 1, progress: 0) == "[00.00%] Hot key '\"k1\"' found so far with counter 1\n")
        for number in 2...17 { #expect(report.add(ByteString("k\(number)"), counter: number, progress: 0) != nil) }
        #expect(report.add("late", counter: 1, progress: 0) == nil)
        let lines = report.summary.split(separator: "\n")
        #expect(lines.prefix(2) == ["-------- summary -------", "Sampled 19 keys in the keyspace!"])
        #expect(lines.count == 2 + 16)
        #expect(lines[2] == "hot key found with counter: 17\tkeyname: \"k17\"")
        #expect(lines[17] == "hot key found with counter: 2\tkeyname: \"k2\"")
    }
}
