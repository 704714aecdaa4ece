package import RESP

// How arguments use up a syntax, one by one.
extension CommandSyntax {
    /// What an argument is to a command.
    package enum Meaning: Equatable, Sendable {
        case keyword, value
        /// It may not appear here.
        case misfit
    }

    /// What the next argument is, and what is left after it; nil when it does not fit.
    ///
    /// - Parameter isUnfinished: more may be typed after its last character.
    package func taking(_ argument: ByteString, isUnfinished: Bool) -> (meaning: Meaning, rest: CommandSyntax?) {
        let next = next
        let word = argument.uppercased.text
        let rest = Self.rest(of: elements, after: argument.text).map { CommandSyntax($0, numbers: numbers) }
        let keywords = next.filter(Self.isKeyword)
        if keywords.contains(word) { return (.keyword, rest) }
        if isUnfinished, keywords.contains(where: { $0.hasPrefix(word) }) { return (.value, rest) }
        guard rest != nil else { return (.misfit, nil) }
        let values = next.filter { !Self.isKeyword($0) }
        // Where the server speaks of a number, some commands accept a sign instead: `*`, `(1`, `#2`.
        let mayBeSign = argument.bytes.first.map { !$0.isLetterOrDigit } ?? false
        let isNumber =
            !values.isEmpty
            && values.allSatisfy { Self.numbers.contains($0) || numbers.contains($0) && !mayBeSign }
        guard isNumber, Double(argument.text) == nil else { return (.value, rest) }
        return (isUnfinished && Double(argument.text + "0") != nil ? .value : .misfit, rest)
    }

    /// Names of values that are numbers in every command that has them.
    private static let numbers: Set<String> = [
        "seconds", "milliseconds", "unix-time-seconds", "unix-time-milliseconds", "count", "numkeys", "increment",
        "decrement", "timeout", "port", "numreplicas", "numlocal", "longitude", "latitude", "radius", "width", "height",
        "index", "protover", "slot", "min-idle-time",
    ]

    /// More keys than this are not counted out one by one.
    private static let mostCounted = 8

    /// What is left of `elements` after an argument; nil when it does not fit.
    static func rest(of elements: [Element], after argument: String) -> [Element]? {
        let optionals = elements.prefix { $0.isOptional }
        let required = Array(elements[optionals.endIndex...])
        if let rest = restBehindKeyword(optionals, required, argument) { return rest }
        if let first = required.first, first.begins(with: argument) {
            return rest(of: first, after: argument).map { $0 + required.dropFirst() }
        }
        // A value: the first optional one that accepts any, else the required one.
        for (place, optional) in optionals.enumerated() where !optional.beginsWithKeyword {
            if let rest = rest(of: optional, after: argument) { return rest + elements[(place + 1)...] }
        }
        guard let first = required.first, let behind = rest(of: first, after: argument) else { return nil }
        return counted(first, argument, behind + required.dropFirst())
    }

    /// For an argument that is the first keyword of an optional part: what is left of that part, and the others. Values
    /// that might have come before it no longer can.
    private static func restBehindKeyword(
        _ optionals: ArraySlice<Element>, _ required: [Element], _ argument: String
    ) -> [Element]? {
        guard let place = optionals.firstIndex(where: { $0.begins(with: argument) }),
            let behind = rest(of: optionals[place], after: argument)
        else { return nil }
        return behind + optionals[..<place].filter(\.beginsWithKeyword) + optionals[(place + 1)...] + required
    }

    private static func rest(of element: Element, after argument: String) -> [Element]? {
        switch element {
        case .word(let texts):
            return texts.contains { !isKeyword($0) } || element.begins(with: argument) ? [] : nil
        case .choice(let branches), .optional(let branches, _):
            let branch =
                branches.first { $0.first?.begins(with: argument) ?? false }
                ?? branches.first { rest(of: $0, after: argument) != nil }
            guard let branch, let behind = rest(of: branch, after: argument) else { return nil }
            if case .optional(_, repeats: true) = element { return behind + [element] }
            return behind
        }
    }

    /// After `numkeys` with a small number: that many keys instead of `key [key ...]`.
    private static func counted(_ element: Element, _ argument: String, _ rest: [Element]) -> [Element] {
        guard case .word(let names) = element, names[0].hasPrefix("num"), let count = Int(argument),
            0...mostCounted ~= count, let counted = rest.first
        else { return rest }
        if case .optional(let branches, repeats: false) = counted, branches.count == 1, branches[0].count == 2,
            branches[0][1] == .optional([[branches[0][0]]], repeats: true)
        {
            return Array(repeating: branches[0][0], count: count) + rest.dropFirst()
        }
        if rest.count > 1, rest[1] == .optional([[counted]], repeats: true) {
            return Array(repeating: counted, count: count) + rest.dropFirst(2)
        }
        return rest
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool { 0x30...0x39 ~= self || 0x41...0x5a ~= self & 0xdf }
}

extension CommandSyntax.Element {
    fileprivate var isOptional: Bool {
        if case .optional = self { true } else { false }
    }

    /// True when everything it can start with is a keyword.
    fileprivate var beginsWithKeyword: Bool {
        CommandSyntax([self]).next.allSatisfy(CommandSyntax.isKeyword)
    }

    /// True when the argument is a keyword that this starts with, in any case.
    fileprivate func begins(with argument: String) -> Bool {
        let word = argument.uppercased()
        return CommandSyntax([self]).nextKeywords.contains(word)
    }
}
