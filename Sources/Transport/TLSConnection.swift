import COpenSSL
import Glibc

/// TLS over one socket; it never blocks.
final class TLSConnection {
    private let ssl: OpaquePointer
    private let settings: TLSSettings
    private let host: String
    /// True when the last step is waiting for the socket to take bytes; otherwise it is waiting for some to arrive.
    private(set) var wantsToWrite = false

    init?(
        _ context: OpaquePointer, _ settings: TLSSettings, _ descriptor: Int32, host: String,
        resuming previous: TLSConnection?
    ) {
        guard let ssl = SSL_new(context) else { return nil }
        self.ssl = ssl
        self.settings = settings
        self.host = host
        guard cssl_use_socket(ssl, descriptor) == 1 else { return nil }
        SSL_set_connect_state(ssl)
        if let name = settings.requestedName ?? (Self.isAddress(host) ? nil : host) { _ = cssl_ask_for_name(ssl, name) }
        if let session = previous.flatMap({ SSL_get1_session($0.ssl) }) {
            if SSL_SESSION_is_resumable(session) == 1 { SSL_set_session(ssl, session) }
            SSL_SESSION_free(session)
        }
    }

    deinit {
        SSL_free(ssl)
    }

    private static func isAddress(_ host: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
    }

    // MARK: The handshake

    /// Continues the handshake. True once it is complete and the server is who it should be.
    func shakeHands() throws(TransportError) -> Bool {
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        guard result == 1 else {
            if mustWait(after: result) { return false }
            throw .encryption(failure(after: result))
        }
        wantsToWrite = false
        if settings.verifies { try checkName() }
        return true
    }

    /// OpenSSL has verified the chain; whom it is for is checked here, because more than one name may do.
    private func checkName() throws(TransportError) {
        guard let certificate = SSL_get1_peer_certificate(ssl) else { throw .encryption(.other("no certificate")) }
        defer { X509_free(certificate) }
        let isFor = [host, settings.alternativeName].contains { name in
            guard let name else { return false }
            return Self.isAddress(name)
                ? X509_check_ip_asc(certificate, name, 0) == 1
                : X509_check_host(certificate, name, name.utf8.count, 0, nil) == 1
        }
        guard isFor else {
            throw .encryption(.wrongName(host: host, names: Self.text(certificate, cssl_certificate_names)))
        }
    }

    /// What was negotiated.
    var summary: TLSSummary {
        let certificate = SSL_get1_peer_certificate(ssl)
        defer { X509_free(certificate) }
        return TLSSummary(
            version: String(cString: SSL_get_version(ssl)),
            cipher: String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(ssl))),
            names: certificate.map { Self.text($0, cssl_certificate_names) } ?? "",
            end: certificate.map { Self.text($0, cssl_certificate_end) } ?? "")
    }

    private func failure(after result: Int32) -> TLSFailure {
        guard SSL_get_error(ssl, result) == SSL_ERROR_SSL else { return .closed }
        let code = ERR_peek_last_error()
        switch ERR_GET_REASON(code) {
        case SSL_R_CERTIFICATE_VERIFY_FAILED: return verificationFailure
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_PACKET_LENGTH_TOO_LONG, SSL_R_HTTP_REQUEST: return .notTLS
        case SSL_R_UNEXPECTED_EOF_WHILE_READING: return .closed
        default: return Self.alert(code)
        }
    }

    private var verificationFailure: TLSFailure {
        let code = SSL_get_verify_result(ssl)
        guard let certificate = cssl_unverified_certificate(ssl) else { return .other(Self.words(for: code)) }
        switch Int32(code) {
        case X509_V_ERR_CERT_HAS_EXPIRED: return .expired(since: Self.text(certificate, cssl_certificate_end))
        case X509_V_ERR_CERT_NOT_YET_VALID: return .notYetValid(until: Self.text(certificate, cssl_certificate_start))
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return .selfSigned
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return .unknownIssuer(Self.text(certificate, cssl_certificate_issuer))
        default: return .other(Self.words(for: code))
        }
    }

    private static func words(for code: Int) -> String { String(cString: X509_verify_cert_error_string(code)) }

    /// The failure that an alert from the server stands for, or OpenSSL's words for anything else.
    private static func alert(_ code: UInt) -> TLSFailure {
        switch ERR_GET_REASON(code) {
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
            SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, SSL_R_TLSV1_ALERT_UNKNOWN_CA:
            .certificateWanted
        default: .other(ERR_reason_error_string(code).map { String(cString: $0) } ?? "unknown error")
        }
    }

    private static func text(
        _ certificate: OpaquePointer, _ fill: (OpaquePointer, UnsafeMutablePointer<CChar>, Int) -> Int
    ) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            let count = fill(certificate, start, buffer.count)
            return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
        }
    }

    // MARK: Transferring bytes

    /// - Returns: how many bytes were taken; 0 for none now.
    func write(_ bytes: UnsafeRawBufferPointer) throws(TransportError) -> Int {
        ERR_clear_error()
        var count = 0
        let result = SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &count)
        if result == 1 { return count }
        if mustWait(after: result) { return 0 }
        throw end(after: result)
    }

    /// Bytes of the last record read that have not been taken yet.
    var decryptedCount: Int { Int(SSL_pending(ssl)) }

    /// Fills the buffer as far as possible, because `poll` knows nothing of bytes that are already decrypted.
    ///
    /// - Returns: how many bytes arrived. What came before an end is returned first.
    func read(_ buffer: UnsafeMutableRawBufferPointer) throws(TransportError) -> Int {
        var total = 0
        while total < buffer.count {
            ERR_clear_error()
            var count = 0
            let result = SSL_read_ex(ssl, buffer.baseAddress?.advanced(by: total), buffer.count - total, &count)
            guard result == 1 else {
                if mustWait(after: result) || total > 0 { break }
                throw end(after: result)
            }
            total += count
        }
        return total
    }

    private func mustWait(after result: Int32) -> Bool {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: wantsToWrite = false
        case SSL_ERROR_WANT_WRITE: wantsToWrite = true
        default: return false
        }
        return true
    }

    private func end(after result: Int32) -> TransportError {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_ZERO_RETURN: return .closed
        case SSL_ERROR_SYSCALL: return errno == 0 ? .closed : .system(errno)
        default: return .encryption(Self.alert(ERR_peek_last_error()))
        }
    }
}
