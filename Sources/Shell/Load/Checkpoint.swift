import Engine
import Glibc
import Presentation
import RESP

/// How far a load has come, in a file: everything in front of the place is known to be done.
///
/// The file is replaced as a whole, so that it is never half written.
struct Checkpoint {
    private static let title = "slotline load 1"
    /// How much of the beginning of the input tells it from another.
    static let headSize = 4096

    let place: InputPlace
    /// FNV-1a of the input's first bytes.
    let head: UInt64

    init(place: InputPlace, head: UInt64) {
        self.place = place
        self.head = head
    }

    static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// - Returns: nil when there is no file yet.
    /// - Throws: `.noCheckpoint` for a file that is none.
    init?(path: ByteString) throws(CLIError) {
        guard let file = try? InputFile(path) else { return nil }
        var reader = LineReader(descriptor: file.descriptor)
        let lines = ByteString(reader.rest()).text.split(separator: "\n")
        let numbers = lines.dropFirst().compactMap { UInt64($0.split(separator: " ").last ?? "") }
        guard lines.first == Substring(Self.title), numbers.count == 3 else { throw .noCheckpoint(path: path) }
        self.init(place: InputPlace(line: Int(numbers[1]), offset: Int(numbers[0])), head: numbers[2])
    }

    /// - Returns: the `errno` of what failed.
    func write(to path: ByteString) -> Int32? {
        let text = "\(Self.title)\noffset \(place.offset)\nline \(place.line)\nhead \(head)\n"
        let draft = path + ".new"
        let file = InputFile.open(draft, O_WRONLY | O_CREAT | O_TRUNC)
        guard file >= 0 else { return errno }
        var failure = Output.writeAll(Array(text.utf8), to: file)
        if failure == nil, fsync(file) != 0 { failure = errno }
        close(file)
        guard failure == nil else { return failure }
        return rename(draft.cString, path.cString) == 0 ? nil : errno
    }
}

extension ByteString {
    /// With the 0 that ends a string of C.
    var cString: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }
}
