extension [String] {
    /// `a`, `a or b`, `a, b or c`.
    package var alternatives: String {
        let (last, others) = (last ?? "", dropLast())
        return others.isEmpty ? last : "\(others.joined(separator: ", ")) or \(last)"
    }

    /// Asks whether one of them was meant; nil if there are none.
    package var question: String? { isEmpty ? nil : "Did you mean \(alternatives)?" }
}
