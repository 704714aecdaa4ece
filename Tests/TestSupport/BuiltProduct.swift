import Foundation

/// Programs of this package, built along with the tests.
package enum BuiltProduct {
    /// The path of `slotline`, which is next to the test bundle in the build folder.
    package static let slotline = Bundle.main.bundleURL.appendingPathComponent("slotline").path
}
