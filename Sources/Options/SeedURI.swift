package import Presentation
package import RESP

/// The value of `-u`: `redis://[[user:]password@]host[:port][,host[:port]...][/database]`, or `valkey://`; `rediss://`
/// or `valkeys://` for TLS.
///
/// User and password may be percent-encoded. Without a colon the user info is the password; an empty user means none.
/// An IPv6 address is in brackets. Missing parts are nil.
package struct SeedURI {
    package struct Address: Equatable {
        package var host: String?
        package var port: Int?
    }

    package let user: ByteString?
    package let password: ByteString?
    /// A range of the bytes of the whole URI.
    let placeOfPassword: Range<Int>
    package let addresses: [Address]
    package let database: Int?
    /// True for a scheme that asks for TLS.
    package let isEncrypted: Bool

    package init(_ value: OptionValue) throws(OptionError) {
        var rest: ArraySlice<UInt8>
        (isEncrypted, rest) = try Self.withoutScheme(value.bytes)
        // The last one, so that a password may hold an unescaped `@`.
        if let at = rest.lastIndex(of: UInt8(ascii: "@")) {
            let userInfo = rest[..<at]
            (user, password) = try Self.credentials(userInfo)
            let start = userInfo.firstIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? userInfo.startIndex
            placeOfPassword = start..<at
            rest = rest[(at + 1)...]
        } else {
            (user, password) = (nil, nil)
            placeOfPassword = 0..<0
        }
        let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        let path = rest[slash...].dropFirst()
        if path.isEmpty {
            database = nil
        } else {
            database = try OptionValue(option: value.option, bytes: ByteString(path))
                .integer(atLeast: 0, wanted: "a database number after the address")
        }
        var addresses: [Address] = []
        for text in rest[..<slash].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            addresses.append(try Self.address(OptionValue(option: value.option, bytes: ByteString(text))))
        }
        self.addresses = addresses
    }

    private static func withoutScheme(
        _ uri: ByteString
    ) throws(OptionError) -> (isEncrypted: Bool, rest: ArraySlice<UInt8>) {
        guard let colon = uri.bytes.firstIndex(of: UInt8(ascii: ":")),
            uri.bytes[(colon + 1)...].starts(with: "//".utf8)
        else { throw .badURIScheme }
        let scheme = ByteString(uri.bytes[..<colon])
        let isEncrypted = scheme.matches("rediss") || scheme.matches("valkeys")
        guard isEncrypted || scheme.matches("redis") || scheme.matches("valkey") else { throw .badURIScheme }
        return (isEncrypted, uri.bytes[(colon + 3)...])
    }

    private static func credentials(
        _ userInfo: ArraySlice<UInt8>
    ) throws(OptionError) -> (user: ByteString?, password: ByteString?) {
        guard !userInfo.isEmpty else { return (nil, nil) }
        guard let colon = userInfo.firstIndex(of: UInt8(ascii: ":")) else { return (nil, try decoded(userInfo)) }
        let user = try decoded(userInfo[..<colon])
        let password = try decoded(userInfo[(colon + 1)...])
        return (user.isEmpty ? nil : user, user.isEmpty && password.isEmpty ? nil : password)
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) throws(OptionError) -> ByteString {
        var decoded: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            if rest.isEmpty { throw .incompleteURIEncoding }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy(\.isHexDigit),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw .badURIEncoding }
            decoded.append(value)
            rest.removeFirst(2)
        }
        return ByteString(decoded)
    }

    /// Reads `host`, `host:port`, `:port`, `[v6]`, `[v6]:port`, or nothing at all.
    private static func address(_ value: OptionValue) throws(OptionError) -> Address {
        let bytes = value.bytes.bytes
        let malformed = OptionError.badURIAddress(option: value.option)
        let host: ArraySlice<UInt8>
        let rest: ArraySlice<UInt8>
        if bytes.first == UInt8(ascii: "[") {
            guard let close = bytes.firstIndex(of: UInt8(ascii: "]")), close > 1 else { throw malformed }
            host = bytes[1..<close]
            rest = bytes[(close + 1)...]
        } else {
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            host = bytes[..<colon]
            rest = bytes[colon...]
        }
        guard rest.isEmpty || rest.first == UInt8(ascii: ":"), !rest.dropFirst().contains(UInt8(ascii: ":")) else {
            throw malformed
        }
        var port: Int?
        if !rest.isEmpty {
            guard let number = ByteString(rest.dropFirst()).integer, 1...65535 ~= number else { throw malformed }
            port = number
        }
        return Address(host: host.isEmpty ? nil : ByteString(host).text, port: port)
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool { Character(UnicodeScalar(self)).isHexDigit }
}
