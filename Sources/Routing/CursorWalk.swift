import Commands
import RESP

/// Runs one cursor through one place, page by page: SCAN, HSCAN, SSCAN, ZSCAN.
///
/// A cursor means something only to the run of the server that returned it. Another node hashes keys differently, and
/// so does the same node after a restart; from then on, a cursor would skip some keys. All pages are therefore
/// requested on one connection. If that connection is lost, the next page is requested along with the server's run ID,
/// and unless that shows it to be the same run, the walk starts again at 0. An element may appear twice, as with the
/// server's own commands. Source: Redis documentation, "SCAN".
struct CursorWalk: Sendable {
    /// How many times a walk may start, since none may go on forever.
    private static let maximumBeginnings = 16

    /// The run of the server that returned the cursor.
    private struct Run: Sendable {
        let node: NodeAddress
        /// Nil when the user is not allowed to ask for it.
        let id: ByteString?

        func isKnownToBe(_ other: Run) -> Bool { id != nil && id == other.id && node == other.node }
    }

    let route: Route
    /// The command's words without the cursor, and where it goes among them.
    private let arguments: [ByteString]
    private let cursorIndex: Int
    /// The number of the plan's own connection.
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

    /// The request for the next page.
    var request: Request {
        var words = arguments
        words.insert(cursor, at: cursorIndex)
        if isConnected { return Request(arguments: words, route: route, isReadonly: true, on: .same(lane)) }
        return Request(commands: [["INFO", "server"], words], route: route, isReadonly: true, on: .own(lane))
    }

    /// Continues with the reply for a page.
    ///
    /// - Returns: what the page contains, as a list; nil when it has to be requested again.
    /// - Throws: what ends the walk.
    mutating func take(_ outcome: RequestOutcome) throws(PlanEnding) -> RESPValue? {
        if isConnected {
            // The next request follows redirects and makes a new connection.
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
