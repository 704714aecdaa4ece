package import RESP

/// Where the user wants a command to run: the word that starts with `@`.
package enum Target: Hashable, Sendable {
    case all, masters, replicas, random
    case address(host: String, port: Int)
    /// The node that listens on this port, or whose 40-digit ID starts with these digits.
    case nodeID(prefix: String)
    /// The owner of the slot.
    case slot(HashSlot)
    /// The owner of the key's slot.
    case key(ByteString)

    /// How targets are written, and where each leads.
    package static let forms: [(form: StaticString, meaning: StaticString)] = [
        ("@all", "all nodes, replicas included"),
        ("@masters", "all masters"),
        ("@replicas", "all replicas"),
        ("@random", "one node, chosen at random"),
        ("@HOST:PORT", "that node; IPv6 addresses in brackets"),
        ("@PORT", "the node that listens on that port"),
        ("@ID", "the node whose ID begins with these digits"),
        ("@slot:N", "the master that owns the slot"),
        ("@key:K", "the master that owns the slot of the key"),
    ]

    /// The forms, separated by commas.
    package static var listOfForms: String { forms.map { "\($0.form)" }.joined(separator: ", ") }

    /// The fixed start of each form, and what it means; the rest comes after the colon.
    package static let completions: [(word: String, meaning: String)] = [
        ("@all", "every node"), ("@masters", "every master"), ("@replicas", "every replica"),
        ("@random", "any one node"), ("@slot:", "the owner of slot N"), ("@key:", "the owner of the slot of key K"),
    ]

    package static var words: [String] { completions.map(\.word) }

    /// True when the target can be many nodes, so that the reply is a per-node dictionary.
    package var isManyNodes: Bool {
        switch self {
        case .all, .masters, .replicas: true
        case .random, .address, .nodeID, .slot, .key: false
        }
    }

    /// True when the word is meant as a target: it starts with `@` and does not end there.
    package static func isTarget(_ word: ByteString) -> Bool {
        word.count > 1 && word.hasPrefix("@")
    }

    /// Parses one of the ``forms``; an IPv6 address is in brackets.
    ///
    /// - Throws: ``TargetError`` when the word is none of them.
    package init(parsing word: ByteString) throws(TargetError) {
        let name = word.dropFirst(1)
        switch name {
        case _ where name.matches("all"): self = .all
        case _ where name.matches("masters"): self = .masters
        case _ where name.matches("replicas"): self = .replicas
        case _ where name.matches("random"): self = .random
        case _ where ByteString(name.bytes.prefix(4)).matches("key:"): self = .key(name.dropFirst(4))
        case _ where ByteString(name.bytes.prefix(5)).matches("slot:"):
            guard let slot = name.dropFirst(5).integer.flatMap(HashSlot.init) else { throw .notASlot(word) }
            self = .slot(slot)
        default:
            let text = name.text
            if let (host, port) = Self.splitAddress(text) {
                self = .address(host: host, port: port)
            } else if 1...40 ~= text.utf8.count, text.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) {
                self = .nodeID(prefix: text.lowercased())
            } else {
                throw .unknown(word)
            }
        }
    }

    /// Splits `host:port` at the last colon and removes the brackets from an IPv6 address; nil when it has another
    /// form.
    package static func splitAddress(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")),
            let port = Self.port(text[text.utf8.index(after: colon)...])
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return host.isEmpty ? nil : (String(host), port)
    }

    /// A TCP port, 1 to 65535, in decimal digits only.
    package static func port(_ text: some StringProtocol) -> Int? {
        guard text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let port = Int(text), 1...65535 ~= port else { return nil }
        return port
    }
}

/// A word that starts with `@` and is not a target.
package enum TargetError: Error, Hashable, Sendable {
    case unknown(ByteString)
    /// `@slot:` without a number from 0 to 16383.
    case notASlot(ByteString)
}
