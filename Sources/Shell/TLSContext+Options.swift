import Options
import Routing
import Terminal
import Transport

extension TLSContext {
    /// - Parameter seed: the seed whose host `--tls-name seed` refers to.
    /// - Throws: `TLSFailure` when the options cannot be used.
    convenience init(_ options: Configuration.TLSOptions, seed: NodeAddress?) throws(TLSFailure) {
        var settings = TLSSettings()
        settings.authorityFile = options.authorityFile
        settings.authorityFolder = options.authorityFolder
        settings.verifies = !options.isInsecure
        settings.certificate = options.certificate
        settings.key = options.key
        settings.passphrase = {
            guard case .text(let text) = Terminal.readPassword(prompt: "Passphrase of the private key: ") else {
                return nil
            }
            return text
        }
        settings.ciphers = options.ciphers
        settings.cipherSuites = options.cipherSuites
        settings.requestedName = options.requestedName
        switch options.alternativeName {
        case .seed: settings.alternativeName = seed?.host
        case .host(let name): settings.alternativeName = name
        case nil: break
        }
        try self.init(settings)
    }
}
