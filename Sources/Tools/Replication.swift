import Commands
import Transport
import Terminal
import Engine
import Glibc
import Presentation
import RESP
import Routing

/// `--rdb`, `--functions-rdb` and `--replica`: asks the node for what it would send to a replica.
struct Replication {
    let session: any ToolSession
    let node: DirectConnection

    /// Writes a snapshot to a file; `-` is stdout. A file that cannot be written is reported before anything is asked.
    func copy(to file: ByteString, functionsOnly: Bool) throws(DirectConnection.Failure) -> ExitStatus {
        let output = session.output
        if file != "-" {
            let descriptor = FileDescriptor.open(file, O_WRONLY | O_CREAT)
            guard descriptor >= 0 else {
                return session.fail(.cannotOpen(path: file, reason: String(errno: errno)))
            }
            output.descriptor = descriptor
        }
        defer {
            if file != "-" {
                close(output.descriptor)
                output.descriptor = STDOUT_FILENO
            }
        }
        let stream = ReplicationStream(node)
        var conditions: [(name: ByteString, value: ByteString)] = [("rdb-only", "1")]
        if functionsOnly { conditions.append(("rdb-filter-only", "functions")) }
        let announcement = try stream.begin(conditions: conditions)
        output.note(ReplicationText.begins(announcement.byteCount, file: file))
        // Cuts off what was in the file before; a pipe or a device has nothing to cut off.
        _ = file == "-" ? 0 : ftruncate(output.descriptor, 0)
        let count = try stream.receiveSnapshot(announcement) { bytes in
            output.write { $0 += bytes }
            return output.isWritable
        }
        output.flush()
        // EINVAL: a pipe or a device, which keeps nothing.
        let failure = output.failure ?? (fsync(output.descriptor) != 0 && errno != EINVAL ? errno : nil)
        if let failure { return session.fail(.cannotWriteTo(path: file, reason: String(errno: failure))) }
        output.note(ReplicationText.done(announcement.byteCount == nil ? count : nil))
        return .ok
    }

    /// Prints each write of the node as it happens, as CSV, until the connection ends.
    func follow() throws(DirectConnection.Failure) {
        var stream = ReplicationStream(node)
        let announcement = try stream.begin(conditions: [])
        session.output.note(ReplicationText.discards(announcement.byteCount))
        let count = try stream.receiveSnapshot(announcement) { _ in true }
        session.output.note(ReplicationText.follows(after: count))
        session.style.format = .csv
        while session.output.isWritable {
            let command = try stream.nextCommand()
            session.output.write { session.renderer.append(command, isText: false, to: &$0) }
            session.output.flush()
        }
    }
}
