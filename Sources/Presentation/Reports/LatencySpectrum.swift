/// How often each range of latencies was measured, for `--latency-dist`: a line of 31 letters, one per range, on
/// backgrounds that show each range's share of the samples. Needs a terminal with 256 colors.
package struct LatencySpectrum: Sendable {
    /// The letter of a range and its upper bound in milliseconds.
    private static let ranges: [(letter: Character, end: Double)] =
        [(".", 0.01), ("-", 0.125), ("*", 0.25), ("#", 0.5)]
        + (1...9).map { (Character("\($0)"), Double($0)) }
        + zip("ABCDE", stride(from: 10.0, through: 50, by: 10))
        + zip("FGHIJ", stride(from: 100.0, through: 500, by: 100))
        + zip("KLMNOPQ?", [1000.0, 2000, 4000, 8000, 16000, 30000, 60000, .infinity])

    /// Indices into the terminal's palette, from no samples to all of them.
    package struct Palette: Sendable {
        fileprivate let shades: [Int]

        package static let colored = Palette(shades: [
            0, 233, 234, 235, 237, 239, 241, 243, 245, 247, 144, 143, 142, 184, 226, 214, 208, 202, 196,
        ])
        package static let gray = Palette(shades: [0, 233, 234, 235, 237, 239, 241, 243, 245, 247, 249, 251, 253])
    }

    private let palette: Palette
    private var counts = [Int](repeating: 0, count: ranges.count)

    package init(_ palette: Palette) {
        self.palette = palette
    }

    package mutating func add(milliseconds: Double) {
        counts[Self.ranges.firstIndex { milliseconds <= $0.end } ?? Self.ranges.count - 1] += 1
    }

    /// The line, with its newline.
    package var text: String {
        let total = max(1, counts.reduce(0, +))
        let cells = zip(Self.ranges, counts).map { range, count in
            // Rounded up, so that a single sample is visible.
            let shade = (count * (palette.shades.count - 1) + total - 1) / total
            return "\u{1b}[48;5;\(palette.shades[shade])m\(range.letter)"
        }
        return "\u{1b}[38;5;0m\(cells.joined())\u{1b}[0m\n"
    }
}

extension LatencySpectrum.Palette {
    /// What the letters and colors mean, with newlines.
    package var legend: String {
        let rule = String(repeating: "-", count: 45)
        return """
            \(rule)
            . - * #          .01 .125 .25 .5 milliseconds
            1,2,3,...,9      from 1 to 9     milliseconds
            A,B,C,D,E        10,20,30,40,50  milliseconds
            F,G,H,I,J        .1,.2,.3,.4,.5       seconds
            K,L,M,N,O,P,Q,?  1,2,4,8,16,30,60,>60 seconds
            From 0 to 100%: \(shades.map { "\u{1b}[48;5;\($0)m " }.joined())\u{1b}[0m
            \(rule)

            """
    }
}
