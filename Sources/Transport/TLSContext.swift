import COpenSSL
import Glibc
import RESP

/// What all encrypted connections have in common: the settings, and what makes the second connection to a server
/// quicker than the first.
package final class TLSContext {
    private let context: OpaquePointer
    let settings: TLSSettings
    /// The last connection to each server, whose session the next one resumes.
    private var last: [String: TLSConnection] = [:]

    /// Reads all files.
    ///
    /// - Throws: `.unusable` for what cannot be read or makes no sense.
    package init(_ settings: TLSSettings) throws(TLSFailure) {
        guard let context = cssl_context() else { throw .other(Self.firstError) }
        self.context = context
        self.settings = settings
        if settings.verifies {
            try trustAuthorities()
        } else {
            SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
        }
        try showCertificate()
        if let ciphers = settings.ciphers, SSL_CTX_set_cipher_list(context, ciphers.cString) != 1 {
            throw .unusable(.ciphers, reason: Self.firstError)
        }
        if let suites = settings.cipherSuites, SSL_CTX_set_ciphersuites(context, suites.cString) != 1 {
            throw .unusable(.cipherSuites, reason: Self.firstError)
        }
    }

    deinit {
        SSL_CTX_free(context)
    }

    /// Starts a handshake on a connected socket.
    ///
    /// - Parameters:
    ///   - host: the name that the certificate has to be for.
    ///   - peer: identifies the server.
    func connect(_ descriptor: Int32, host: String, peer: String) -> TLSConnection? {
        guard let connection = TLSConnection(context, settings, descriptor, host: host, resuming: last[peer]) else {
            return nil
        }
        last[peer] = connection
        return connection
    }

    // MARK: Files

    private func trustAuthorities() throws(TLSFailure) {
        var file = settings.authorityFile
        var folder = settings.authorityFolder
        if file == nil, folder == nil {
            file = Self.variable("SSL_CERT_FILE")
            folder = Self.variable("SSL_CERT_DIR")
        }
        if file == nil, folder == nil { (file, folder) = Self.systemAuthorities }
        if let file, SSL_CTX_load_verify_file(context, file.cString) != 1 {
            throw .unusable(.authorities, reason: "\(file.text): \(Self.firstError)")
        }
        if let folder {
            // OpenSSL looks into it only when it needs to, and treats a missing folder as an empty one.
            guard access(folder.cString, R_OK | X_OK) == 0 else {
                throw .unusable(.authorities, reason: "\(folder.text): \(String(errno: errno))")
            }
            SSL_CTX_load_verify_dir(context, folder.cString)
        }
    }

    /// Where systems keep the certificates of authorities. A folder, in which files are found by hash, comes first: it
    /// costs nothing, while a file is read in full.
    private static var systemAuthorities: (file: ByteString?, folder: ByteString?) {
        // Debian, Alpine and SUSE.
        let folder: ByteString = "/etc/ssl/certs"
        if access("/etc/ssl/certs/ca-certificates.crt", R_OK) == 0 { return (nil, folder) }
        let files: [ByteString] = [
            "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Red Hat
            "/etc/pki/tls/certs/ca-bundle.crt",  // Red Hat, older
            "/etc/ssl/ca-bundle.pem",  // SUSE
            "/etc/ssl/cert.pem",  // Alpine, OpenBSD
            "/usr/local/share/certs/ca-root-nss.crt",  // FreeBSD
        ]
        return (files.first { access($0.cString, R_OK) == 0 }, nil)
    }

    private func showCertificate() throws(TLSFailure) {
        if let certificate = settings.certificate,
            SSL_CTX_use_certificate_chain_file(context, certificate.cString) != 1
        {
            throw .unusable(.certificate, reason: "\(certificate.text): \(Self.firstError)")
        }
        guard let key = settings.key else { return }
        SSL_CTX_set_default_passwd_cb_userdata(context, Unmanaged.passUnretained(self).toOpaque())
        SSL_CTX_set_default_passwd_cb(context) { buffer, size, _, object in
            guard let buffer, let object,
                let passphrase = Unmanaged<TLSContext>.fromOpaque(object).takeUnretainedValue().settings.passphrase(),
                passphrase.count <= size
            else { return -1 }
            for (index, byte) in passphrase.bytes.enumerated() { buffer[index] = CChar(bitPattern: byte) }
            return Int32(passphrase.count)
        }
        guard SSL_CTX_use_PrivateKey_file(context, key.cString, SSL_FILETYPE_PEM) == 1 else {
            throw .unusable(.key, reason: "\(key.text): \(Self.firstError)")
        }
    }

    private static func variable(_ name: String) -> ByteString? {
        getenv(name).map { ByteString(cString: $0) }
    }

    /// OpenSSL's words for the first error in its queue, or the system's when the cause is a file.
    static var firstError: String {
        let code = ERR_get_error()
        defer { ERR_clear_error() }
        if ERR_GET_LIB(code) == ERR_LIB_SYS { return String(errno: ERR_GET_REASON(code)) }
        return ERR_reason_error_string(code).map { String(cString: $0) } ?? "unknown error"
    }
}
