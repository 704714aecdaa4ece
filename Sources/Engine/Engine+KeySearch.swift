import Clock
import Commands
package import RESP
import Routing
import Transport

extension Engine {
    /// Looks for keys on the masters, for a short time and in small steps.
    ///
    /// - Parameter type: the type of their values, as TYPE names it; nil for any.
    /// - Returns: some of the keys with this prefix; none when no server answers in time.
    package func findKeys(beginningWith prefix: ByteString, type: ByteString? = nil) -> [ByteString] {
        let filter: [ByteString] = type.map { ["TYPE", $0] } ?? []
        let deadline = Instant(seconds: Self.searchTime)
        var keys: [ByteString] = []
        for master in map.topology?.masters.map(\.address) ?? [map.home] {
            var cursor: ByteString = "0"
            repeat {
                let question: [ByteString] = ["SCAN", cursor, "MATCH", prefix.globOfPrefix, "COUNT", "1000"] + filter
                let patience = deadline.seconds(since: .now)
                guard case .success(let reply) = ask([master], for: question, timeout: patience)[0],
                    let page = reply.page
                else { break }
                cursor = page.cursor
                keys += page.found.elements.map(\.byteString)
            } while cursor != "0" && keys.count < Self.mostKeysFound && !deadline.hasPassed
        }
        return keys
    }

    /// The types of the values of keys, as TYPE names them: `none` for a key that does not exist.
    ///
    /// - Returns: no entry for keys whose master does not answer quickly.
    package func types(of keys: [ByteString]) -> [ByteString: ByteString] {
        let deadline = Instant(seconds: Self.searchTime)
        var types: [ByteString: ByteString] = [:]
        for (node, keys) in Dictionary(grouping: keys, by: { map.owners[HashSlot(key: $0)] ?? map.home }) {
            let questions = keys.map { ["TYPE", $0] as [ByteString] }
            let patience = deadline.seconds(since: .now)
            guard patience > 0, case .success(let replies) = ask([node], questions, timeout: patience)[0] else {
                continue
            }
            for (key, reply) in zip(keys, replies) where !reply.isError { types[key] = reply.byteString }
        }
        return types
    }

    /// Seconds.
    private static let searchTime = 0.2
    private static let mostKeysFound = 1000
}
