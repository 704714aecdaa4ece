package import RESP

// Rows for commands that the table does not know: a module's, or those of a server newer than slotline.
extension CommandSpec {
    /// The row made from a server's own description of a command. Tips that slotline has no policy for lead to a
    /// dictionary of node and reply. A read of keys in many slots is split if the tips allow it; they do not say what
    /// becomes of writes with options.
    ///
    /// Nil when the server does not know the command, or describes it in another form.
    /// Source: Redis documentation, "COMMAND" and "Command tips".
    ///
    /// - Parameter entry: one element of the reply to COMMAND or COMMAND INFO.
    package init?(commandInfo entry: RESPValue) {
        let fields = Array(entry.elements)
        guard fields.count >= 6, let arity = fields[1].argumentNumber, let first = fields[3].argumentNumber,
            let last = fields[4].argumentNumber, let step = fields[5].argumentNumber
        else { return nil }
        var keys = fields.count > 8 ? KeySpecs(serverSpecs: fields[8]) : nil
        if keys == nil, first > 0, step > 0 { keys = KeySpecs(.range(first: first, last: last, step: step)) }
        self.init(name: "", arity: arity, flags: Flags(serverFlags: fields[2]), keys: keys ?? .none, syntax: "")

        let tips = fields.count > 7 ? fields[7].elements.map(\.byteString) : []
        switch tips {
        case _ where tips.contains("request_policy:all_nodes"): request = .allNodes
        case _ where tips.contains("request_policy:all_shards"): request = .masters
        default: request = self.keys.isEmpty ? .anyNode : .keyed
        }
        if request == .allNodes || request == .masters {
            response = ResponsePolicy(serverTips: tips)
            aggregate = response
        }
        if tips.contains("request_policy:multi_shard"), flags.contains(.readonly), !self.keys.isEmpty {
            switch ResponsePolicy(serverTips: tips) {
            case .sum: crossSlot = .split(.sum)
            case .perNode: crossSlot = .split(.valuesInOrder)
            default: break
            }
        }
    }
}

extension CommandSpec.Flags {
    fileprivate init(serverFlags: RESPValue) {
        self = []
        for flag in serverFlags.elements {
            switch flag.byteString {
            case "readonly": insert(.readonly)
            case "write": insert(.write)
            case "blocking": insert(.blocking)
            // Its replies, including errors, are its own.
            case "module", "script_runner": insert(.script)
            default: break
            }
        }
    }
}

extension ResponsePolicy {
    fileprivate init(serverTips tips: [ByteString]) {
        switch tips {
        case _ where tips.contains("response_policy:all_succeeded"): self = .allSucceeded
        case _ where tips.contains("response_policy:one_succeeded"): self = .oneSucceeded
        case _ where tips.contains("response_policy:agg_sum"): self = .sum
        case _ where tips.contains("response_policy:agg_min"): self = .minimum
        case _ where tips.contains("response_policy:agg_logical_and"): self = .logicalAnd
        default: self = .perNode
        }
    }
}

extension KeySpecs {
    /// Nil without specifications, and when one is of a kind that is not supported here: the first key, last key and
    /// step of the older description then have to do.
    fileprivate init?(serverSpecs: RESPValue) {
        let specs = serverSpecs.elements.map(KeySpec.init(serverSpec:))
        guard let first = specs.first, specs.count <= 2, !specs.contains(where: { $0 == nil }) else { return nil }
        self.init(first, specs.dropFirst().first ?? nil)
    }
}

extension KeySpec {
    /// Nil for keys after a keyword and for keys that only the server can find.
    fileprivate init?(serverSpec: RESPValue) {
        guard let search = serverSpec[field: "begin_search"], search[field: "type"]?.byteString == "index",
            let begin = search[field: "spec"]?[field: "index"]?.argumentNumber, begin > 0,
            let find = serverSpec[field: "find_keys"], let spec = find[field: "spec"],
            let step = spec[field: "keystep"]?.argumentNumber, step > 0
        else { return nil }
        switch find[field: "type"]?.byteString {
        case "range":
            guard let last = spec[field: "lastkey"]?.argumentNumber,
                let limit = spec[field: "limit"]?.argumentNumber, limit <= 1
            else { return nil }
            self = .range(first: begin, last: last < 0 ? last : begin + last, step: step)
        case "keynum":
            guard let at = spec[field: "keynumidx"]?.argumentNumber, at >= 0,
                let first = spec[field: "firstkey"]?.argumentNumber, first >= 0
            else { return nil }
            self = .counted(at: begin + at, first: begin + first, step: step)
        default: return nil
        }
    }
}

extension RESPValue {
    /// A number or index of arguments. No command is described with large numbers, and sums of these cannot overflow.
    fileprivate var argumentNumber: Int? { integer.flatMap { -9999...9999 ~= $0 ? $0 : nil } }
}
