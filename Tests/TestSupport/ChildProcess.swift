import Glibc
package import RESP
import Synchronization

/// A program that runs beside the tests. Its arguments are bytes, since what a user types need not be UTF-8.
///
/// It is killed when the last reference to it goes away, and when the test run ends.
package final class ChildProcess: Sendable {
    /// How a program ended.
    package enum Status: Equatable, Sendable {
        case exited(Int32)
        case signalled(Int32)
    }

    package let processIdentifier: Int32
    private let ended = Mutex<Status?>(nil)

    /// - Parameters:
    ///   - program: a path, or a name to look up on `PATH`.
    ///   - environment: `NAME=value` for every variable the program is to see; nil for the tests' own.
    ///   - descriptors: the program's standard input, output and error. It inherits no others.
    /// - Throws: ``StartError`` when there is no such program or it cannot be run.
    package init(
        _ program: String, _ arguments: [ByteString] = [], environment: [String]? = nil,
        descriptors: (input: CInt, output: CInt, error: CInt)
    ) throws(StartError) {
        _ = Self.ignoresBrokenPipes
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, descriptors.input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, descriptors.output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, descriptors.error, STDERR_FILENO)
        // Tests run in parallel: a pipe of another test would never reach its end if this program held it open.
        for descriptor in CInt(3)..<1024 { posix_spawn_file_actions_addclose(&actions, descriptor) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGINT, SIGHUP] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var identifier: pid_t = 0
        let code = Self.withCStrings([ByteString(program)] + arguments) { argv in
            Self.withCStrings((environment ?? Self.ownEnvironment).map { ByteString($0) }) { envp in
                posix_spawnp(&identifier, program, &actions, &attributes, argv, envp)
            }
        }
        guard code == 0 else { throw StartError(program: program, code: code) }
        processIdentifier = identifier
        AtExit.run { [weak self] in self?.kill() }
    }

    deinit {
        kill()
    }

    /// Sends a signal, unless the program has ended.
    package func signal(_ number: CInt) {
        ended.withLock { if $0 == nil { _ = Glibc.kill(processIdentifier, number) } }
    }

    /// Ends the program at once.
    package func kill() {
        signal(SIGKILL)
        _ = wait(for: patience)
    }

    /// How the program ended; nil while it runs.
    package var status: Status? {
        ended.withLock { ended in
            if ended != nil { return ended }
            var code: CInt = 0
            guard waitpid(processIdentifier, &code, WNOHANG) == processIdentifier else { return nil }
            ended = code & 0x7f == 0 ? .exited(code >> 8 & 0xff) : .signalled(code & 0x7f)
            return ended
        }
    }

    /// Waits until the program ends; nil if it still runs after `time`.
    package func wait(for time: Duration) -> Status? {
        let deadline = ContinuousClock.now + time
        while true {
            if let status { return status }
            if ContinuousClock.now > deadline { return nil }
            usleep(1000)
        }
    }

    package struct StartError: Error, CustomStringConvertible {
        package let program: String
        package let code: CInt

        package var description: String { "cannot start \(program): \(String(cString: strerror(code)))" }
    }

    /// A program that ends before it has read its input must not end the tests.
    private static let ignoresBrokenPipes: Void = { Glibc.signal(SIGPIPE, SIG_IGN) }()

    /// The environment of the tests, as `NAME=value`.
    package static var ownEnvironment: [String] {
        var entries: [String] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(String(cString: entry))
            next += 1
        }
        return entries
    }

    private static func withCStrings<R>(
        _ strings: [ByteString], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
    ) -> R {
        var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { string in
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: string.count + 1)
            for (index, byte) in string.bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
            copy[string.count] = 0
            return copy
        }
        pointers.append(nil)
        defer { for pointer in pointers { pointer?.deallocate() } }
        return body(pointers)
    }
}
