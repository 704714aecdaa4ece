/// An error reply, split into its code and the rest: `MOVED` and `3999 127.0.0.1:6381`.
package struct ServerError: Hashable, Sendable {
    package let code: ByteString
    package let message: ByteString

    /// - Parameter payload: the error's text without the type byte, such as `ERR syntax error`.
    package init(_ payload: some Collection<UInt8>) {
        let space = payload.firstIndex(of: UInt8(ascii: " ")) ?? payload.endIndex
        code = ByteString(payload[..<space])
        message = ByteString(payload[space...].dropFirst())
    }

    /// Code and message as the server sent them.
    package var text: String { message.isEmpty ? code.text : "\(code.text) \(message.text)" }
}
