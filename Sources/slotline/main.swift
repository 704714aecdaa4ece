import Glibc
import RESP
import Shell

// Arguments may be any bytes, which `CommandLine.arguments` would not keep.
let arguments = (0..<Int(CommandLine.argc)).compactMap { index in
    CommandLine.unsafeArgv[index].map { ByteString(cString: $0) }
}
exit(App.run(arguments: arguments))
