import Commands
package import RESP
package import Routing

/// The output of `:peek`.
package enum KeyPreviewText {
    /// Lines for people; the elements are printed like any reply.
    ///
    /// - Parameter database: the session's, where the key is.
    package static func lines(
        _ preview: KeyPreview, database: Int, _ renderer: Renderer, in window: Window
    ) -> [UInt8] {
        var output: [UInt8] = []
        for row in rows(preview, database: database) {
            output += renderer.style.paint(row.name, .key).utf8
            let lines = row.text.wrapped(at: window.columns, indent: textColumn).joined(separator: "\n")
            output += "\(String(repeating: " ", count: max(0, textColumn - row.name.count)))\(lines)\n".utf8
        }
        guard let elements = preview.elements else { return output }
        let missing = missing(preview)
        let isEnd = preview.isEnd && missing > 0
        if isEnd { output += "... \(missing) before\n".utf8 }
        renderer.appendTerminal(shown(elements, of: preview), from: isEnd ? missing + 1 : 1, to: &output)
        output.append(Renderer.lineFeed)
        if !isEnd, missing > 0 { output += "... \(missing) more\n".utf8 }
        return output
    }

    /// The column in which the text of a row starts.
    private static let textColumn = 9

    private static func rows(_ preview: KeyPreview, database: Int) -> [(name: String, text: String)] {
        var rows: [(name: String, text: String)] = [
            ("key", Quoting.utf8.text(preview.key)),
            ("type", VisibleText.text(preview.encoding.map { "\(preview.type), encoded as \($0)" } ?? preview.type)),
            ("expires", preview.timeToLive.map { "in \(Units.duration(milliseconds: $0))" } ?? "never"),
        ]
        let size = [
            preview.length.map { count($0, preview.type) },
            preview.memory.map { "\($0.byteText) of memory" },
        ]
        let known = size.compactMap { $0 }
        if !known.isEmpty { rows.append(("size", known.joined(separator: ", "))) }
        let place = database == 0 ? "" : ", database \(database)"
        rows.append(("slot", "\(HashSlot(key: preview.key).number) at \(preview.node)\(place)"))
        rows += preview.details.map(row)
        if let refusal = preview.refusal {
            rows.append(("elements", "not shown: \(VisibleText.text(refusal))"))
        }
        return rows
    }

    private static func row(_ detail: KeyPreview.Detail) -> (name: String, text: String) {
        switch detail {
        case .distinct(let count): ("counts", "\(count) distinct elements (HyperLogLog)")
        case .bits(let set, let bytes): ("bits", "\(set) of \(8 * bytes) are set")
        case .lastID(let id): ("last id", VisibleText.text(id))
        case .group(let name, let consumers, let pending, let lag):
            (
                "group",
                "\(Quoting.utf8.word(ByteString(name))): \(consumers.of("consumer")), "
                    + "\(pending) pending" + (lag.map { ", \($0) not yet delivered" } ?? "")
            )
        case .dimensions(let number): ("vectors", number.of("dimension"))
        }
    }

    /// How many elements are not shown. A cut string says so itself.
    private static func missing(_ preview: KeyPreview) -> Int {
        guard let length = preview.length, case .list(let elements) = preview.elements else { return 0 }
        return max(0, length - (preview.isPaired ? elements.count / 2 : elements.count))
    }

    /// The elements as a reply, with notes on strings that are cut and on hash fields that expire.
    private static func shown(_ elements: Excerpt, of preview: KeyPreview) -> RESPValue {
        guard case .list(let list) = elements else { return shown(elements) }
        // Entries are shown as a map, and an empty one would be called a hash.
        if preview.isStream, !list.isEmpty { return .map(list.flatMap { entry($0, shown) }) }
        guard preview.isPaired else { return .array(list.map { shown($0) }) }
        var values = list.map { shown($0) }
        for (place, time) in preview.fieldTimes where 2 * place + 1 < values.count {
            let text = "\(text(list[2 * place + 1])) (expires in \(Units.duration(milliseconds: time)))"
            values[2 * place + 1] = .scalar(.verbatimString, Array(text.utf8))
        }
        return .map(values)
    }

    private static func shown(_ excerpt: Excerpt) -> RESPValue {
        switch excerpt {
        case .text(let text, let size) where text.count == size: .bulk(text)
        // The text already has its quotes.
        case .text: .scalar(.verbatimString, Array(text(excerpt).utf8))
        case .list(let list): .array(list.map { shown($0) })
        case .other(let value): value
        }
    }

    private static func text(_ excerpt: Excerpt) -> String {
        guard case .text(let text, let size) = excerpt else { return "" }
        guard text.count < size else { return Quoting.utf8.text(text) }
        return "\(Quoting.utf8.text(text.wholeCharacters))... (\(text.count.byteText) of \(size.byteText))"
    }

    /// The same for programs, in bytes and milliseconds; fields that only some types have are present only for those.
    package static func value(_ preview: KeyPreview, database: Int) -> RESPValue {
        let isCut = preview.isCut || preview.elements?.isCut ?? false
        let common: [RESPValue] = [
            .bulk("key"), .bulk(preview.key), .bulk("type"), .text(preview.type), .bulk("encoding"),
            .text(preview.encoding), .bulk("ttl"), .number(preview.timeToLive), .bulk("length"),
            .number(preview.length), .bulk("memory"), .number(preview.memory), .bulk("slot"),
            .integer(HashSlot(key: preview.key).number), .bulk("node"), .text("\(preview.node)"), .bulk("database"),
            .integer(database), .bulk("first"), first(preview), .bulk("cut"), .boolean(isCut),
        ]
        return .map(common + details(preview))
    }

    private static func details(_ preview: KeyPreview) -> [RESPValue] {
        var fields: [RESPValue] = []
        var groups: [RESPValue] = []
        for detail in preview.details {
            switch detail {
            case .distinct(let count): fields += [.bulk("distinct"), .integer(count)]
            case .bits(let set, let bytes):
                fields += [.bulk("bits_set"), .integer(set), .bulk("bits_counted"), .integer(8 * bytes)]
            case .lastID(let id): fields += [.bulk("last_id"), .text(id)]
            case .dimensions(let count): fields += [.bulk("dimensions"), .integer(count)]
            case .group(let name, let consumers, let pending, let lag):
                groups.append(
                    .map([
                        .bulk("name"), .text(name), .bulk("consumers"), .integer(consumers),
                        .bulk("pending"), .integer(pending), .bulk("lag"), .number(lag),
                    ]))
            }
        }
        if preview.isStream { fields += [.bulk("groups"), .array(groups)] }
        if preview.type == "hash", case .list(let list) = preview.elements {
            let times = preview.fieldTimes.sorted { $0.key < $1.key }.filter { 2 * $0.key < list.count }
            fields += [.bulk("field_ttl"), .map(times.flatMap { [plain(list[2 * $0.key]), .integer($0.value)] })]
        }
        return fields
    }

    private static func first(_ preview: KeyPreview) -> RESPValue {
        guard let elements = preview.elements else { return .null }
        guard case .list(let list) = elements else { return plain(elements) }
        if preview.isStream { return .map(list.flatMap { entry($0, plain) }) }
        return preview.isPaired ? .map(list.map(plain)) : .array(list.map(plain))
    }

    private static func plain(_ excerpt: Excerpt) -> RESPValue {
        switch excerpt {
        case .text(let text, _): .bulk(text)
        case .list(let list): .array(list.map(plain))
        case .other(let value): value
        }
    }

    /// A stream entry as its ID and its fields and values.
    private static func entry(_ entry: Excerpt, _ make: (Excerpt) -> RESPValue) -> [RESPValue] {
        let parts = entry.elements
        guard parts.count == 2 else { return [] }
        return [make(parts[0]), .map(parts[1].elements.map(make))]
    }

    private static func count(_ number: Int, _ type: String) -> String {
        guard let length = KeyType(rawValue: type)?.length else { return number.of("element") }
        return "\(number) \(number == 1 ? length.unit : length.units)"
    }
}

extension Excerpt {
    /// True if a string in it is cut.
    fileprivate var isCut: Bool {
        switch self {
        case .text(let text, let size): text.count < size
        case .list(let list): list.contains(where: \.isCut)
        case .other: false
        }
    }
}

extension ByteString {
    /// Without an incomplete character at the end.
    fileprivate var wholeCharacters: ByteString {
        guard let start = bytes.lastIndex(where: { !$0.continuesCharacter }),
            bytes.count - start < bytes[start].characterLength
        else { return self }
        return ByteString(bytes[..<start])
    }
}
