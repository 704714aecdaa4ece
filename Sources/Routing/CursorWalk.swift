import Commands
import RESP

/// The way of one cursor through one place, page by page: SCAN, HSCAN, SSCAN, ZSCAN.
///
/// A cursor means something only to the run of the server that gave it. Another node hashes keys otherwise, and so does
/// the same one after a restart: from there on a cursor skips some. So all pages are asked for on one connection. When
/// that is gone, the next page is asked for together with the run's identity, and unless the run is known to be the same,
/// the walk begins again at 0. An element may come twice, as with the server's own commands. Source: Redis documentation,
/// "SCAN".
struct CursorWalk: Sendable {
    /// Times that it begins, since no walk goes on for ever.
    private static let maximumBeginnings = 16

    /// What gave the cursor.
    private struct Run: Sendable {
        let node: NodeAddress
        /// Nil when the user may not ask for it.
        let id: ByteString?

        func isKnownToBe(_ other: Run) -> Bool { id != nil && id == other.id && node == other.node }
    }

    let route: Route
    /// The command's words, with the place where the cursor belongs.
    private let arguments: [ByteString]
    private let cursorIndex: Int
    /// The plan's own connection.
    private let lane: Int
    private var cursor: ByteString = "0"
    private var run: Run?
    private var isConnected = false
    private var beginnings = 1
    private(set) var isDone = false

    init(_ arguments: [ByteString], cursorIndex: Int, at route: Route, on lane: Int) {
        self.arguments = arguments
        self.cursorIndex = cursorIndex
        self.route = route
        self.lane = lane
    }

    /// Asks for the next page.
    var request: Request {
        var words = arguments
        words.insert(cursor, at: cursorIndex)
        if isConnected { return Request(arguments: words, route: route, isReadonly: true, on: .same(lane)) }
        return Request(commands: [["INFO", "server"], words], route: route, isReadonly: true, on: .own(lane))
    }

    /// Goes on by one page.
    ///
    /// - Returns: what it found, as a list; nil when the page has to be asked for once more.
    /// - Throws: what ends the walk.
    mutating func take(_ outcome: RequestOutcome) throws(PlanEnding) -> RESPValue? {
        if isConnected {
            // Redirects are followed, and a new connection is made, on the next way.
            if case .transactionLost = outcome.failure { isConnected = false }
            if outcome.error?.isRedirect == true { isConnected = false }
            return isConnected ? try turn(outcome) : nil
        }
        let checked = outcome.expecting(name, isReadonly: true) { $0.elements(2) != nil }
        guard case .reply(let value, let node) = checked, let replies = value.elements(2) else {
            return try turn(checked)
        }
        let page = checked.with(replies[1])
        let run = Run(node: node, id: Self.runID(in: replies[0]))
        defer { self.run = run }
        guard cursor != "0", self.run?.isKnownToBe(run) != true else {
            let found = try turn(page)
            isConnected = true
            return found
        }
        beginnings += 1
        guard beginnings <= Self.maximumBeginnings else {
            throw .failure(.contested(last: "\(name) kept losing its connection"))
        }
        cursor = "0"
        isConnected = true
        return nil
    }

    private var name: String { arguments[0].text }

    private mutating func turn(_ outcome: RequestOutcome) throws(PlanEnding) -> RESPValue? {
        let page = try [outcome.expecting(name, isReadonly: true) { $0.page != nil }].replies()[0].page
        guard let page else { return nil }
        cursor = page.cursor
        isDone = cursor == "0"
        return page.found
    }

    /// Source: Redis documentation, "INFO".
    private static func runID(in info: RESPValue) -> ByteString? {
        guard !info.isError else { return nil }
        let field = info.byteString.bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            .first { $0.starts(with: "run_id:".utf8) }
        return field.map { ByteString($0.dropFirst("run_id:".utf8.count)) }
    }
}
