import Foundation
import RESP

/// A certificate authority for the tests, in a folder of its own, and the certificates it has signed.
package final class Certificates: Sendable {
    package let folder: String

    /// - Throws: when there is no `openssl`.
    package init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "slotline-certificates-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        AtExit.run { try? FileManager.default.removeItem(at: folder) }
        self.folder = folder.path
        try openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=Authority", "-keyout",
            path("ca.key"), "-out", path("ca.crt"))
    }

    package func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// Makes `name.crt` and `name.key`.
    ///
    /// - Parameters:
    ///   - alternatives: the names it is valid for: `IP:127.0.0.1,DNS:localhost`.
    ///   - validity: from and to, as `YYMMDDHHMMSSZ`; nil for now.
    ///   - passphrase: encrypts the key.
    package func make(
        _ name: String, for alternatives: String, validity: (from: String, to: String)? = nil, passphrase: String? = nil
    ) throws {
        try openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=\(name)"
                + (passphrase == nil ? " -nodes" : " -passout pass:\(passphrase ?? "")"), "-keyout",
            path("\(name).key"), "-out", path("\(name).csr"))
        let database = path("\(name).db")
        try FileManager.default.createDirectory(atPath: database, withIntermediateDirectories: true)
        try "".write(toFile: "\(database)/index", atomically: false, encoding: .utf8)
        let configuration = """
            [ca]
            default_ca = own
            [own]
            database = \(database)/index
            new_certs_dir = \(database)
            rand_serial = yes
            default_md = sha256
            policy = any
            x509_extensions = extensions
            [any]
            commonName = supplied
            [extensions]
            subjectAltName = \(alternatives)
            """
        try configuration.write(toFile: "\(database)/cnf", atomically: false, encoding: .utf8)
        let dates = validity.map { "-startdate \($0.from) -enddate \($0.to)" } ?? "-days 30"
        try openssl(
            "ca -batch \(dates)", "-config", "\(database)/cnf", "-in", path("\(name).csr"), "-out",
            path("\(name).crt"), "-cert", path("ca.crt"), "-keyfile", path("ca.key"))
    }

    private func openssl(_ words: String, _ more: String...) throws {
        let arguments = words.split(separator: " ").map(String.init) + more
        let result = try Subprocess.run("openssl", arguments.map { ByteString($0) })
        guard result.status == .exited(0) else { throw Failure(description: result.errorText) }
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }
}
