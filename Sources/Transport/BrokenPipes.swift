import Glibc

/// Lets a write that nobody will read fail, where it would end the process.
package struct BrokenPipes {
    private let wasIgnored: Bool

    /// Ignores SIGPIPE from now on.
    @discardableResult
    package static func ignore() -> BrokenPipes {
        // Compared at once: a handler that is kept in a structure makes an optional of that structure nil when it is
        // SIG_IGN, since Swift knows that no function stands at the address 1.
        let handler = signal(SIGPIPE, SIG_IGN)
        return BrokenPipes(wasIgnored: unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self))
    }

    /// Goes back to what was done before.
    package func restore() {
        if !wasIgnored { signal(SIGPIPE, SIG_DFL) }
    }
}
