import Commands
import RESP

/// A server's own check of a command's arguments: the command is sent with keys that do not exist, all in one slot, and
/// in a transaction, where it cannot block. It changes nothing.
struct ArgumentCheck: Sendable {
    let request: Request

    /// - Parameters:
    ///   - keys: the indexes of the keys among the arguments.
    ///   - slot: the slot of the missing keys.
    init(of arguments: [ByteString], keys: [Int], in slot: HashSlot, _ privateKeys: inout PrivateKeys) {
        var arguments = arguments
        for index in keys { arguments[index] = privateKeys.next("missing", in: slot) }
        request = Request(TransactionBlock([arguments]), in: slot, isReadonly: true)
    }
}
