package import RESP

/// A mode that measures, samples, copies or examines nodes instead of running commands.
package enum Tool: Equatable, Sendable {
    case latency(LatencyView)
    case statistics
    /// The biggest keys by number of elements.
    case bigKeys
    /// The biggest keys by memory, taken from so many elements of each; 0 for the server's own number.
    case memoryKeys(samples: Int)
    case keyStatistics(KeyStatistics)
    /// So many of the keys that are used most.
    case hotKeys(count: Int)
    case lruTest(keys: Int)
    case intrinsicLatency(seconds: Int)
    /// A copy of the data, or of the functions alone, into a file; `-` is stdout.
    case snapshot(file: ByteString, functionsOnly: Bool)
    case replica
    /// Finds out why nodes cannot be reached, or not used, and what would mend it.
    case diagnosis
    /// The script in the file, in the server's debugger; the words behind the options are its keys and arguments.
    case scriptDebugger(file: ByteString, isSynchronous: Bool)

    package enum LatencyView: Equatable, Sendable {
        case summary, history
        case spectrum(isMonochrome: Bool)
    }
}

/// What `--keystats` is asked for.
package struct KeyStatistics: Equatable, Sendable {
    /// Of how many elements the memory of a key is taken; 0 for the server's own number.
    package var samples: Int
    /// How many of the biggest keys are listed; 0 for all.
    package var top: Int
    /// Where SCAN begins.
    package var cursor: UInt64

    package init(samples: Int = 0, top: Int = 10, cursor: UInt64 = 0) {
        self.samples = samples
        self.top = top
        self.cursor = cursor
    }
}
