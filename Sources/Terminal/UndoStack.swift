import Glibc

/// The states that a line was in before. Characters typed one after another are undone together, a word at a time.
struct UndoStack {
    struct State: Equatable {
        let line: [wchar_t]
        let cursor: Int
    }

    private var past: [State] = []
    private var present = State(line: [], cursor: 0)
    private var isTyping = false

    /// Records the line as it is now.
    mutating func note(_ line: [wchar_t], cursor: Int) {
        guard line != present.line else {
            if cursor != present.cursor { isTyping = false }
            present = State(line: line, cursor: cursor)
            return
        }
        let isTyped = line.count == present.line.count + 1 && cursor == present.cursor + 1
        // A blank goes with the word before it.
        let goesOn = isTyping && isTyped && !(line[cursor - 1] != 0x20 && present.line.last == 0x20)
        if !goesOn { past.append(present) }
        isTyping = isTyped
        present = State(line: line, cursor: cursor)
    }

    /// Goes back to the state before the last change; nil when there is none.
    mutating func undo() -> State? {
        guard let state = past.popLast() else { return nil }
        present = state
        isTyping = false
        return state
    }
}
