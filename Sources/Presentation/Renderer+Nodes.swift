import Commands
import RESP
import Routing

// The replies of several nodes on a terminal.
extension Renderer {
    /// A node whose reply fits on one line takes one line, in columns; others take a heading and the lines of the
    /// reply, with empty lines around them. A reply that most nodes share is shown once, and so is an error that
    /// several share, with its nodes. Nodes that a total counts are kept apart from those that it does not.
    func appendTerminal(
        _ replies: [NodeReply], isText: Bool, total: ResponsePolicy, in window: Window, to output: inout [UInt8]
    ) {
        let isCounted: (Node) -> Bool = { total != .sumOfMasters || $0.holdsKeys }
        let groups =
            style.folds && style.readsTables
            ? NodeGroup.folded(replies, apart: isCounted) : replies.map { NodeGroup($0) }
        let total = self.total(of: replies, by: total)
        let width = groups.filter { !$0.isFolded }.map(\.name.utf8.count).max()
        let headingWidth =
            ([width.map { $0 + 2 + Self.roleWidth }, total.map { _ in Self.totalWord.utf8.count }]
            + groups.filter(\.isFolded).map(\.name.utf8.count)).compactMap(\.self).max() ?? 0
        var wasLong = false
        for (index, group) in groups.enumerated() {
            let (text, isLong) = block(
                group.reply.shownValue, isText: isText, after: headingWidth + 2, in: window)
            if index > 0, isLong || wasLong { output.append(Self.lineFeed) }
            appendHeading(group, nameWidth: isLong ? 0 : width ?? 0, width: isLong ? 0 : headingWidth, to: &output)
            if isLong {
                while output.last == UInt8(ascii: " ") { output.removeLast() }
                output.append(Self.lineFeed)
            }
            output.append(contentsOf: text)
            output.append(Self.lineFeed)
            if let nodes = group.listedNodes {
                for line in nodes.wrapped(at: window.columns - 2) { output += "  \(line)\n".utf8 }
            }
            wasLong = isLong
        }
        guard let total else { return }
        let (number, isLong) = block(.integer(total.number), isText: false, after: headingWidth + 2, in: window)
        if isLong {
            output += "\n\(Self.totalWord)\n".utf8
        } else {
            output.append(contentsOf: Self.totalWord.padded(to: headingWidth + 2).utf8)
        }
        output += number
        let column = isLong ? 0 : headingWidth + 2
        if column + "(integer) \(total.number) \(total.extent)".count > window.columns {
            output.append(Self.lineFeed)
            appendSpaces(max(0, min(column, window.columns - total.extent.count)), to: &output)
        } else {
            output.append(UInt8(ascii: " "))
        }
        output += "\(total.extent)\n".utf8
    }

    /// A reply without its last line feed, and whether it starts on its own line: it does if it takes several lines, or
    /// if not all of it fits after the heading.
    ///
    /// - Parameter column: where it starts otherwise.
    private func block(
        _ value: RESPValue, isText: Bool, after column: Int, in window: Window
    ) -> (text: [UInt8], isLong: Bool) {
        var text: [UInt8] = []
        append(block: value, isText: isText, in: window, to: &text)
        if text.contains(Self.lineFeed) { return (text, true) }
        guard window.columns < .max else { return (text, false) }
        // Colors take no room.
        var style = style
        style.palette = nil
        var plain: [UInt8] = []
        Renderer(style).append(block: value, isText: isText, in: window, to: &plain)
        return (text, column + window.width(of: String(decoding: plain, as: UTF8.self)) > window.columns)
    }

    private func append(block value: RESPValue, isText: Bool, in window: Window, to text: inout [UInt8]) {
        if value.isError, style.readsTables, window.columns < .max {
            append(error: value, in: window, to: &text)
            text.removeLast()
            return
        }
        guard isText, value.kind.isText else { return appendTerminal(value, to: &text) }
        var payload = value.payload
        if payload.last == Self.lineFeed { payload.removeLast() }
        if payload.last == 0x0d { payload.removeLast() }
        if payload.isEmpty, style.readsTables {
            text += style.paint("(empty)", .nothing).utf8
        } else {
            appendShown(payload, to: &text)
        }
    }

    private static var totalWord: String { "total" }
    private static var roleWidth: Int { 7 }

    /// Appends who replied, and two spaces.
    private func appendHeading(_ group: NodeGroup, nameWidth: Int, width: Int, to output: inout [UInt8]) {
        output.append(contentsOf: style.paint(group.name, .node).utf8)
        var column = group.name.utf8.count
        if !group.isFolded {
            let gap = max(nameWidth - column, 0) + 2
            appendSpaces(gap, to: &output)
            output.append(contentsOf: group.role.utf8)
            column += gap + group.role.utf8.count
        }
        appendSpaces(max(width - column, 0) + 2, to: &output)
    }

    /// The total, where adding up the numbers makes sense: 123 and `over 3 masters`.
    private func total(of replies: [NodeReply], by policy: ResponsePolicy) -> (number: Int, extent: String)? {
        guard policy == .sum || policy == .sumOfMasters else { return nil }
        let asked = policy == .sum ? replies : replies.filter(\.node.holdsKeys)
        let numbers = asked.compactMap(\.value).filter { $0.kind == .integer }.compactMap(\.integer)
        guard asked.count > 1, !numbers.isEmpty else { return nil }
        let noun = NodeGroup.noun(for: asked.map(\.node))
        let count = numbers.count == asked.count ? "\(asked.count)" : "\(numbers.count) of \(asked.count)"
        return (numbers.sum, "over \(count) \(noun == "replicas" ? "nodes" : noun)")
    }
}

/// Nodes that replied alike, in the order in which they were asked.
private struct NodeGroup {
    private(set) var nodes: [Node]
    let reply: NodeReply
    /// True if the heading is a count, such as `3 masters`, instead of a node's name.
    private(set) var isFolded = false
    /// True if other nodes replied differently, so that it is not clear which nodes these are.
    private var isListed = false

    init(_ reply: NodeReply) {
        nodes = [reply.node]
        self.reply = reply
    }

    /// Replies shared by more than half of the nodes, or of the nodes of one role, become groups, and so do errors of
    /// several nodes; every other reply stays on its own, with the name of its node.
    ///
    /// - Parameter isCounted: nodes for which this differs are never grouped, unless they have the same error.
    static func folded(_ replies: [NodeReply], apart isCounted: (Node) -> Bool) -> [NodeGroup] {
        var groups: [NodeGroup] = []
        for reply in replies {
            let value = reply.shownValue
            if let index = groups.firstIndex(where: {
                $0.reply.shownValue == value && (value.isError || isCounted($0.nodes[0]) == isCounted(reply.node))
            }) {
                groups[index].nodes.append(reply.node)
            } else {
                groups.append(NodeGroup(reply))
            }
        }
        // Roles that already have an unlisted group: its nodes are those not named elsewhere.
        var told: Set<Role> = []
        let largestFirst = groups.indices.sorted { groups[$0].nodes.count > groups[$1].nodes.count }
        for index in largestFirst where groups[index].nodes.count > 1 {
            let roles = Set(groups[index].nodes.map(\.role))
            let others = roles.count > 1 ? replies : replies.filter { roles.contains($0.node.role) }
            let isMost = 2 * groups[index].nodes.count > others.count
            groups[index].isFolded = isMost || groups[index].reply.shownValue.isError
            groups[index].isListed = groups[index].isFolded && !(isMost && told.isDisjoint(with: roles))
            if groups[index].isFolded, !groups[index].isListed { told.formUnion(roles) }
        }
        let most = groups.filter { $0.isFolded && !$0.isListed }
        let listed = groups.filter(\.isListed)
        let folded = Set((most + listed).flatMap { $0.nodes.map(\.address) })
        let alone = replies.filter { !folded.contains($0.node.address) }.map { NodeGroup($0) }
        return most + alone + listed
    }

    var name: String { isFolded ? "\(nodes.count) \(Self.noun(for: nodes))" : "\(nodes[0].address)" }

    var role: String { nodes[0].role.rawValue }

    /// The names of the nodes; nil if these are simply all nodes not named elsewhere.
    var listedNodes: String? { isListed ? nodes.map { "\($0.address)" }.joined(separator: ", ") : nil }

    static func noun(for nodes: [Node]) -> String {
        guard let role = nodes.first?.role, nodes.allSatisfy({ $0.role == role }) else { return "nodes" }
        return "\(role.rawValue)s"
    }
}
