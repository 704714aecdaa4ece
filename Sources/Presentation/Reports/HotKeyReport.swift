package import RESP

/// The most frequently used keys, for `--hotkeys`.
package struct HotKeyReport: Sendable {
    /// How many keys are listed by default.
    package static let standardCount = 16

    private let length: Int

    private var hottest: [(key: ByteString, counter: Int)] = []
    private var sampled = 0

    private let quoting: Quoting

    /// - Parameters:
    ///   - length: how many keys are listed.
    ///   - quoting: how the names of keys are written.
    package init(length: Int, quoting: Quoting) {
        self.length = length
        self.quoting = quoting
    }

    /// Counts a key.
    ///
    /// - Parameters:
    ///   - counter: from OBJECT FREQ: the logarithm of the key's uses, decaying over time.
    ///   - progress: the fraction of the keys that was sampled before this one, from 0 to 1.
    /// - Returns: the line, with its newline, for a key that is among the hottest so far.
    package mutating func add(_ key: ByteString, counter: Int, progress: Double) -> String? {
        sampled += 1
        guard counter > 0 else { return nil }
        let place = hottest.firstIndex { $0.counter < counter } ?? hottest.count
        guard place < length else { return nil }
        hottest.insert((key, counter), at: place)
        if hottest.count > length { hottest.removeLast() }
        return "\(KeySizeReport.percent(progress)) Hot key '\(quoting.text(key))' found so far"
            + " with counter \(counter)\n"
    }

    /// The report, with newlines.
    package var summary: String {
        "\n-------- summary -------\n\n" + KeySizeReport.sampled(sampled)
            + hottest.map { "hot key found with counter: \($0.counter)\tkeyname: \(quoting.text($0.key))\n" }
            .joined()
    }
}
