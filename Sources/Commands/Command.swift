package import RESP

/// What the user asked for: the words of a command and, perhaps, where to run it.
package struct Command: Hashable, Sendable {
    /// The command word and what follows it. Never empty.
    package let arguments: [ByteString]
    package let target: Target?

    package init(_ arguments: [ByteString], target: Target? = nil) {
        assert(!arguments.isEmpty)
        self.arguments = arguments
        self.target = target
    }

    /// Takes a target off the front of the words.
    ///
    /// - Returns: nil when the words contain no command.
    /// - Throws: ``TargetError`` when the first word starts with `@` and is not a target.
    package init?(words: [ByteString]) throws(TargetError) {
        guard let first = words.first else { return nil }
        guard Target.isTarget(first) else {
            self.init(words)
            return
        }
        guard words.count > 1 else { return nil }
        self.init(Array(words.dropFirst()), target: try Target(parsing: first))
    }

    /// The command word as typed.
    package var name: ByteString { arguments[0] }

    /// What messages call it: its full name in upper case.
    package func title(_ row: CommandSpec?) -> String {
        row.flatMap { $0.isLearned ? nil : "\($0.name)" } ?? name.uppercased.text
    }
}
