import Commands
import RESP
package import Routing

/// The slots of a cluster as a picture, for `:slots`: the letter for each run of slots shows who owns it.
package struct SlotPicture {
    private static let mostCellsPerRow = 128
    private static let slotsPerCell = 32
    /// Each row starts with the number of its first slot.
    private static let margin = 7
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    private static let uncovered: Character = "."
    private static let moving: Character = "*"
    /// A cell with a run of slots that is shorter than a cell.
    private static let mixed: Character = "+"
    private static let failed: Character = "!"
    /// Red is reserved for problems.
    private static let colors = [32, 36, 33, 35, 34]

    /// A slot being moved, and the ids of its source and destination nodes.
    package struct Move: Equatable, Sendable {
        package let slot: Int
        package let source: String
        package let destination: String
    }

    private let owners: [Shard]
    private let moves: [Move]
    private let names: [String: NodeAddress]
    /// Masters that have not replied.
    private let silent: Set<NodeAddress>
    /// For each slot, an index into `owners`, or nil.
    private let ownerOfSlot: [Int?]
    /// Owned runs of slots that are shorter than a cell.
    private let odd: [ClosedRange<Int>]

    /// - Parameter replies: each master's CLUSTER NODES: only the two nodes involved know about a move.
    package init(_ topology: Topology, _ replies: [NodeReply]) {
        owners = topology.shards.filter { !$0.slots.isEmpty }
        var ownerOfSlot = [Int?](repeating: nil, count: HashSlot.count)
        for (index, shard) in owners.enumerated() {
            for range in shard.slots { for slot in range { ownerOfSlot[slot] = index } }
        }
        self.ownerOfSlot = ownerOfSlot
        odd = Self.runs(ownerOfSlot).filter { $0.count < Self.slotsPerCell && ownerOfSlot[$0.lowerBound] != nil }
        names = Dictionary(topology.nodes.map { ($0.id, $0.address) }) { first, _ in first }
        moves = Self.moves(replies.compactMap(\.value).flatMap { ClusterNodeLine.lines(of: $0.text) })
        silent = Set(replies.filter { !$0.isAnswer }.map(\.node.address))
    }

    /// Each move once, sorted by slot: both ends report it.
    private static func moves(_ lines: [ClusterNodeLine]) -> [Move] {
        var moves: [Int: Move] = [:]
        for line in lines where line.flags.contains("myself") {
            for (slot, destination) in line.migrating {
                moves[slot] = Move(slot: slot, source: line.id, destination: destination)
            }
            for (slot, source) in line.importing where moves[slot] == nil {
                moves[slot] = Move(slot: slot, source: source, destination: line.id)
            }
        }
        return moves.values.sorted { $0.slot < $1.slot }
    }

    /// The picture and the legend of its marks.
    package func text(isColored: Bool, in window: Window) -> String {
        var text = ""
        // A power of two, so that rows start at round numbers and the last one is full.
        var cells = Self.mostCellsPerRow
        while cells > 8, Self.margin + cells > (window.columns == .max ? 80 : window.columns) { cells /= 2 }
        for start in stride(from: 0, to: HashSlot.count, by: cells * Self.slotsPerCell) {
            text += "\(start)".aligned(to: Self.margin - 2) + "  "
            for cell in 0..<cells {
                text += mark(from: start + cell * Self.slotsPerCell, isColored: isColored)
            }
            text += "\n"
        }
        let several = odd.isEmpty ? "" : "; a \(Self.mixed) has several masters"
        let scale = "Each character is \(Self.slotsPerCell) slots\(several).".wrapped(at: window.columns)
        return (text + scale.joined(separator: "\n") + "\n\n" + legend.text(in: window))
    }

    private func mark(from start: Int, isColored: Bool) -> String {
        let slots = start..<start + Self.slotsPerCell
        if slots.contains(where: { ownerOfSlot[$0] == nil }) {
            return colored(Self.uncovered, isColored ? 31 : nil)
        }
        if moves.contains(where: { slots.contains($0.slot) }) { return colored(Self.moving, isColored ? 31 : nil) }
        let failing = slots.lazy.compactMap { ownerOfSlot[$0] }.first { trouble(of: $0) != nil }
        if failing == nil, odd.contains(where: { $0.overlaps(slots) }) {
            return colored(Self.mixed, isColored ? 31 : nil)
        }
        let owner = failing ?? ownerOfSlot[start] ?? 0
        return colored(
            letter(owner), isColored ? failing == nil ? Self.colors[owner % Self.colors.count] : 31 : nil)
    }

    private func colored(_ mark: Character, _ color: Int?) -> String {
        color.map { "\u{1b}[\($0)m\(mark)\u{1b}[0m" } ?? "\(mark)"
    }

    private func letter(_ owner: Int) -> Character {
        trouble(of: owner) == nil ? Self.letters[owner % Self.letters.count] : Self.failed
    }

    /// Why the slots of an owner are unavailable; nil if they are available.
    private func trouble(of owner: Int) -> String? {
        guard let master = owners[owner].master else { return "no master" }
        return !master.isHealthy ? "failed" : silent.contains(master.address) ? "no answer" : nil
    }

    /// The output for programs: a row for each master, one for the slots that no node serves, and one for each slot
    /// being moved, which its master's row has counted.
    package var table: Table {
        var table = Table([.init("master"), .init("health"), .init("count"), .init("slots"), .init("moving to")])
        func append(_ master: String, _ health: String, _ count: Int?, _ slots: String, to destination: String = "") {
            func value(_ text: String) -> RESPValue { .text(text.isEmpty ? nil : text) }
            table.append(
                [], values: [value(master), value(health), .number(count), value(slots), value(destination)])
        }
        for (index, shard) in owners.enumerated() {
            append(
                shard.master.map { "\($0.address)" } ?? "", trouble(of: index) ?? "ok", shard.slotCount,
                Self.text(shard.slots))
        }
        let missing = Self.ranges(ownerOfSlot.indices.filter { ownerOfSlot[$0] == nil })
        if !missing.isEmpty {
            append("", "not served", missing.reduce(0) { $0 + $1.count }, Self.text(missing))
        }
        for move in moves { append(name(move.source), "moving", nil, "\(move.slot)", to: name(move.destination)) }
        return table
    }

    /// What the marks mean. Slots are counted with their master, not again where they have another mark.
    private var legend: Table {
        var table = Table([
            .init("mark", rank: 0), .init("master", rank: 1), .init("count", isNumber: true, rank: 3),
            .init("slots", rank: 2, least: 12),
        ])
        for (index, shard) in owners.enumerated() {
            let health = trouble(of: index).map { " (\($0))" } ?? ""
            table.append([
                "\(letter(index))", "\(shard.master.map { "\($0.address)" } ?? "none")\(health)", "\(shard.slotCount)",
                Self.text(shard.slots),
            ])
        }
        let missing = Self.ranges(ownerOfSlot.indices.filter { ownerOfSlot[$0] == nil })
        if !missing.isEmpty {
            let count = missing.reduce(0) { $0 + $1.count }
            table.append(["\(Self.uncovered)", "not served", "\(count)", Self.text(missing)])
        }
        for run in odd.prefix(Self.shownOdd) {
            let owner = ownerOfSlot[run.lowerBound].flatMap { owners[$0].master }.map { "\($0.address)" }
            table.append(["\(Self.mixed)", owner ?? "none", "", Self.text([run])])
        }
        if odd.count > Self.shownOdd {
            let rest = odd.dropFirst(Self.shownOdd)
            table.append(["\(Self.mixed)", "several", "", Self.text(Array(rest))])
        }
        for move in moves.prefix(Self.shownMoves) {
            table.append(["\(Self.moving)", "moving to \(name(move.destination))", "", "\(move.slot)"])
        }
        if moves.count > Self.shownMoves {
            let rest = moves.dropFirst(Self.shownMoves)
            table.append([
                "\(Self.moving)", "\(rest.count) more moving", "", Self.text(Self.ranges(rest.map(\.slot))),
            ])
        }
        return table
    }

    private static let shownMoves = 8
    private static let shownOdd = 8

    private func name(_ id: String) -> String { names[id].map { "\($0)" } ?? "\(id.prefix(12))" }

    /// The longest runs of slots that have the same owner, or none.
    private static func runs(_ owners: [Int?]) -> [ClosedRange<Int>] {
        var runs: [ClosedRange<Int>] = []
        for slot in owners.indices {
            if let last = runs.last, owners[last.lowerBound] == owners[slot] {
                runs[runs.count - 1] = last.lowerBound...slot
            } else {
                runs.append(slot...slot)
            }
        }
        return runs
    }

    private static func text(_ ranges: [ClosedRange<Int>]) -> String {
        ranges.map(\.text).joined(separator: " ")
    }

    private static func ranges(_ slots: [Int]) -> [ClosedRange<Int>] {
        var ranges: [ClosedRange<Int>] = []
        for slot in slots {
            if let last = ranges.last, last.upperBound + 1 == slot {
                ranges[ranges.count - 1] = last.lowerBound...slot
            } else {
                ranges.append(slot...slot)
            }
        }
        return ranges
    }
}
