package import RESP

/// A mode that measures, samples, copies or examines nodes instead of running commands.
package enum Tool: Equatable, Sendable {
    case latency(LatencyView)
    case statistics
    /// The biggest keys by number of elements.
    case bigKeys
    /// The biggest keys by memory, sampling this many elements of each; 0 for the server's default.
    case memoryKeys(samples: Int)
    case keyStatistics(KeyStatistics)
    /// This many of the most frequently used keys.
    case hotKeys(count: Int)
    case lruTest(keys: Int)
    case intrinsicLatency(seconds: Int)
    /// A copy of the data, or of the functions only, in a file; `-` is stdout.
    case snapshot(file: ByteString, functionsOnly: Bool)
    case replica
    /// Finds out why nodes cannot be reached or used, and what would fix it.
    case diagnosis
    /// The script in the file, in the server's debugger; the words after the options are its keys and arguments.
    case scriptDebugger(file: ByteString, isSynchronous: Bool)

    package enum LatencyView: Equatable, Sendable {
        case summary, history
        case spectrum(isMonochrome: Bool)
    }
}

/// The values of the `--keystats` options.
package struct KeyStatistics: Equatable, Sendable {
    /// How many elements are sampled for the memory of a key; 0 for the server's default.
    package var samples: Int
    /// How many of the biggest keys are listed; 0 for all.
    package var top: Int
    /// Where SCAN starts.
    package var cursor: UInt64

    package init(samples: Int = 0, top: Int = 10, cursor: UInt64 = 0) {
        self.samples = samples
        self.top = top
        self.cursor = cursor
    }
}
