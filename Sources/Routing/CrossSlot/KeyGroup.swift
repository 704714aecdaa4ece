import Commands
import RESP

/// Keys of a command that are sent together, each with what follows it.
struct KeyGroup: Sendable {
    let slot: HashSlot
    /// Their indexes among the command's arguments.
    private(set) var keys: [Int]
    /// The command for these keys alone.
    private(set) var arguments: [ByteString]

    /// Groups keys that have something in common; groups and keys stay in the order of the arguments.
    ///
    /// - Parameters:
    ///   - keys: indexes among `arguments`, which begin with the command's word.
    ///   - width: how many words each key has with what belongs to it.
    ///   - identity: what the keys of a group have in common; never the same for keys of two slots.
    static func groups<Identity: Hashable>(
        of keys: [Int], in arguments: [ByteString], width: Int, by identity: (ByteString) -> Identity
    ) -> [KeyGroup] {
        var groups: [KeyGroup] = []
        var places: [Identity: Int] = [:]
        for index in keys {
            let key = arguments[index]
            let place = places[identity(key), default: groups.count]
            if place == groups.count {
                places[identity(key)] = place
                groups.append(KeyGroup(slot: HashSlot(key: key), keys: [], arguments: [arguments[0]]))
            }
            groups[place].keys.append(index)
            groups[place].arguments += arguments[index..<min(index + width, arguments.count)]
        }
        return groups
    }
}

extension KeyGroup {
    /// The command for these keys alone, with what stands before and after the keys. Where they are counted, the count
    /// stands right before them.
    ///
    /// - Parameters:
    ///   - words: the whole command.
    ///   - keys: the indexes of all its keys.
    ///   - width: as for ``groups(of:in:width:by:)``.
    func command(of words: [ByteString], keys: [Int], width: Int) -> [ByteString] {
        let tail = words.dropFirst(keys[keys.count - 1] + width)
        var command: [ByteString] = []
        command.reserveCapacity(keys[0] + arguments.count - 1 + tail.count)
        command += words[..<keys[0]]
        if command.count > 1 { command[command.count - 1] = ByteString(String(self.keys.count)) }
        command += arguments.dropFirst()
        command += tail
        return command
    }
}

extension Request {
    /// True when the last key lacks some of the words that belong to it (MSET).
    func lacksValue(_ keys: [Int], width: Int) -> Bool { (keys.last ?? 0) + width > arguments.count }

    /// This command with the first key in place of every key: what a server says of arguments that do not fit, it says
    /// of these too.
    ///
    /// - Parameter keys: their indexes among the arguments; at least one.
    func aboutFirstKey(_ keys: [Int]) -> Request {
        var words = arguments
        for index in keys { words[index] = arguments[keys[0]] }
        return Request(arguments: words, route: .slot(HashSlot(key: words[keys[0]])), isReadonly: isReadonly)
    }
}
