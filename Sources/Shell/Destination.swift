import Commands
import Engine
import Options
import Presentation
import RESP
import Routing
import Transport

/// Where `connect` leads.
struct Destination {
    let seeds: [NodeAddress]
    /// Nil for an address, which does not say how to connect.
    private let uri: SeedURI?

    /// - Parameter home: the current server, whose host a bare port refers to.
    /// - Throws: `.wordUsage` or `.badValue`, which never show what may be a password.
    init(_ words: [ByteString], from home: NodeAddress) throws(CLIError) {
        if words[0].bytes.contains(UInt8(ascii: "/")) || words[0].bytes.contains(UInt8(ascii: "@")) {
            guard words.count == 1, let uri = try? SeedURI(OptionValue(option: "connect", bytes: words[0])) else {
                throw .wordUsage("connect redis://[USER:PASSWORD@]HOST[:PORT][,HOST...][/DB], or rediss:// for TLS")
            }
            seeds = uri.addresses.map { NodeAddress(host: $0.host ?? "127.0.0.1", port: $0.port ?? Self.standardPort) }
            self.uri = uri
            return
        }
        uri = nil
        let text = words[0].text
        if words.count > 1 {
            guard let port = Target.port(words[1].text) else {
                throw .badValue(of: "connect", value: words[1], wanted: "a port from 1 to 65535")
            }
            seeds = [NodeAddress(host: text, port: port)]
        } else if let (host, port) = Target.splitAddress(text) {
            seeds = [NodeAddress(host: host, port: port)]
        } else if let port = Target.port(text) {
            seeds = [NodeAddress(host: home.tcpHost, port: port)]
        } else if !text.contains(":"), !text.allSatisfy(\.isNumber) {
            seeds = [NodeAddress(host: text, port: Self.standardPort)]
        } else {
            let forms = "\(ShellWord.connect.row.arguments)".replacing(" |", with: ",")
            throw .badValue(of: "connect", value: words[0], wanted: "one of \(forms)")
        }
    }

    private static let standardPort = 6379

    /// The connection settings there: the current ones, except for what a URI says. A password that was given for
    /// another cluster, or for encrypted connections, is not sent there.
    ///
    /// - Throws: `TLSFailure` when TLS cannot be used as the command line asks.
    func settings(for session: Session) throws(TLSFailure) -> ConnectionSettings {
        let engine = session.engine
        var settings = engine.settings
        if let uri {
            if let database = uri.database { settings.session.database = database }
            if !uri.isEncrypted {
                settings.tls = nil
            } else if settings.tls == nil {
                settings.tls = try TLSContext(session.configuration.tls ?? .init(), seed: seeds.first)
            }
        }
        if let password = uri?.password {
            settings.session.credentials = .init(user: uri?.user, password: password)
            settings.tokens = nil
        } else if session.dialect.keepsPasswordsHome {
            let login = (session.logins + [Login(engine)]).last {
                $0.isMeant(for: seeds, isEncrypted: settings.tls != nil)
            }
            settings.session.credentials = login?.credentials
            settings.tokens = login?.tokens
        }
        return settings
    }
}
