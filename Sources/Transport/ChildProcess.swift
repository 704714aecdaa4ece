import Glibc

/// Starts another program. Only the given descriptors reach it.
package struct ChildProcess {
    package let identifier: Int32

    /// - Parameters:
    ///   - program: a path, or a name that is looked up on PATH.
    ///   - arguments: the words after the program's name.
    ///   - standardInput, standardOutput, standardError: the descriptors that it gets for these; -1 for /dev/null.
    ///   - ownSession: true to keep it away from the terminal's Ctrl-C and hang-up.
    /// - Returns: nil when it cannot be started.
    package init?(
        _ program: String, _ arguments: [String], standardInput: Int32 = 0, standardOutput: Int32 = 1,
        standardError: Int32 = 2, ownSession: Bool = false
    ) {
        Self.keepInheritedDescriptors
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (place, descriptor) in [standardInput, standardOutput, standardError].enumerated() {
            if descriptor < 0 {
                posix_spawn_file_actions_addopen(&actions, Int32(place), "/dev/null", O_RDWR, 0)
            } else if descriptor != place {
                posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(place))
            }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Signals that are ignored or blocked here, or were by whoever started slotline, must not affect the program.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in Self.defaultSignals { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        posix_spawnattr_setflags(&attributes, Int16(flags) | (ownSession ? Self.setSession : 0))
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var identifier: pid_t = 0
        guard posix_spawnp(&identifier, program, &actions, &attributes, &words, environ) == 0 else { return nil }
        self.identifier = identifier
    }

    /// Keeps from other programs, once, what slotline itself was started with; its own descriptors are kept from them
    /// from the start.
    private static let keepInheritedDescriptors: Void = {
        for number in (STDERR_FILENO + 1)..<min(getdtablesize(), mostDescriptors) {
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        }
    }()

    private static let mostDescriptors: Int32 = 1 << 16

    /// Signals that are reset to their default. SIGHUP is not among them: nohup holds for the whole family.
    private static let defaultSignals = [
        SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGXFSZ,
    ]

    /// POSIX_SPAWN_SETSID, which the Glibc module does not expose.
    private static let setSession: Int16 = 0x80

    /// Waits for the program to end. Signals do not end the wait.
    ///
    /// - Returns: the exit status, or 128 plus the signal's number, as a shell gives it.
    @discardableResult
    package func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        return Self.exitStatus(status)
    }

    /// The same without waiting; nil while the program runs.
    func statusIfEnded() -> Int32? {
        var status: Int32 = 0
        return waitpid(identifier, &status, WNOHANG) == identifier ? Self.exitStatus(status) : nil
    }

    /// Kills it at once.
    func kill() {
        Glibc.kill(identifier, SIGKILL)
        wait()
    }

    private static func exitStatus(_ status: Int32) -> Int32 {
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }
}
