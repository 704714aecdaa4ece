import Glibc

/// Owns a file descriptor and closes it once.
package struct FileDescriptor: ~Copyable {
    package let number: Int32

    package init(_ number: Int32) {
        self.number = number
    }

    deinit {
        close(number)
    }
}
