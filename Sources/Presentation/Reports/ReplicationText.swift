package import RESP

/// Progress messages of `--rdb` and `--replica` on stderr, in redis-cli's words, which scripts look for.
package enum ReplicationText {
    /// - Parameter count: nil when the master marks the end of the transfer instead.
    package static func begins(_ count: Int?, file: ByteString) -> String {
        "SYNC sent to master, writing \(bytes(count)) to '\(file.text)'"
    }

    package static func discards(_ count: Int?) -> String {
        let what = count.map { "\($0) bytes of bulk transfer" } ?? bytes(nil)
        return "SYNC with master, discarding \(what)..."
    }

    /// - Parameter count: nil when the master announced it at the start.
    package static func done(_ count: Int?) -> String {
        "Transfer finished with success" + (count.map { " after \($0) bytes" } ?? ".")
    }

    package static func follows(after count: Int) -> String {
        "SYNC done after \(count) bytes. Logging commands from master."
    }

    private static func bytes(_ count: Int?) -> String {
        count.map { "\($0) bytes" } ?? "bytes of bulk transfer until EOF marker"
    }
}
