import Engine
import Shell
import Testing

/// What a resumed load runs: everything not done, once, wherever the previous load ended.
struct LoadProgressTests {
    /// An input of commands at the offsets 0, 10, 20 and so on.
    private static let places = (0..<12).map { InputPlace(line: $0 + 1, offset: $0 * 10) }

    private static let beginning = LoadProgress(start: places[0], rest: 0)

    /// Reads on from a progress up to an offset.
    ///
    /// - Returns: the offsets of the commands that are run.
    private static func run(_ progress: inout LoadProgress, to end: Int = 120) -> [Int] {
        var taken: [Int] = []
        for place in places where progress.start.offset <= place.offset && place.offset < end {
            if progress.takes(place) { taken.append(place.offset) }
        }
        return taken
    }

    @Test(
        "Commands that are not done are run",
        arguments: [
            (60, [], [60, 70, 80, 90, 100, 110]), (60, [30], [30, 60, 70, 80, 90, 100, 110]),
            (60, [50, 0], [0, 50, 60, 70, 80, 90, 100, 110]), (120, [20, 40, 30], [20, 30, 40]), (120, [], []),
        ])
    func commandsThatAreNotDoneAreRun(end: Int, open: [Int], taken: [Int]) {
        var first = Self.beginning
        _ = Self.run(&first, to: end)
        let next = InputPlace(line: end / 10 + 1, offset: end)
        var second = first.advanced(to: next, open: Self.places.filter { open.contains($0.offset) })
        #expect(second.start.offset == taken.first ?? end)
        #expect(second.start.line == second.start.offset / 10 + 1)
        #expect(Self.run(&second) == taken)
    }

    /// A resumed load may end before it reaches the point where the first one ended.
    @Test(
        "Nothing is forgotten or run twice",
        arguments: Array(stride(from: 20, through: 120, by: 10)))
    func nothingIsForgottenOrRunTwice(end: Int) {
        var first = LoadProgress(start: Self.places[2], rest: 90, open: [20, 50, 70])
        let firstTaken = Self.run(&first, to: end)
        // The last command taken is not done when the load ends.
        let open = Self.places.filter { $0.offset == firstTaken.last }
        var second = first.advanced(to: InputPlace(line: end / 10 + 1, offset: end), open: open)
        let taken = Self.run(&second)
        #expect(firstTaken.dropLast() + taken == [20, 50, 70, 90, 100, 110])
        #expect(taken.isEmpty || second.start.offset <= taken[0])
    }

    /// With a different input, an offset taken for the start of a command is within one.
    @Test("A different input does not hold up later commands") func aDifferentInputDoesNotHoldUpLaterCommands() {
        var progress = LoadProgress(start: Self.places[0], rest: 60, open: [15, 40])
        #expect(Self.run(&progress) == [40, 60, 70, 80, 90, 100, 110])
    }
}
