import Presentation
import RESP

extension OptionTable {
    /// The modes that work on the named node, even on a cluster.
    @inline(never)
    static func tools() -> [Option] {
        [
            tool(
                "--stat", mode: .statistics, help: "Print server statistics every second, or at the interval of -i."),
            tool(
                "--latency", mode: .latency(.summary),
                help: """
                    Measure the latency of PING continuously; with --raw, --csv, --json or in a pipe, for one second \
                    or the time given with -i.
                    """),
            tool(
                "--latency-history", mode: .latency(.history),
                help: "Like --latency, with a new line every 15 seconds, or at the interval of -i."),
            tool(
                "--latency-dist", mode: .latency(.spectrum(isMonochrome: false)),
                help: "Show latencies as a spectrum, one line per second. Needs a terminal with 256 colors."),
            .flag("--mono", help: "With --latency-dist: use shades of gray.") { $0.isMonochrome = true },
            .value(
                "--intrinsic-latency", name: "SECONDS",
                help: "Measure for this long how the machine delays a busy process. Needs no server."
            ) { (draft, value) throws(OptionError) in
                let seconds = try value.integer(atLeast: 1, wanted: "a number of seconds, 1 or more")
                try draft.choose(.tool(.intrinsicLatency(seconds: seconds)), by: "--intrinsic-latency")
            },
            tool(
                "--bigkeys", mode: .bigKeys,
                help: "Find the keys with the most elements, and report averages by type."),
            tool("--memkeys", mode: .memoryKeys(samples: 0), help: "Like --bigkeys, by memory usage."),
            .value(
                "--memkeys-samples", name: "COUNT",
                help: "Like --memkeys, sampling COUNT elements of each key (default: the server's default)."
            ) { (draft, value) throws(OptionError) in
                draft.memorySamples = try value.integer(atLeast: 0, wanted: "a number, 0 or more")
                try draft.choose(.tool(.memoryKeys(samples: 0)), by: value.option.text)
            },
            tool(
                "--keystats", mode: .keyStatistics(.init()),
                help: "Report memory, lengths and types of all keys: the biggest ones and the distribution."),
            .value(
                "--keystats-samples", name: "COUNT",
                help: "Like --keystats, sampling COUNT elements of each key (default: the server's default)."
            ) { (draft, value) throws(OptionError) in
                draft.keyStatistics.samples = try value.integer(atLeast: 0, wanted: "a number, 0 or more")
                try draft.choose(.tool(.keyStatistics(.init())), by: value.option.text)
            },
            .value(
                "--top", name: "COUNT",
                help: "With --keystats: how many of the biggest keys to list (default 10; 0 for all)."
            ) { (draft, value) throws(OptionError) in
                draft.keyStatistics.top = try value.integer(atLeast: 0, wanted: "a number, 0 or more")
            },
            .value(
                "--cursor", name: "CURSOR",
                help: "With --keystats: continue an interrupted scan from the cursor it printed."
            ) { (draft, value) throws(OptionError) in
                guard let cursor = UInt64(value.bytes.text) else { throw value.rejected(wanted: "a SCAN cursor") }
                draft.keyStatistics.cursor = cursor
            },
            tool(
                "--hotkeys", mode: .hotKeys(count: HotKeyReport.standardCount),
                help: "Find the most frequently used keys. Needs an LFU maxmemory-policy."),
            .value("--hotkeys-count", name: "COUNT", help: "Like --hotkeys, listing COUNT keys (default 16).") {
                (draft, value) throws(OptionError) in
                draft.hotKeyCount = try value.integer(atLeast: 1, wanted: "a number, 1 or more")
                try draft.choose(.tool(.hotKeys(count: HotKeyReport.standardCount)), by: value.option.text)
            },
            .value(
                "--lru-test", name: "KEYS",
                help: "Simulate a cache workload of KEYS keys, a few of them popular, and report hits and misses."
            ) { (draft, value) throws(OptionError) in
                let keys = try value.integer(atLeast: 1, wanted: "a number of keys, 1 or more")
                try draft.choose(.tool(.lruTest(keys: keys)), by: "--lru-test")
            },
            .value(
                "--rdb", name: "FILE", .file,
                help: "Save an RDB snapshot of the server to FILE, as a replica receives it; - for stdout."
            ) { (draft, value) throws(OptionError) in
                try draft.choose(.tool(.snapshot(file: value.bytes, functionsOnly: false)), by: "--rdb")
            },
            .value(
                "--functions-rdb", name: "FILE", .file, help: "Like --rdb, with functions only."
            ) { (draft, value) throws(OptionError) in
                try draft.choose(.tool(.snapshot(file: value.bytes, functionsOnly: true)), by: "--functions-rdb")
            },
            tool(
                "--replica", "--slave", mode: .replica,
                help: "Print every write as it happens, as a replica receives it, in CSV."),
        ]
    }

    /// A mode without a value.
    private static func tool(_ names: StaticString..., mode tool: Tool, help: StaticString) -> Option {
        Option(names: names, value: nil, help: help) { (draft, value) throws(OptionError) in
            try draft.choose(.tool(tool), by: value.option.text)
        }
    }
}
