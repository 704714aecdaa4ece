import Presentation
import RESP

// Authentication, encryption and profiles.
extension OptionTable {
    @inline(never)
    static func authentication() -> [Option] {
        [
            .value(
                "-a", "--pass", name: "PASSWORD", .secret, help: "Password. REDISCLI_AUTH in the environment is safer."
            ) {
                (draft, value) throws(OptionError) in
                try draft.takePassword(by: value.option, isVisible: true)
                draft.giveVisiblePassword(value.bytes, at: 0..<value.bytes.count)
            },
            .value("--user", name: "NAME", help: "User to authenticate as (default: the server's default user).") {
                (draft, value) throws(OptionError) in draft.result.user = value.bytes
            },
            .flag("--askpass", help: "Prompt for the password, ignoring -a and REDISCLI_AUTH.") {
                $0.result.asksPassword = true
            },
            .value(
                "--pass-file", name: "FILE", .file,
                help: "Read the password from the first line of FILE, again for each connection."
            ) { (draft, value) throws(OptionError) in
                try draft.takePassword(by: value.option)
                draft.result.passwordOrigin = .file(value.bytes)
            },
            .value(
                "--pass-command", name: "COMMAND",
                help: """
                    Use the first line that COMMAND prints as the password, for tokens that expire. It runs again when a \
                    connection is opened --pass-command-ttl later, and when a server refuses its last output.
                    """
            ) { (draft, value) throws(OptionError) in
                try draft.takePassword(by: value.option)
                draft.result.passwordOrigin = .command(value.bytes, longestAge: OptionDraft.tokenAge)
            },
            .value(
                "--pass-command-ttl", name: "SECONDS",
                help: """
                    How long to use the output of --pass-command for new connections (default 600; 0 to run it for each).
                    """
            ) { (draft, value) throws(OptionError) in draft.tokenAge = try value.seconds() },
            .flag("--no-auth-warning", help: "Do not warn about a password on the command line.") {
                $0.isAuthWarningWanted = false
            },
        ]
    }

    @inline(never)
    static func encryption() -> [Option] {
        [
            .flag("--tls", help: "Encrypt connections with TLS, as rediss:// and valkeys:// URIs do.") {
                $0.encryptingOption = "--tls"
            },
            .value(
                "--cacert", name: "FILE", .file,
                help: """
                    Certificates of the authorities to trust (default: SSL_CERT_FILE and SSL_CERT_DIR, or those of the \
                    system).
                    """
            ) { (draft, value) throws(OptionError) in draft.tls.authorityFile = value.bytes },
            .value("--cacertdir", name: "DIR", .file, help: "Directory of such certificates, named by their hashes.") {
                (draft, value) throws(OptionError) in draft.tls.authorityFolder = value.bytes
            },
            .value("--cert", name: "FILE", .file, help: "Client certificate to authenticate with.") {
                (draft, value) throws(OptionError) in draft.tls.certificate = value.bytes
            },
            .value(
                "--key", name: "FILE", .file,
                help: "Private key of the client certificate. If it is encrypted, its passphrase is asked for."
            ) { (draft, value) throws(OptionError) in draft.tls.key = value.bytes },
            .value(
                "--sni", name: "HOST", .host,
                help: "Server name to request from every node (default: the hostname of each)."
            ) { (draft, value) throws(OptionError) in draft.tls.requestedName = value.bytes.text },
            .value(
                "--tls-name", name: "HOST|seed", .host,
                help: """
                    Also accept certificates for this name, for nodes that are announced by IP address; "seed" stands \
                    for the host of the first seed.
                    """
            ) { (draft, value) throws(OptionError) in
                draft.tls.alternativeName = value.bytes == "seed" ? .seed : .host(value.bytes.text)
            },
            .flag("--insecure", help: "Accept any certificate. The connection is encrypted, but may be to anyone.") {
                $0.tls.isInsecure = true
            },
            .value("--tls-ciphers", name: "LIST", help: "Ciphers for TLS 1.2, as in ciphers(1).") {
                (draft, value) throws(OptionError) in draft.tls.ciphers = value.bytes
            },
            .value("--tls-ciphersuites", name: "LIST", help: "Cipher suites for TLS 1.3, as in ciphers(1).") {
                (draft, value) throws(OptionError) in draft.tls.cipherSuites = value.bytes
            },
        ]
    }

    @inline(never)
    static func profiles() -> [Option] {
        [
            .value(
                "--profile", name: "NAME", .profile,
                help: """
                    Use the settings of the section [NAME] of ~/.config/slotline/config ($XDG_CONFIG_HOME). The environment \
                    and other options take precedence.
                    """
            ) { (draft, value) throws(OptionError) in draft.profile = value.bytes },
            .flag("--write-config", help: "Write a commented sample of that file, if there is none yet.") {
                $0.result.mode = .writeConfiguration
            },
            .flag("--explain-config", help: "Show each setting that is given, and where it comes from.") {
                (draft) throws(OptionError) in try draft.choose(.explainConfiguration, by: "--explain-config")
            },
        ]
    }
}
