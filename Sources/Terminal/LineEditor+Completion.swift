import CLibedit
import Glibc
import RESP

/// Tab.
extension LineEditor {
    /// Inserts what all candidates have in common; if that is nothing new, lets the user choose.
    func completeWord() -> Bool {
        guard let context else { return false }
        let typed = context + textBeforeCursor.bytes
        let found = assistant.completions(of: typed, isRepeated: typed == lastCompleted)
        lastCompleted = typed
        let candidates = found.candidates.map { WideText($0.text).characters }
        // A word that began on an earlier line cannot be replaced.
        guard var common = candidates.first, found.start >= context.count else { return false }
        for candidate in candidates.dropFirst() {
            common.removeLast(common.count - zip(common, candidate).prefix { $0 == $1 }.count)
        }
        let replaced = WideText(typed.dropFirst(found.start)).characters
        if candidates.count == 1 {
            if found.candidates[0].isWhole { common.append(0x20) }
            guard common != replaced else { return false }
        } else if common.count <= replaced.count {
            choose(of: found, typed)
            return true
        }
        replace(replaced.count, with: common)
        return true
    }

    private enum MenuKey {
        case move(Menu.Step)
        case take, close
        case other(wchar_t)
        case end
    }

    /// Shows the candidates below the line. The selected one appears in the line; Enter takes it, Escape brings back
    /// what was typed, and any other key takes it and then does what it usually does.
    private func choose(of found: Completions, _ typed: ByteString) {
        var candidates = found.candidates
        let original = WideText(typed.dropFirst(found.start)).characters
        var current = original
        var menu = Menu(candidates)
        // Another Tab may find more.
        var isSearched = false
        defer { rowsBelow = nil }
        while true {
            rowsBelow = { [assistant] columns, rows in
                menu.rows(
                    columns: columns, rows: rows, description: assistant.hintStyle, selection: assistant.selectionStyle)
            }
            switch readMenuKey() {
            case .move(let step):
                if case .next = step, menu.selected == nil, !isSearched {
                    isSearched = true
                    let more = assistant.completions(of: typed, isRepeated: true).candidates
                    if more.count > candidates.count {
                        candidates = more
                        menu = Menu(candidates)
                        continue
                    }
                }
                menu.move(step)
                guard let selected = menu.selected else { continue }
                let chosen = WideText(candidates[selected].text).characters
                replace(current.count, with: chosen)
                current = chosen
            case .take where menu.selected != nil:
                if let selected = menu.selected, candidates[selected].isWhole { replace(0, with: [0x20]) }
                return
            case .take: return unread(0x0d)
            case .close: return replace(current.count, with: original)
            case .other(let key): return unread(key)
            case .end: return
            }
        }
    }

    private func readMenuKey() -> MenuKey {
        let before = line
        guard let key = nextCharacter() else { return .end }
        // Something was pasted.
        guard line == before else { return .other(key) }
        switch key {
        case 0x09, 0x0e: return .move(.next)
        case 0x10: return .move(.previous)
        case 0x0a, 0x0d: return .take
        case 0x07: return .close
        case 0x1b: break
        default: return .other(key)
        }
        guard let second = nextOfSequence() else { return .close }
        guard second == 0x5b, let third = nextOfSequence() else {
            unread(second)
            return .other(key)
        }
        switch UnicodeScalar(UInt32(bitPattern: third)) {
        case "A": return .move(.up)
        case "B": return .move(.down)
        case "C": return .move(.right)
        case "D": return .move(.left)
        case "Z": return .move(.previous)
        case "5", "6":
            guard let last = nextCharacter() else { return .end }
            if last == 0x7e { return .move(third == 0x35 ? .pageUp : .pageDown) }
            unread(last)
            fallthrough
        default:
            unread(third)
            unread(second)
            return .other(key)
        }
    }
}
