import Terminal
import Options
import Commands
import Engine
import Presentation
import RESP
import Routing
import Transport

/// `--bigkeys`, `--memkeys`, `--hotkeys`: goes through all keys of the node and reports what stands out. Ctrl-C ends it
/// early with what has been found so far.
struct KeySampling {
    let session: any ToolSession
    let node: DirectConnection

    private static let pagesPerPause = 100

    var quoting: Quoting { session.style.isUTF8 ? .utf8 : .ascii }

    /// - Parameter memorySamples: nil to count elements. Otherwise sizes are bytes of memory, and this is how many
    ///   elements of each key they are estimated from, 0 for the server's default.
    func biggest(memorySamples: Int?) throws(DirectConnection.Failure) {
        var report = KeySizeReport(countsBytes: memorySamples != nil, quoting: quoting)
        let total = try keyCount()
        session.output.write(KeySizeReport.heading("biggest"))
        let next = try forEachPage(of: total) { (keys, progress) throws(DirectConnection.Failure) in
            let types = try types(of: keys)
            let requests = zip(keys, types).map { key, type in
                memorySamples.map { Self.memoryRequest(key, samples: $0) } ?? Self.lengthRequest(key, type: type)
            }
            // A key may have gone, or changed its type, since it was seen; then it does not count.
            var sizes = try node.run(requests.compactMap { $0 }).makeIterator()
            for (key, (type, request)) in zip(keys, zip(types, requests)) {
                let size = request == nil ? 0 : sizes.next()?.amount
                guard let size, type != "none" else { continue }
                write(report.add(key, type: type, size: size, progress: progress))
            }
        }
        session.output.write(report.summary)
        if next != nil { throw .command(.interrupted) }
    }

    static func memoryRequest(_ key: ByteString, samples: Int) -> [ByteString] {
        ["MEMORY", "USAGE", key] + (samples > 0 ? ["SAMPLES", ByteString(String(samples))] : [])
    }

    /// Nil for a module's type, whose elements no command counts.
    static func lengthRequest(_ key: ByteString, type: String) -> [ByteString]? {
        KeyType(rawValue: type).map { [$0.length.command, key] }
    }

    func hottest(_ count: Int) throws(DirectConnection.Failure) {
        var report = HotKeyReport(length: count, quoting: quoting)
        let total = try keyCount()
        session.output.write(KeySizeReport.heading("hot"))
        let next = try forEachPage(of: total) { (keys, progress) throws(DirectConnection.Failure) in
            let counters = try node.replies(to: keys.map { ["OBJECT", "FREQ", $0] })
            for (key, counter) in zip(keys, counters) {
                guard let counter = counter.amount else { continue }
                write(report.add(key, counter: counter, progress: progress))
            }
        }
        session.output.write(report.summary)
        if next != nil { throw .command(.interrupted) }
    }

    // MARK: Scanning

    func keyCount() throws(DirectConnection.Failure) -> Int {
        guard let count = try node.reply(to: ["DBSIZE"]).amount else { throw unexpectedReply(to: "DBSIZE") }
        return count
    }

    func types(of keys: [ByteString]) throws(DirectConnection.Failure) -> [String] {
        let types = try node.replies(to: keys.map { ["TYPE", $0] })
        guard types.allSatisfy({ $0.string != nil }) else { throw unexpectedReply(to: "TYPE") }
        return types.map { VisibleText.text($0.text) }
    }

    private func unexpectedReply(to command: String) -> DirectConnection.Failure {
        .command(.unexpectedReply(node.node, command: command))
    }

    /// - Parameters:
    ///   - total: how many keys there are; some may be added during the scan.
    ///   - start: the cursor to start from.
    ///   - body: gets the keys of a page, and the fraction of all keys that came before it.
    /// - Returns: the cursor to continue from after Ctrl-C; nil when it was not interrupted.
    func forEachPage(
        of total: Int, from start: ByteString = "0",
        _ body: ([ByteString], Double) throws(DirectConnection.Failure) -> Void
    ) throws(DirectConnection.Failure) -> ByteString? {
        session.engine.loop.signals = SignalPipe()
        var cursor = start
        do throws(DirectConnection.Failure) {
            var seen = 0
            var pages = 0
            repeat {
                let reply = try node.reply(to: ["SCAN", cursor] + session.configuration.scan.words)
                guard let page = reply.page else { throw unexpectedReply(to: "SCAN") }
                let keys = page.found.elements.map(\.byteString)
                try body(keys, total == 0 ? 0 : min(1, Double(seen) / Double(total)))
                seen += keys.count
                pages += 1
                cursor = page.cursor
                if pages % Self.pagesPerPause == 0, session.configuration.interval > 0 {
                    Poller.sleep(seconds: session.configuration.interval)
                }
            } while cursor != "0" && session.output.isWritable
            return nil
        } catch .command(.interrupted) {
            return cursor
        }
    }

    private func write(_ line: String?) {
        guard let line else { return }
        session.output.write(line)
        session.output.flush()
    }
}
