import Foundation
package import RESP
import Synchronization

/// One server on its own port, with an empty data set and its own folder.
///
/// The program is `SLOTLINE_TEST_SERVER`, or `redis-server`. A test fails when it is missing; none are skipped.
package final class RedisServer: Sendable {
    package let port: Int
    /// Holds the server's log, and is removed with the server.
    package let folder: String
    private let process: ChildProcess

    /// The program the tests run against.
    package static var program: String {
        ProcessInfo.processInfo.environment["SLOTLINE_TEST_SERVER"] ?? "redis-server"
    }

    /// Starts a server and waits until it answers.
    ///
    /// - Parameters:
    ///   - arguments: further settings, such as `["--requirepass", "secret"]`; `FOLDER` in them stands for `folder`.
    ///   - port: nil for any that is free.
    /// - Throws: ``Failure`` when there is no such program, or it does not come up.
    package init(_ arguments: [String] = [], port: Int? = nil) throws {
        let port = try port ?? Loopback.freePort()
        self.port = port
        let folder = FileManager.default.temporaryDirectory.appending(path: "slotline-server-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.folder = folder.path
        AtExit.run { try? FileManager.default.removeItem(at: folder) }

        let log = open(folder.appending(path: "log").path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { for descriptor in [log, nothing] { close(descriptor) } }
        let settings = [
            "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.path,
        ]
        let words = settings + arguments.map { $0.replacingOccurrences(of: "FOLDER", with: folder.path) }
        do {
            process = try ChildProcess(
                Self.program, words.map { ByteString($0) }, descriptors: (nothing, log, log))
        } catch {
            throw Failure(reason: "\(error); install it, or name another in SLOTLINE_TEST_SERVER")
        }
        try waitUntilUp()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A new connection to the server.
    package func client() throws -> TestClient {
        try TestClient(port: port)
    }

    /// Sends one command on a separate connection.
    @discardableResult
    package func send(_ arguments: ByteString...) throws -> RESPValue {
        try send(arguments)
    }

    package func send(_ arguments: [ByteString]) throws -> RESPValue {
        try client().send(arguments)
    }

    /// Ends the server abruptly, as a crash would.
    package func stop() {
        process.kill()
    }

    /// Sends the server a signal: SIGSTOP makes it silent without closing its connections, SIGCONT wakes it again.
    package func signal(_ number: CInt) {
        process.signal(number)
    }

    /// The path of a file in the server's folder, such as a unix socket.
    package func path(_ name: String) -> String {
        "\(folder)/\(name)"
    }

    private func waitUntilUp() throws {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            if let status = process.status {
                let log = (try? String(contentsOfFile: path("log"), encoding: .utf8)) ?? ""
                throw Failure(reason: "\(Self.program) ended at its start (\(status)): \(log)")
            }
            // Any answer will do: a server with a password answers PING with an error.
            if let reply = try? send("PING"), reply.serverError?.code != "LOADING" { return }
            usleep(10_000)
        }
        throw Failure(reason: "\(Self.program) does not answer on port \(port)")
    }

    package struct Failure: Error, CustomStringConvertible {
        package let reason: String

        package var description: String { reason }
    }
}
