import Glibc
import Options
import Presentation
import RESP
import Routing
import Terminal
import Transport

/// The program's own files in the user's directories: the profiles, and the nodes of clusters.
enum UserConfiguration {
    /// `~/.config/slotline/config`, or the same under XDG_CONFIG_HOME. Nil if neither variable is set.
    private static var path: ByteString? {
        folder(named: "XDG_CONFIG_HOME", or: "/.config").map { $0 + "/config" }
    }

    private static let usualPath = "~/.config/slotline/config"
    private static let homeless = "HOME is not set"

    /// The file that keeps the nodes of a cluster from one run to the next: `~/.cache/slotline/nodes/HOST:PORT`, or the
    /// same under XDG_CACHE_HOME. Nil without a seed, or if neither variable is set.
    ///
    /// - Parameter seed: the server that the user named first.
    static func cachedNodes(of seed: NodeAddress?, isEncrypted: Bool) -> ByteString? {
        guard let seed else { return nil }
        let name = "\(seed)".utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: "%") : $0 }
        return folder(named: "XDG_CACHE_HOME", or: "/.cache").map {
            $0 + "/nodes/" + ByteString(name) + (isEncrypted ? ".tls" : "")
        }
    }

    /// The program's directory in the one that an environment variable names, or else in the user's home.
    private static func folder(named variable: String, or place: ByteString) -> ByteString? {
        // The XDG Base Directory Specification says to ignore a relative path.
        func folder(in name: String) -> ByteString? {
            getenv(name).map { ByteString(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        return (folder(in: variable) ?? folder(in: "HOME").map { $0 + place }).map { $0 + "/slotline" }
    }

    static func read() throws(OptionError) -> ProfileFile {
        guard let path else { throw .noProfiles(file: usualPath, reason: homeless) }
        let file: InputFile
        do throws(CLIError) {
            file = try InputFile(path)
        } catch {
            guard case .cannotOpen(_, let reason) = error else { throw .noProfiles(file: path.text, reason: "") }
            throw .noProfiles(file: path.text, reason: reason)
        }
        guard file.isTrusted else { throw .untrustedProfiles(file: path.text) }
        var reader = LineReader(descriptor: file.descriptor)
        let text = reader.rest()
        if let failure = reader.failure { throw .noProfiles(file: path.text, reason: String(errno: failure)) }
        return try ProfileFile(path: path.text, text, isExposed: file.isReadByOthers)
    }

    /// Creates the file, accessible to the user only. Never overwrites an existing one.
    ///
    /// - Returns: its path.
    static func writeSample() throws(CLIError) -> ByteString {
        guard let path else { throw .cannotWriteTo(path: ByteString(usualPath), reason: homeless) }
        let parts = path.bytes.split(separator: UInt8(ascii: "/"))
        for count in 1..<parts.count {
            let folder = ByteString("/") + ByteString(Array(parts[..<count].joined(separator: [0x2f])))
            guard mkdir(folder.cString, 0o700) == 0 || errno == EEXIST else {
                throw .cannotWriteTo(path: path, reason: String(errno: errno))
            }
        }
        let file = FileDescriptor(FileDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600))
        guard file.number >= 0 else { throw .cannotWriteTo(path: path, reason: String(errno: errno)) }
        if let failure = Output.writeAll(Array(SampleProfile.text.utf8), to: file.number) {
            throw .cannotWriteTo(path: path, reason: String(errno: failure))
        }
        return path
    }
}
