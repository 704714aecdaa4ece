import Presentation
import RESP

extension OptionTable {
    /// The modes that work on the node that is named, on a cluster too.
    @inline(never)
    static func tools() -> [Option] {
        [
            tool(
                "--stat", mode: .statistics, help: "Show a line about the server every second, or as often as -i says."),
            tool(
                "--latency", mode: .latency(.summary),
                help: """
                    Measure how long a PING takes, without end; with --raw, --csv, --json or in a pipe for a second, or \
                    as long as -i says.
                    """),
            tool(
                "--latency-history", mode: .latency(.history),
                help: "As --latency, with a new line every 15 seconds, or as often as -i says."),
            tool(
                "--latency-dist", mode: .latency(.spectrum(isMonochrome: false)),
                help: "Show the latencies of every second as a colored line. Needs a terminal of 256 colors."),
            .flag("--mono", help: "With --latency-dist: shades of grey.") { $0.isMonochrome = true },
            .value(
                "--intrinsic-latency", name: "SECONDS",
                help: "Measure for so long how this machine keeps a busy process waiting. Needs no server."
            ) { (draft, value) throws(OptionError) in
                let seconds = try value.integer(atLeast: 1, wanted: "a number of seconds, 1 or more")
                try draft.choose(.tool(.intrinsicLatency(seconds: seconds)), by: "--intrinsic-latency")
            },
            tool(
                "--bigkeys", mode: .bigKeys,
                help: "Look for the keys with the most elements, and tell averages by type."),
            tool("--memkeys", mode: .memoryKeys(samples: 0), help: "As --bigkeys, by the memory that keys take."),
            .value(
                "--memkeys-samples", name: "COUNT",
                help: "As --memkeys, with so many elements of each key looked at (default: the server's own number)."
            ) { (draft, value) throws(OptionError) in
                draft.memorySamples = try value.integer(atLeast: 0, wanted: "a number, 0 or more")
                try draft.choose(.tool(.memoryKeys(samples: 0)), by: "--memkeys")
            },
            tool(
                "--keystats", mode: .keyStatistics(.init()),
                help: "Memory, lengths and types of all keys: the biggest, and how they are distributed."),
            .value(
                "--keystats-samples", name: "COUNT",
                help: "As --keystats, with so many elements of each key looked at (default: the server's own number)."
            ) { (draft, value) throws(OptionError) in
                draft.keyStatistics.samples = try value.integer(atLeast: 0, wanted: "a number, 0 or more")
                try draft.choose(.tool(.keyStatistics(.init())), by: "--keystats")
            },
            .value(
                "--top", name: "COUNT",
                help: "With --keystats: list so many of the biggest keys (default 10; 0 for all)."
            ) { (draft, value) throws(OptionError) in
                draft.keyStatistics.top = try value.integer(atLeast: 0, wanted: "a number, 0 or more")
            },
            .value(
                "--cursor", name: "CURSOR",
                help: "With --keystats: go on where a scan was interrupted, which told this."
            ) { (draft, value) throws(OptionError) in
                guard let cursor = UInt64(value.bytes.text) else { throw value.rejected(wanted: "a cursor of SCAN") }
                draft.keyStatistics.cursor = cursor
            },
            tool(
                "--hotkeys", mode: .hotKeys(count: HotKeyReport.standardCount),
                help: "Look for the keys used most. Needs an LFU maxmemory-policy."),
            .value("--hotkeys-count", name: "COUNT", help: "As --hotkeys, with so many keys in the list (default 16).")
            {
                (draft, value) throws(OptionError) in
                draft.hotKeyCount = try value.integer(atLeast: 1, wanted: "a number, 1 or more")
                try draft.choose(.tool(.hotKeys(count: draft.hotKeyCount)), by: "--hotkeys")
            },
            .value(
                "--lru-test", name: "KEYS",
                help: "Write and read so many keys, few of them often, and tell how many the server still has."
            ) { (draft, value) throws(OptionError) in
                let keys = try value.integer(atLeast: 1, wanted: "a number of keys, 1 or more")
                try draft.choose(.tool(.lruTest(keys: keys)), by: "--lru-test")
            },
            .value(
                "--rdb", name: "FILE", .file,
                help: "Write a snapshot of the server's data to FILE, as a replica gets it; - is stdout."
            ) { (draft, value) throws(OptionError) in
                try draft.choose(.tool(.snapshot(file: value.bytes, functionsOnly: false)), by: "--rdb")
            },
            .value(
                "--functions-rdb", name: "FILE", .file, help: "As --rdb, with the functions alone."
            ) { (draft, value) throws(OptionError) in
                try draft.choose(.tool(.snapshot(file: value.bytes, functionsOnly: true)), by: "--functions-rdb")
            },
            tool(
                "--replica", "--slave", mode: .replica,
                help: "Print every write of the server as it happens, as CSV, the way a replica gets it."),
        ]
    }

    /// A mode without a value.
    private static func tool(_ names: StaticString..., mode tool: Tool, help: StaticString) -> Option {
        Option(names: names, value: nil, help: help) { (draft, value) throws(OptionError) in
            try draft.choose(.tool(tool), by: value.option.text)
        }
    }
}
