package import RESP

/// Which server it is, as it says itself.
package struct ServerVersion: Equatable, Sendable {
    /// `redis` or `valkey`.
    let name: String
    let version: String

    package init(name: String, version: String) {
        self.name = name
        self.version = version
    }

    /// Nil for anything but the reply to HELLO, which older servers do not know.
    package init?(hello reply: RESPValue) {
        guard !reply.isError, let name = reply[field: "server"]?.text, let version = reply[field: "version"]?.text
        else {
            return nil
        }
        self.init(name: name, version: version)
    }

    package var text: String { "\(name.prefix(1).uppercased())\(name.dropFirst()) \(version)" }
}
