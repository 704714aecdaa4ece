package import RESP

/// The server's name and version, as it reports them.
package struct ServerVersion: Equatable, Sendable {
    /// `redis` or `valkey`.
    let name: String
    let version: String

    package init(name: String, version: String) {
        self.name = name
        self.version = version
    }

    /// Nil for anything but a reply to HELLO, which older servers do not support.
    package init?(hello reply: RESPValue) {
        guard !reply.isError, let name = reply[field: "server"]?.text, let version = reply[field: "version"]?.text
        else {
            return nil
        }
        self.init(name: name, version: version)
    }

    package var text: String { "\(name.prefix(1).uppercased())\(name.dropFirst()) \(version)" }
}
