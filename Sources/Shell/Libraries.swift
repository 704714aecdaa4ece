import CLibedit
import COpenSSL

/// The libraries that are linked in.
enum Libraries {
    /// Each with its version.
    static var names: [String] {
        [
            String(cString: OpenSSL_version(OPENSSL_VERSION)),
            "libedit \(cle_major_version()).\(cle_minor_version())",
            "glibc \(String(cString: cle_c_library_version()))",
        ]
    }
}
