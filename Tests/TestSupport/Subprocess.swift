import Glibc
package import RESP

/// Runs a program to its end: argument bytes and input in, output and status back.
package enum Subprocess {
    package struct Result: Sendable {
        package let output: [UInt8]
        package let error: [UInt8]
        package let status: ChildProcess.Status

        /// Standard output as text.
        package var outputText: String { String(decoding: output, as: UTF8.self) }
        /// Standard error as text.
        package var errorText: String { String(decoding: error, as: UTF8.self) }
    }

    /// - Parameters:
    ///   - program: a path, or a name to look up on `PATH`.
    ///   - environment: `NAME=value` for every variable the program is to see; nil for the tests' own.
    /// - Throws: ``ChildProcess/StartError``, or ``TimedOut`` when the program still runs after `timeout` (it is
    ///   killed).
    package static func run(
        _ program: String, _ arguments: [ByteString] = [], input: [UInt8] = [], environment: [String]? = nil,
        timeout: Duration = patience
    ) throws -> Result {
        let deadline = ContinuousClock.now + timeout
        let (inputReader, inputWriter) = Pipe.open()
        let (outputReader, outputWriter) = Pipe.open()
        let (errorReader, errorWriter) = Pipe.open()
        defer { for end in [inputReader, outputReader, outputWriter, errorReader, errorWriter] { end.close() } }
        defer { inputWriter.close() }
        let process = try ChildProcess(
            program, arguments, environment: environment,
            descriptors: (inputReader.descriptor, outputWriter.descriptor, errorWriter.descriptor))
        for end in [inputReader, outputWriter, errorWriter] { end.close() }

        var unwritten = input[...]
        var output: [UInt8] = []
        var error: [UInt8] = []
        while !(outputReader.isAtEnd && errorReader.isAtEnd) {
            if unwritten.isEmpty { inputWriter.close() }
            Pipe.wait(for: [outputReader, errorReader], writable: inputWriter, milliseconds: 50)
            // Asked before the reads, so that all the output of a program that has ended is read. A grandchild may hold
            // the pipes open for longer than that.
            let hasEnded = process.status != nil
            inputWriter.write(&unwritten)
            outputReader.read(into: &output)
            errorReader.read(into: &error)
            if hasEnded { break }
            if ContinuousClock.now > deadline { throw TimedOut(program: program, output: output, error: error) }
        }
        guard let status = process.wait(for: deadline - .now) else {
            throw TimedOut(program: program, output: output, error: error)
        }
        return Result(output: output, error: error, status: status)
    }

    package struct TimedOut: Error, CustomStringConvertible {
        package let program: String
        package let output: [UInt8]
        package let error: [UInt8]

        package var description: String {
            let output = String(decoding: output, as: UTF8.self), error = String(decoding: error, as: UTF8.self)
            return "\(program) did not end in time; stdout: \(output) stderr: \(error)"
        }
    }
}

/// One end of a pipe. Our side never blocks.
private final class Pipe {
    private(set) var descriptor: CInt
    private(set) var isAtEnd = false

    private init(_ descriptor: CInt) {
        self.descriptor = descriptor
    }

    static func open() -> (reader: Pipe, writer: Pipe) {
        var ends: [CInt] = [-1, -1]
        precondition(pipe(&ends) == 0, "no pipe: \(String(cString: strerror(errno)))")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (Pipe(ends[0]), Pipe(ends[1]))
    }

    static func wait(for readers: [Pipe], writable writer: Pipe, milliseconds: CInt) {
        var polls = readers.map { pollfd(fd: $0.isAtEnd ? -1 : $0.descriptor, events: Int16(POLLIN), revents: 0) }
        polls.append(pollfd(fd: writer.descriptor, events: Int16(POLLOUT), revents: 0))
        poll(&polls, nfds_t(polls.count), milliseconds)
    }

    func read(into bytes: inout [UInt8]) {
        var chunk = [UInt8](repeating: 0, count: 65536)
        while !isAtEnd, canNow(Int16(POLLIN)) {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count > 0 { bytes += chunk[..<count] } else { isAtEnd = true }
        }
    }

    /// Takes what was written off the front of `bytes`; all of it when the reader is gone.
    func write(_ bytes: inout ArraySlice<UInt8>) {
        while !bytes.isEmpty, canNow(Int16(POLLOUT)) {
            // A pipe that is ready takes this much without blocking.
            let part = Array(bytes.prefix(Int(PIPE_BUF)))
            let count = Glibc.write(descriptor, part, part.count)
            bytes = count > 0 ? bytes.dropFirst(count) : []
        }
    }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    private func canNow(_ events: Int16) -> Bool {
        var ask = pollfd(fd: descriptor, events: events, revents: 0)
        return descriptor >= 0 && poll(&ask, 1, 0) > 0
    }
}
