import Commands
package import RESP
package import Routing

/// What `:peek` shows.
package enum KeyPreviewText {
    /// Lines for people; the elements as any reply.
    ///
    /// - Parameter database: the session's, where the key is.
    package static func lines(_ preview: KeyPreview, database: Int, _ renderer: Renderer) -> [UInt8] {
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
        var output: [UInt8] = []
        for row in rows {
            output += "\(row.name)\(String(repeating: " ", count: 9 - row.name.count))\(row.text)\n".utf8
        }
        guard let beginning = preview.beginning else { return output }
        renderer.appendTerminal(beginning, to: &output)
        output.append(Renderer.lineFeed)
        if preview.isCut { output += "...\n".utf8 }
        return output
    }

    /// The same for programs.
    package static func value(_ preview: KeyPreview, database: Int) -> RESPValue {
        func number(_ number: Int?) -> RESPValue { number.map { .integer($0) } ?? .null }
        func text(_ text: String?) -> RESPValue { text.map { .bulk(ByteString($0)) } ?? .null }
        return .map([
            text("key"), .bulk(preview.key), text("type"), text(preview.type), text("encoding"), text(preview.encoding),
            text("ttl"), number(preview.timeToLive), text("length"), number(preview.length), text("memory"),
            number(preview.memory), text("slot"), number(HashSlot(key: preview.key).number), text("node"),
            text("\(preview.node)"), text("database"), .integer(database), text("first"), preview.beginning ?? .null,
        ])
    }

    private static func count(_ number: Int, _ type: String) -> String {
        guard let length = KeyType(rawValue: type)?.length else { return "\(number)" }
        return "\(number) \(number == 1 ? length.unit : length.units)"
    }
}
