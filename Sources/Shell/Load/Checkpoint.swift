import Commands
import Engine
import Glibc
import Presentation
import RESP
import Routing
import Transport
import Terminal

/// How far a load has come, in a file. It also holds the session state that the finished commands have left, as they
/// are not run again.
///
/// The file is replaced as a whole, so that it is never half written.
struct Checkpoint {
    private static let title = "slotline load 4"
    private static let oldTitles = (1...3).map { "slotline load \($0)" }
    /// More than any checkpoint has; the path may not name a regular file at all.
    private static let maximumSize = 4 << 20

    /// The bytes at the start of an input that distinguish it from another. What is added to the input changes nothing.
    struct Head: Equatable {
        static let maximumSize = 4096

        let size: Int
        /// FNV-1a.
        let hash: UInt64

        init(size: Int, hash: UInt64) {
            self.size = size
            self.hash = hash
        }

        init(_ bytes: some Collection<UInt8>) {
            size = bytes.count
            hash = bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        }
    }

    let progress: LoadProgress
    /// Without credentials: the password is not stored.
    let session: SessionState
    /// The user that the input has authenticated as; nil if it has not.
    let user: ByteString?
    let head: Head

    init(progress: LoadProgress, session: SessionState, user: ByteString?, head: Head) {
        self.progress = progress
        var session = session
        session.credentials = nil
        self.session = session
        self.user = user
        self.head = head
    }

    // MARK: Reading

    /// - Returns: nil when there is no file yet.
    /// - Throws: `.noCheckpoint` for a file that is not a checkpoint, `.oldCheckpoint`, and `.cannotOpen`.
    init?(path: ByteString) throws(CLIError) {
        do {
            try PrivateFile.check(path)
        } catch {
            throw .cannotOpen(path: path, reason: error.reason)
        }
        guard access(path.cString, F_OK) == 0 || errno != ENOENT else { return nil }
        let file = try InputFile(path)
        let lines = CommandReader.head(of: file.descriptor, count: Self.maximumSize).split(separator: 0x0a)
        let title = lines.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        if Self.oldTitles.contains(title) { throw .oldCheckpoint(path: path) }
        guard title == Self.title, let checkpoint = Self(lines.dropFirst()) else { throw .noCheckpoint(path: path) }
        self = checkpoint
    }

    /// - Returns: nil for lines that are not those of a checkpoint.
    private init?(_ lines: some Sequence<ArraySlice<UInt8>>) {
        var values: [ByteString: [ByteString]] = [:]
        var commands: [[ByteString]] = []
        for line in lines {
            guard let words = try? Tokenizer.words(Array(line)), words.count > 1 else { return nil }
            let rest = Array(words.dropFirst())
            if words[0] == "session" { commands.append(rest) } else { values[words[0]] = rest }
        }
        func number(_ name: ByteString) -> Int? {
            guard let words = values[name], words.count == 1, let number = words[0].integer else { return nil }
            return number
        }
        let open = values["open"]?.compactMap(\.integer) ?? []
        // Each counted line has at least a line ending.
        guard let offset = number("offset"), offset >= 0, let line = number("line"), line >= 0, line - 1 <= offset,
            let rest = number("rest"), rest >= offset, open.count == values["open"]?.count ?? 0,
            open.first ?? offset >= offset, open.last ?? -1 < rest, zip(open, open.dropFirst()).allSatisfy({ $0 < $1 }),
            let size = number("headsize"), 0...Head.maximumSize ~= size,
            let hash = values["head"].flatMap({ $0.count == 1 ? UInt64($0[0].text) : nil }),
            let session = SessionState(commands), values["user"]?.count ?? 1 == 1
        else { return nil }
        let start = InputPlace(line: line, offset: offset)
        self.init(
            progress: LoadProgress(start: start, rest: rest, open: open), session: session,
            user: values["user"]?.first, head: Head(size: size, hash: hash))
    }

    // MARK: Writing

    private var text: [UInt8] {
        let start = progress.start
        var text = Array("\(Self.title)\noffset \(start.offset)\nline \(start.line)\nrest \(progress.rest)\n".utf8)
        if !progress.open.isEmpty { text += "open \(progress.open.map(String.init).joined(separator: " "))\n".utf8 }
        for command in session.commands { text += Quoting.line(["session"] + command) + [0x0a] }
        if let user { text += "user \(Quoting.ascii.text(user))\n".utf8 }
        return text + Array("headsize \(head.size)\nhead \(head.hash)\n".utf8)
    }

    func write(to path: ByteString) throws(PrivateFile.Failure) {
        try PrivateFile.replace(path, with: text)
    }
}

extension SessionState {
    /// The commands that bring a new connection to this state, without credentials.
    fileprivate var commands: [[ByteString]] { SessionState().steps(to: self)?.map(\.command) ?? [] }

    /// The state that the commands lead to; nil unless they are exactly those that it takes.
    fileprivate init?(_ commands: [[ByteString]]) {
        self.init()
        for command in commands {
            guard let row = CommandTable.row(for: command), row.accepts(argumentCount: command.count) else {
                return nil
            }
            take(command, row.effect, resetting: SessionState())
        }
        guard credentials == nil, self.commands == commands else { return nil }
    }
}
