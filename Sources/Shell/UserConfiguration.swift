import Glibc
import Options
import Presentation
import RESP
import Terminal
import Transport

/// The file of profiles, in the folder of the user's configuration.
enum UserConfiguration {
    /// `~/.config/slotline/config`, or in the folder of XDG_CONFIG_HOME.
    private static var path: ByteString {
        func variable(_ name: String) -> ByteString? {
            getenv(name).map { ByteString(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        // By the XDG Base Directory Specification, a relative path is passed over.
        let folder = variable("XDG_CONFIG_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
        return (folder ?? (variable("HOME") ?? "") + "/.config") + "/slotline/config"
    }

    static func read() throws(OptionError) -> ProfileFile {
        let path = path
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

    /// Makes the file, for its user alone. What is there already stays.
    ///
    /// - Returns: its path.
    static func writeSample() throws(CLIError) -> ByteString {
        let path = path
        let parts = path.bytes.split(separator: UInt8(ascii: "/"))
        for count in 1..<parts.count {
            mkdir((ByteString("/") + ByteString(Array(parts[..<count].joined(separator: [0x2f])))).cString, 0o700)
        }
        let file = FileDescriptor(FileDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600))
        guard file.number >= 0 else { throw .cannotWriteTo(path: path, reason: String(errno: errno)) }
        if let failure = Output.writeAll(Array(SampleProfile.text.utf8), to: file.number) {
            throw .cannotWriteTo(path: path, reason: String(errno: failure))
        }
        return path
    }
}
