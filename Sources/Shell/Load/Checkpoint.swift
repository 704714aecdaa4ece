import Terminal
import Transport
import Commands
import Engine
import Glibc
import Presentation
import RESP

/// How far a load has come, in a file: everything in front of the place is known to be done. With it stands what the
/// commands in front of the place have made of the session, as those are not run again.
///
/// The file is replaced as a whole, so that it is never half written.
struct Checkpoint {
    private static let title = "slotline load 2"
    private static let oldTitle = "slotline load 1"
    /// More than any checkpoint has; what is named may be no file at all.
    private static let maximumSize = 64 << 10
    /// How much of the beginning of the input tells it from another.
    static let headSize = 4096

    let place: InputPlace
    let database: Int
    /// Whom the input has authenticated as; nil where it has not. The password is not kept.
    let user: ByteString?
    /// FNV-1a of the input's first bytes.
    let head: UInt64

    init(place: InputPlace, database: Int, user: ByteString?, head: UInt64) {
        self.place = place
        self.database = database
        self.user = user
        self.head = head
    }

    static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// - Returns: nil when there is no file yet.
    /// - Throws: `.noCheckpoint` for a file that is none, `.oldCheckpoint`, and `.cannotOpen`.
    init?(path: ByteString) throws(CLIError) {
        do {
            try PrivateFile.check(path)
        } catch {
            throw .cannotOpen(path: path, reason: error.reason)
        }
        guard access(path.cString, F_OK) == 0 || errno != ENOENT else { return nil }
        let file = try InputFile(path)
        let lines = CommandReader.head(of: file.descriptor, count: Self.maximumSize).split(separator: 0x0a)
        if lines.first.map(Array.init) == Array(Self.oldTitle.utf8) { throw .oldCheckpoint(path: path) }
        var values: [ByteString: ByteString] = [:]
        for line in lines.dropFirst() {
            guard let words = try? Tokenizer.words(Array(line)), words.count == 2 else {
                throw .noCheckpoint(path: path)
            }
            values[words[0]] = words[1]
        }
        // Each line that was counted has an end at least.
        guard lines.first.map(Array.init) == Array(Self.title.utf8),
            let offset = values["offset"]?.integer, offset >= 0,
            let line = values["line"]?.integer, line >= 0, line - 1 <= offset,
            let database = values["database"]?.integer, database >= 0,
            let head = (values["head"]?.text).flatMap({ UInt64($0) })
        else { throw .noCheckpoint(path: path) }
        self.init(
            place: InputPlace(line: line, offset: offset), database: database, user: values["user"], head: head)
    }

    private var text: String {
        let user = user.map { "user \(Quoting.ascii.text($0))\n" } ?? ""
        return "\(Self.title)\noffset \(place.offset)\nline \(place.line)\ndatabase \(database)\n\(user)head \(head)\n"
    }

    func write(to path: ByteString) throws(PrivateFile.Failure) {
        try PrivateFile.replace(path, with: Array(text.utf8))
    }
}
