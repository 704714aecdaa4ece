import Terminal
import Glibc
import RESP

/// File names, for completion.
enum Files {
    /// The files whose paths begin with what is typed; directories end with a slash. Hidden ones only once the dot is
    /// typed.
    static func completions(of typed: ByteString) -> [Completions.Candidate] {
        let slash = typed.bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
        let folder = ByteString(typed.bytes[..<slash])
        let begin = typed.dropFirst(slash)
        let path = InputFile.expandingHome(folder.isEmpty ? "." : folder)
        guard let stream = opendir(path.text) else { return [] }
        defer { closedir(stream) }
        var found: [Completions.Candidate] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 1) { ByteString(cString: $0) }
            }
            guard name.bytes.starts(with: begin.bytes), name != ".", name != "..",
                !name.hasPrefix(".") || begin.hasPrefix(".")
            else { continue }
            var status = stat()
            let isFolder = stat((path + "/" + name).text, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            found.append(.init(isFolder ? folder + name + "/" : folder + name, isWhole: !isFolder))
        }
        return found
    }
}
