import Commands
import RESP
import Routing

/// The names of keys seen in a session, for completion.
final class KnownKeys {
    private static let limit = 10_000
    private static let shown = 1_000

    private var keys: Set<ByteString> = []
    /// Commands in flight, by their offsets in a file.
    private var awaited: [Int: Command] = [:]

    func insert(_ key: ByteString) {
        if keys.count < Self.limit { keys.insert(key) }
    }

    /// Remembers the keys of a command that succeeded, and those that its reply names.
    func learn(from command: Command, row: CommandSpec?, _ reply: Reply) {
        guard let row, reply.outcome == .succeeded else { return }
        for index in row.keys.indexes(in: command.arguments) { insert(command.arguments[index]) }
        guard row.flags.contains(.namesKeys) else { return }
        switch reply.body {
        case .value(let value): learn(from: value)
        case .perNode(let replies): for reply in replies { reply.value.map(learn) }
        case .streamed: break
        }
    }

    /// Keeps a command of a file until its outcome is known.
    func keep(_ command: Command, at offset: Int) {
        awaited[offset] = command
    }

    func takeAwaited(at offset: Int) -> Command? { awaited.removeValue(forKey: offset) }

    /// A key, a list of keys, or a cursor and a list of keys.
    private func learn(from value: RESPValue) {
        if value.kind == .bulkString { return insert(value.byteString) }
        let elements = Array(value.elements)
        let keys = elements.count == 2 && elements[1].kind == .array ? Array(elements[1].elements) : elements
        for key in keys where key.kind == .bulkString { insert(key.byteString) }
    }

    func beginning(with prefix: ByteString) -> [ByteString] {
        Array(keys.lazy.filter { $0.bytes.starts(with: prefix.bytes) }.prefix(Self.shown))
    }
}
