/// Arithmetic on numbers from a server, which may be anything: where no `Int` holds the result, it is the nearest one.
extension Int {
    package func adding(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? other < 0 ? .min : .max : sum
    }

    package func subtracting(_ other: Int) -> Int {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? other < 0 ? .max : .min : difference
    }

    package func multiplied(by other: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? (self < 0) == (other < 0) ? .max : .min : product
    }

    /// The nearest whole number; 0 for NaN.
    package init(nearest number: Double) {
        self = Int(exactly: number.rounded()) ?? (number.isNaN ? 0 : number < 0 ? .min : .max)
    }
}

extension Sequence<Int> {
    package var sum: Int { reduce(0) { $0.adding($1) } }
}
