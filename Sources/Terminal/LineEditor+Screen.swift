import CLibedit
import Glibc
import RESP

/// Drawing. libedit only edits: what it writes is discarded, and the line is drawn here before each wait for a key.
extension LineEditor {
    /// A row below the line: texts, with the escape sequences that they are shown in.
    typealias Row = [(text: String, look: String)]

    /// True while a line is being edited on the screen.
    var isDrawn: Bool {
        prompt != nil && cle_is_editing(libedit) != 0
    }

    /// The window's current columns and rows.
    var window: (columns: Int, rows: Int) { Terminal.size(of: STDOUT_FILENO) ?? (columns: 80, rows: 24) }

    func emit(_ text: String) {
        write(STDOUT_FILENO, text, text.utf8.count)
    }

    func ringBell() {
        emit("\u{7}")
    }

    /// Draws prompt and line as they are now, with help for what to type next.
    func draw() {
        guard isDrawn else { return }
        let window = window
        var picture = picture(of: line, cursor: cursor, columns: window.columns)
        if cursor == line.count, rowsBelow == nil { putHelp(for: line, on: &picture) }
        if let rowsBelow {
            for row in rowsBelow(window.columns - 1, max(1, window.rows - picture.rowCount)) {
                picture.endRow()
                for part in row { picture.put(part.text, part.look) }
            }
        }
        emit(screen.show(picture.cut(toRows: window.rows)))
    }

    /// Removes prompt and line from the screen.
    func erase() {
        emit(screen.erase(columns: window.columns))
    }

    /// Leaves prompt and line on the screen for good, without the help for typing it, and moves to the next row.
    func leave(_ line: [wchar_t], mark: String = "") {
        let columns = window.columns
        var picture = picture(of: line, cursor: line.count, columns: columns)
        if picture.rowCount > window.rows { erase() }
        picture.put(mark)
        picture.placeCursor()
        emit(screen.show(picture) + "\r\n")
        screen.forget()
    }

    private func picture(of line: [wchar_t], cursor: Int, columns: Int) -> Picture {
        var picture = Picture(columns: columns)
        for part in promptParts { picture.put(part.text, part.look) }
        var looks = looks(of: line)[...]
        for (place, character) in line.enumerated() {
            if place == cursor { picture.placeCursor() }
            while let first = looks.first, first.range.upperBound <= place { looks.removeFirst() }
            let look = looks.first.flatMap { $0.range.contains(place) ? $0.look : nil } ?? ""
            picture.put(character, look)
        }
        if cursor >= line.count { picture.placeCursor() }
        return picture
    }

    /// The looks of parts of the line, as ranges of characters, in order.
    private func looks(of line: [wchar_t]) -> [LineLook] {
        if isSearching { return searchLooks(of: line) }
        guard let context else { return [] }
        let looks = assistant.looks(of: context + WideText(line).bytes).filter { $0.range.upperBound > context.count }
        guard !looks.isEmpty else { return [] }
        // From bytes to characters.
        var places: [Int] = []
        for (place, character) in line.enumerated() {
            places += Array(repeating: place, count: WideText.byteCount(of: character))
        }
        places.append(line.count)
        return looks.map { look in
            let start = max(0, look.range.lowerBound - context.count)
            return LineLook(places[start]..<places[look.range.upperBound - context.count], look.look)
        }
    }

    /// Within a word, shows in gray after the line how a line of the history continued; otherwise what comes next, in
    /// the row below when not even the first word of it fits.
    private func putHelp(for line: [wchar_t], on picture: inout Picture) {
        guard let context, !isSearching, !context.isEmpty || !line.isEmpty else { return }
        if let suggestion {
            let text = VisibleText.text(WideText(suggestion).bytes.text)
            if picture.room > 1 { picture.put(Self.cut(text, toColumns: picture.room), assistant.hintStyle) }
            return
        }
        let hint = VisibleText.text(assistant.hint(for: context + WideText(line).bytes))
        guard !hint.isEmpty else { return }
        if let begin = Self.cut(hint, atWordWithin: picture.room, key: explanationKey) {
            return picture.put(begin, assistant.hintStyle)
        }
        picture.endRow()
        let text = String(hint.drop { $0 == " " })
        let begin = Self.cut(text, atWordWithin: picture.room, key: explanationKey)
        picture.put(begin ?? Self.cut(text, toColumns: picture.room), assistant.hintStyle)
    }

    /// The words of a hint that fit, nil for none. If there were more, a mark, and the key that shows them if it fits.
    private static func cut(_ hint: String, atWordWithin columns: Int, key: String) -> String? {
        func width(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + Terminal.columns(of: $1) } }
        if width(hint) <= columns { return hint }
        for mark in ["… (\(key))", "…"] {
            var begin = hint[...]
            while let end = begin.lastIndex(where: { $0 == " " || $0 == "|" }), end > begin.startIndex {
                if width(begin[...end]) + width(mark) <= columns { return "\(begin[...end])\(mark)" }
                begin = begin[..<end]
            }
        }
        return nil
    }

    /// The start of a text that fits, with a mark where there was more.
    static func cut(_ text: String, toColumns columns: Int) -> String {
        var width = 0
        var end = text.startIndex
        for place in text.indices {
            width += Terminal.columns(of: text[place])
            if width <= columns - 1 { end = text.index(after: place) }
            if width > columns { return text[..<end] + "…" }
        }
        return text
    }

    // MARK: The line as libedit has it

    /// The whole line; setting it moves the cursor to its end.
    var line: [wchar_t] {
        get {
            guard let line = el_wline(libedit)?.pointee, let start = line.buffer else { return [] }
            return Array(UnsafeBufferPointer(start: start, count: start.distance(to: line.lastchar)))
        }
        set {
            el_cursor(libedit, Int32(line.count - cursor))
            el_deletestr(libedit, Int32(line.count))
            if !newValue.isEmpty { el_winsertstr(libedit, newValue + [0]) }
        }
    }

    /// The number of characters before the cursor.
    var cursor: Int {
        guard let line = el_wline(libedit)?.pointee, let start = line.buffer else { return 0 }
        return start.distance(to: line.cursor)
    }

    /// The line up to the cursor.
    var textBeforeCursor: WideText { WideText(line.prefix(cursor)) }

    /// Replaces the last characters before the cursor with a text.
    func replace(_ count: Int, with characters: [wchar_t]) {
        if count > 0 { el_deletestr(libedit, Int32(count)) }
        if !characters.isEmpty { el_winsertstr(libedit, characters + [0]) }
    }
}
