/// How long a test waits for something that must come before it fails: a busy machine takes a multiple of the usual
/// time.
package let patience = Duration.seconds(60)
