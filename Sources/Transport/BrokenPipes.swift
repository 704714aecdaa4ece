import Glibc

/// Makes a write that no one will read fail instead of ending the process.
package struct BrokenPipes {
    private let wasIgnored: Bool

    /// Ignores SIGPIPE from now on.
    @discardableResult
    package static func ignore() -> BrokenPipes {
        // Compared at once: a handler that is kept in a structure makes an optional of that structure nil when it is
        // SIG_IGN, because Swift knows that no function is at address 1.
        let handler = signal(SIGPIPE, SIG_IGN)
        return BrokenPipes(wasIgnored: unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self))
    }

    /// Restores what was done before.
    package func restore() {
        if !wasIgnored { signal(SIGPIPE, SIG_DFL) }
    }
}
