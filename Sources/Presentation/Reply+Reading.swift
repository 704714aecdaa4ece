package import Commands
package import RESP
package import Routing

// Replies made easier to read than the server sends them.
extension Reply {
    /// The reply with its texts taken apart, for `--objects`.
    package func objects(_ shape: ReplyShape) -> Reply {
        mapped { ServerText.object($0, shape) }
    }

    /// The reply with names and values as pairs, where RESP2 has them in turn.
    ///
    /// - Parameter arguments: the command's.
    package func pairs(_ shape: ReplyShape, _ arguments: [ByteString]) -> Reply {
        guard shape.isPairs(for: arguments) else { return self }
        return mapped { value in
            let isFlat = value.kind == .array && value.count > 0 && value.count.isMultiple(of: 2)
            guard isFlat, !value.elements.contains(where: { $0.kind.isAggregate }) || shape == .pairs else {
                return value
            }
            return .map(Array(value.elements))
        }
    }

    /// A table of what many nodes list; nil for replies of another kind, and when a node has an error to show.
    package func table(_ shape: ReplyShape) -> Table? {
        guard case .perNode(let replies) = body, replies.allSatisfy({ $0.value != nil }) else { return nil }
        switch shape {
        case .clients: return Self.clients(replies)
        case .slowLog: return Self.slowLog(replies)
        default: return nil
        }
    }

    private func mapped(_ change: (RESPValue) -> RESPValue) -> Reply {
        switch body {
        case .value(let value): Reply(body: .value(change(value)), outcome: outcome, notes: notes)
        case .perNode(let replies):
            Reply(
                body: .perNode(replies.map { NodeReply(node: $0.node, result: $0.result.map(change)) }),
                outcome: outcome, notes: notes)
        case .streamed: self
        }
    }

    private static func clients(_ replies: [NodeReply]) -> Table {
        let fields: [StaticString] = ["id", "addr", "name", "age", "idle", "flags", "cmd"]
        let numbers: Set<String> = ["id", "age", "idle"]
        var table = Table(
            [.init("node")] + fields.map { .init("\($0)", isNumber: numbers.contains("\($0)")) })
        for reply in replies {
            let clients = reply.value.map { ServerText.object($0, .clients) }
            for client in clients?.elements ?? RESPValue.array([]).elements {
                table.append(["\(reply.node.address)"] + fields.map { client[field: $0]?.text ?? "" })
            }
        }
        return table
    }

    /// The newest first, whichever node they are of. Ids and clients are left out for the command.
    private static func slowLog(_ replies: [NodeReply]) -> Table {
        var table = Table([
            .init("time (UTC)"), .init("node"), .init("ms", isNumber: true), .init("command"),
        ])
        var entries: [(time: Int, cells: [String])] = []
        for reply in replies {
            for entry in reply.value?.elements ?? RESPValue.array([]).elements {
                let fields = Array(entry.elements)
                guard fields.count >= 4, let time = fields[1].integer, let microseconds = fields[2].integer else {
                    continue
                }
                let command = fields[3].elements.map { Quoting.utf8.word($0.byteString) }.joined(separator: " ")
                let milliseconds = (Double(microseconds) / 1000).text(decimals: 2)
                entries.append(
                    (time, [Units.date(seconds: time), "\(reply.node.address)", milliseconds, command]))
            }
        }
        for entry in entries.sorted(by: { $0.time > $1.time }) { table.append(entry.cells) }
        return table
    }
}
