package import Engine

/// How far a load has come in its input: everything is done up to one place, nothing from another place on, and in
/// between it is known which commands are not done.
///
/// Commands of one slot may wait while those of others proceed, so the two places may be far apart.
package struct LoadProgress {
    /// Where to continue.
    package let start: InputPlace
    /// The offset from which nothing is done.
    package let rest: Int
    /// The offsets of the commands between the two that are not done, in the order of the input.
    package private(set) var open: ArraySlice<Int>

    package init(start: InputPlace, rest: Int, open: [Int] = []) {
        self.start = start
        self.rest = rest
        self.open = open[...]
    }

    /// True for a command that has to run. Called for each in the order of the input, from ``start`` on.
    package mutating func takes(_ place: InputPlace) -> Bool {
        guard place.offset < rest else { return true }
        while let next = open.first, next < place.offset { open.removeFirst() }
        guard open.first == place.offset else { return false }
        open.removeFirst()
        return true
    }

    /// True when nothing of an input that ends there is left to do.
    func ends(at place: InputPlace) -> Bool { start.offset == place.offset && start.offset > 0 }

    /// True when the place to continue from comes right after a command that is done.
    var continuesAfterCommand: Bool { open.first != start.offset }

    /// The progress of a load that started with this one.
    ///
    /// - Parameters:
    ///   - place: of the next command that will be read.
    ///   - places: of the earlier commands that were taken and are not done, in any order.
    package func advanced(to place: InputPlace, open places: [InputPlace]) -> LoadProgress {
        let places = places.sorted { $0.offset < $1.offset }
        return LoadProgress(
            start: places.first ?? place, rest: max(place.offset, rest), open: places.map(\.offset) + open)
    }
}
