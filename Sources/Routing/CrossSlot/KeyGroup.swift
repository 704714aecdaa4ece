import Commands
import RESP

/// Keys of a command that are sent together, each with the words that follow it.
struct KeyGroup: Sendable {
    let slot: HashSlot
    /// Their indexes among the command's arguments; at least one.
    let keys: ArraySlice<Int>

    /// Groups keys by slot; groups and keys keep the order of the arguments.
    ///
    /// - Parameters:
    ///   - keys: indexes among `arguments`, which start with the command word.
    static func bySlot(_ keys: [Int], of arguments: [ByteString]) -> [KeyGroup] {
        // For each slot, the group of its keys; there are no more groups than slots.
        var groups = [UInt16](repeating: .max, count: HashSlot.count)
        return Self.groups(of: keys[...], in: arguments) { key, next in
            let slot = HashSlot(key: key).number
            if groups[slot] == .max { groups[slot] = UInt16(next) }
            return Int(groups[slot])
        }
    }

    /// A group for each key; repetitions of a key stay together.
    func byKey(of arguments: [ByteString]) -> [KeyGroup] {
        var groups: [ByteString: Int] = [:]
        return Self.groups(of: keys, in: arguments) { key, next in
            let group = groups[key] ?? next
            if group == next { groups[key] = next }
            return group
        }
    }

    /// - Parameter group: returns the number of a key's group, `next` for a new one; never the same for keys in two
    ///   slots.
    private static func groups(
        of keys: ArraySlice<Int>, in arguments: [ByteString], by group: (ByteString, _ next: Int) -> Int
    ) -> [KeyGroup] {
        // How many keys each group has, and the group of each key.
        var counts: [Int] = []
        let groups = keys.map { index in
            let place = group(arguments[index], counts.count)
            if place == counts.count { counts.append(0) }
            counts[place] += 1
            return place
        }
        var ends: [Int] = []
        for count in counts { ends.append((ends.last ?? 0) + count) }
        var sorted = [Int](repeating: 0, count: keys.count)
        var next = zip(ends, counts).map { $0 - $1 }
        for (index, group) in zip(keys, groups) {
            sorted[next[group]] = index
            next[group] += 1
        }
        return zip(ends, counts).map { end, count in
            let keys = sorted[(end - count)..<end]
            return KeyGroup(slot: HashSlot(key: arguments[keys[keys.startIndex]]), keys: keys)
        }
    }

    /// True for keys of which a server that is losing or gaining their slot may have some and lack others.
    func isDivisible(of arguments: [ByteString]) -> Bool {
        keys.contains { arguments[$0] != arguments[keys[keys.startIndex]] }
    }

    /// The command for these keys only, with what comes before and after the keys. If the keys are counted, the count
    /// comes right before them.
    ///
    /// - Parameters:
    ///   - words: the whole command.
    ///   - all: the indexes of all its keys.
    ///   - width: how many words each key takes, with what belongs to it.
    func command(of words: [ByteString], keys all: [Int], width: Int) -> [ByteString] {
        let tail = words.dropFirst(all[all.count - 1] + width)
        var command: [ByteString] = []
        command.reserveCapacity(all[0] + keys.count * width + tail.count)
        command += words[..<all[0]]
        if command.count > 1 { command[command.count - 1] = ByteString(String(keys.count)) }
        for key in keys {
            for index in key..<min(key + width, words.count) { command.append(words[index]) }
        }
        command += tail
        return command
    }
}

extension Request {
    /// This command with the first key in place of every key: a server reports invalid arguments for it just the same.
    ///
    /// - Parameter keys: their indexes among the arguments; at least one.
    func aboutFirstKey(_ keys: [Int]) -> Request {
        var words = arguments
        for index in keys { words[index] = arguments[keys[0]] }
        return Request(arguments: words, route: .slot(HashSlot(key: words[keys[0]])), isReadonly: isReadonly)
    }
}
