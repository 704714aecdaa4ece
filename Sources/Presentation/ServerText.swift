package import Commands
package import RESP
import Routing

/// Parses text replies that have a structure: maps and arrays replace lines. Anything numeric becomes a number, except
/// in fields whose text is the user's.
package enum ServerText {
    /// The parsed value; unchanged if its text has no such structure.
    package static func object(_ value: RESPValue, _ shape: ReplyShape) -> RESPValue {
        switch shape {
        case .plain, .nested, .longRecords, .settings, .columns, .positions: value
        case .sections where value.kind.isText: sections(value.text)
        case .fields where value.kind.isText: fields(lines(of: value.text))
        case .client where value.kind.isText: client(value.text)
        case .clients where value.kind.isText: .array(lines(of: value.text).map { client($0) })
        case .clusterNodes where value.kind.isText: .array(ClusterNodeLine.lines(of: value.text).map(node))
        case .clusterNodes where value.kind == .array:
            .array(value.elements.map { ClusterNodeLine($0.text).map(node) ?? $0 })
        case .slowLog where value.kind == .array: .array(value.elements.map(slowCommand))
        case .sections, .fields, .client, .clients, .clusterNodes, .slowLog: value
        }
    }

    /// INFO: sections by name, in the form in which INFO accepts the names.
    private static func sections(_ text: String) -> RESPValue {
        var sections: [RESPValue] = []
        var rest = lines(of: text)[...]
        while let heading = rest.first {
            let hasHeading = heading.hasPrefix("#")
            if hasHeading { rest.removeFirst() }
            let body = rest.prefix { !$0.hasPrefix("#") }
            rest = rest[body.endIndex...]
            sections += [bulk(hasHeading ? heading.drop { "# ".contains($0) }.lowercased() : ""), fields(Array(body))]
        }
        return .map(sections)
    }

    /// Lines of a name, a colon and a value. A name that occurs several times gets an array.
    private static func fields(_ lines: [String]) -> RESPValue {
        var names: [String] = []
        var values: [String: [RESPValue]] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = String(line[..<colon])
            if values[name] == nil { names.append(name) }
            values[name, default: []].append(fieldValue(String(line[line.index(after: colon)...])))
        }
        return .map(
            names.flatMap { name -> [RESPValue] in
                let found = values[name] ?? []
                return [bulk(name), found.count == 1 ? found[0] : .array(found)]
            })
    }

    /// `keys=3,expires=0` becomes a map, everything else a number or a text.
    private static func fieldValue(_ text: String) -> RESPValue {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ ($0.firstIndex(of: "=") ?? $0.startIndex) > $0.startIndex }) else {
            return number(text)
        }
        return .map(parts.flatMap { pair($0, isText: { _ in false }) })
    }

    /// Client fields whose values are text, even if they look like numbers.
    private static let clientTexts: Set<String> = [
        "addr", "laddr", "name", "flags", "events", "cmd", "user", "lib-name", "lib-ver",
    ]

    private static func client(_ line: String) -> RESPValue {
        .map(
            line.split(whereSeparator: \.isWhitespace).flatMap { pair($0, isText: clientTexts.contains) })
    }

    private static func pair(_ text: Substring, isText: (String) -> Bool) -> [RESPValue] {
        let name = String(text.prefix { $0 != "=" })
        let value = String(text.dropFirst(name.count + 1))
        return [bulk(name), isText(name) ? bulk(value) : number(value)]
    }

    private static func node(_ line: ClusterNodeLine) -> RESPValue {
        func moves(_ slots: [Int: String]) -> RESPValue {
            .map(slots.sorted { $0.key < $1.key }.flatMap { [bulk("\($0.key)"), bulk($0.value)] })
        }
        return .map([
            bulk("id"), bulk(line.id), bulk("address"), bulk(line.address),
            bulk("bus_port"), .number(line.busPort),
            bulk("hostname"), .text(line.hostname),
            bulk("flags"), .array(line.flags.map(bulk)), bulk("master"), .text(line.master),
            bulk("ping_sent"), .integer(line.pingSent), bulk("pong_received"), .integer(line.pongReceived),
            bulk("config_epoch"), .integer(line.configEpoch), bulk("link_state"), bulk(line.linkState),
            bulk("slots"), .array(line.slots.map { .array([.integer($0.lowerBound), .integer($0.upperBound)]) }),
            bulk("migrating"), moves(line.migrating), bulk("importing"), moves(line.importing),
        ])
    }

    private static let slowFields = ["id", "time", "microseconds", "command", "client", "client_name"]

    private static func slowCommand(_ entry: RESPValue) -> RESPValue {
        guard entry.kind == .array else { return entry }
        return .map(zip(slowFields, entry.elements).flatMap { [bulk($0), $1] })
    }

    static func lines(of text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).map(String.init)
    }

    private static func bulk(_ text: some StringProtocol) -> RESPValue { .bulk(ByteString(String(text))) }

    /// A number if the text is a plain decimal that any program can hold; numeric ids and versions stay text.
    private static func number(_ text: String) -> RESPValue {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard digits.count <= 18, (1...2).contains(parts.count),
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } }),
            parts[0].count == 1 || parts[0].first != "0"
        else { return bulk(text) }
        return parts.count == 1 ? .scalar(.integer, Array(text.utf8)) : .scalar(.double, Array(text.utf8))
    }
}
