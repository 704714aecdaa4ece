import Foundation
import Glibc
import RESP
import TestSupport

/// slotline reading commands from a pipe that stays open, so that a test can change the world between two lines.
final class PipedSession {
    private let process: ChildProcess
    private var input: CInt
    private let output: CInt
    private let error: CInt
    private var buffer: [UInt8] = []

    /// Something that did not come in time.
    struct TimedOut: Error, CustomStringConvertible {
        let description: String
    }

    init(
        _ arguments: [ByteString], program: String = BuiltProduct.slotline, environment: [String: String] = [:]
    ) throws {
        let ends = (0..<3).map { _ in
            var pair: [CInt] = [-1, -1]
            pipe(&pair)
            for end in pair { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return pair
        }
        (input, output, error) = (ends[0][1], ends[1][0], ends[2][0])
        defer { for end in [ends[0][0], ends[1][1], ends[2][1]] { close(end) } }
        process = try ChildProcess(
            program, arguments, environment: Slotline.environment(environment),
            descriptors: (ends[0][0], ends[1][1], ends[2][1]))
    }

    deinit {
        process.kill()
        for descriptor in [input, output, error] where descriptor >= 0 { close(descriptor) }
    }

    func send(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = write(input, bytes, bytes.count)
    }

    /// The next line of standard output, without its line feed.
    func nextLine(within time: Duration = patience) throws -> String {
        let deadline = ContinuousClock.now + time
        while true {
            if let end = buffer.firstIndex(of: 0x0a) {
                defer { buffer.removeSubrange(...end) }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            var ask = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            guard ContinuousClock.now < deadline else { throw TimedOut(description: "no line within \(time)") }
            guard poll(&ask, 1, 50) > 0 else { continue }
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = read(output, &chunk, chunk.count)
            guard count > 0 else { throw TimedOut(description: "the output ended") }
            buffer += chunk[..<count]
        }
    }

    /// Sends a line and returns the next line of standard output, and how long that took.
    func ask(_ line: String) throws -> (reply: String, time: Duration) {
        let start = ContinuousClock.now
        send(line)
        return (try nextLine(), ContinuousClock.now - start)
    }

    /// Ctrl-C.
    func interrupt() {
        signal(SIGINT)
    }

    func signal(_ number: CInt) {
        process.signal(number)
    }

    /// True once slotline handles the signal.
    func catches(_ number: CInt) -> Bool {
        let status = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let mask = status?.firstMatch(of: #/SigCgt:\s+([0-9a-f]+)/#).flatMap { UInt64($0.1, radix: 16) } ?? 0
        return mask >> (number - 1) & 1 == 1
    }

    var processIdentifier: Int32 { process.processIdentifier }

    var hasEnded: Bool { process.status != nil }

    func kill() {
        process.kill()
    }

    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    /// Closes the input; returns the exit status, and standard error as it was written.
    func end() throws -> (status: ChildProcess.Status?, error: String) {
        closeInput()
        let status = process.wait(for: .seconds(40))
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = read(error, &chunk, chunk.count), count > 0 { text += chunk[..<count] }
        return (status, String(decoding: text, as: UTF8.self))
    }
}
