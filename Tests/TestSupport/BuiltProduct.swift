import Foundation

/// Programs of this package, built along with the tests.
package enum BuiltProduct {
    /// The path of `slotline`: it lies beside the bundle of the tests, in the build folder.
    package static let slotline = Bundle.main.bundleURL.appendingPathComponent("slotline").path
}
