import Glibc
package import RESP

/// Owns a file descriptor and closes it once.
package struct FileDescriptor: ~Copyable {
    package let number: Int32

    package init(_ number: Int32) {
        self.number = number
    }

    deinit {
        if number >= 0 { close(number) }
    }

    /// `open` for a name of arbitrary bytes; -1 with `errno`.
    package static func open(_ path: ByteString, _ flags: Int32, mode: UInt32 = 0o666) -> Int32 {
        Glibc.open(path.cString, flags | O_CLOEXEC, mode)
    }

    /// The ends of a new pipe, which no child process inherits; -1 each with `errno`.
    package static func pipe() -> (reader: Int32, writer: Int32) {
        var ends: [Int32] = [-1, -1]
        Glibc.pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// True for a file that can be read again for its current contents.
    package static func isRegular(_ path: ByteString) -> Bool {
        var status = stat()
        return stat(path.cString, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// How many descriptors the process may have open.
    package static var limit: Int { Int(clamping: limits.rlim_cur) }

    /// Raises the limit as far as the process may. False when it is already there.
    static func raiseLimit() -> Bool {
        var limits = limits
        guard limits.rlim_cur < limits.rlim_max else { return false }
        limits.rlim_cur = limits.rlim_max
        return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0
    }

    private static var limits: rlimit {
        var limits = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        return limits
    }

    /// Fills standard descriptors that the caller has closed (`>&-`), so that no socket gets their number and receives
    /// what is meant to be printed. Writing to such a stdout fails as it would without this.
    package static func fillStandardDescriptors() {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
            // The lowest free number is this one.
            _ = Glibc.open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}

extension ByteString {
    /// With the 0 that ends a C string.
    package var cString: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }
}
