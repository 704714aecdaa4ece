/// The lane number of each slot and of ``Pipeline/anySlot``, or ``Pipeline/noLane``; small, because every command of a
/// load looks at a different place in it.
struct LaneTable {
    private var numbers = [Int32](repeating: Int32(Pipeline.noLane), count: Pipeline.anySlot + 1)

    subscript(slot: Int) -> Int {
        get { Int(numbers[slot]) }
        set { numbers[slot] = Int32(newValue) }
    }
}
