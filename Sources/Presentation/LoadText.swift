package import Commands
package import RESP
package import Routing

/// What a bulk load prints for its user.
package enum LoadText {
    /// How the commands of a load fared.
    package struct Counts: Sendable {
        package var succeeded = 0
        package var failed = 0
        /// Commands that may or may not have run.
        package var unknown = 0
        /// Commands that were sent more than once.
        package var retried = 0

        package init() {}

        package var all: Int { succeeded + failed + unknown }
    }

    /// A command that failed, without the line feed.
    ///
    /// - Parameters:
    ///   - line: 0 for input without lines.
    ///   - command: what may be shown of it; empty for input that is not a command.
    ///   - node: nil if the command reached none.
    package static func failure(
        file: String, line: Int, offset: Int, command: String, node: NodeAddress?, reason: String
    ) -> String {
        let place = place(file: file, line: line, offset: offset)
        let command = command.isEmpty ? [] : [command]
        let node = node.map { [$0.description] } ?? []
        return ([place] + command + node + [reason]).joined(separator: ": ")
    }

    /// Where a load stopped before the end of its input, without the line feed.
    ///
    /// - Parameter line: 0 for input without lines.
    package static func stopped(file: String, line: Int, offset: Int) -> String {
        "\(place(file: file, line: line, offset: offset)): stopped; nothing from here on was loaded"
    }

    /// Why a resumed load had nothing to do, without the line feed.
    package static func completed(file: String, checkpoint: ByteString) -> String {
        "\(file) was loaded completely already, according to \(checkpoint.text). To load it again, delete that file."
    }

    /// What becomes of commands that no server has carried out, at the end of a load that can be resumed; without the
    /// line feed.
    package static func undone(_ count: Int) -> String {
        "\(count.of("command")) \(count == 1 ? "was" : "were") not carried out: the same command line, run again, "
            + "continues with \(count == 1 ? "it" : "them")."
    }

    /// The commands that were lost at a node besides one that was reported, without the line feed.
    ///
    /// - Parameters:
    ///   - line: of the last of them; 0 for input without lines.
    ///   - node: nil if there was none.
    package static func more(
        _ count: Int, file: String, line: Int, offset: Int, node: NodeAddress?, reason: String
    ) -> String {
        let last = (count == 1 ? "" : "the last ") + (line > 0 ? "on line \(line)" : "at byte \(offset)")
        let node = node.map { [$0.description] } ?? []
        return
            ([file] + node + [
                "\(count) more \(count == 1 ? "command was" : "commands were") not carried out (\(last))", reason,
            ])
            .joined(separator: ": ")
    }

    /// What to do about commands that were counted and not shown, without the line feed.
    package static let waysToKeep =
        "Next time, --reject FILE keeps such commands, and --resume FILE continues with those that were not carried out."

    /// Where a command is in the input.
    ///
    /// - Parameter line: 0 for input without lines.
    package static func place(file: String, line: Int, offset: Int) -> String {
        line > 0 ? "\(file):\(line)" : "\(file): byte \(offset)"
    }

    /// Why EXEC replied with nil.
    package static let watchedKeyChanged = "a watched key changed, so the transaction was not executed"

    /// What to do about a line that a load sends to a server, where a file would repeat it or run a shell command.
    package static let needsShell =
        "Repeat counts and slotline's own words, such as :set, need a file without --pipe."

    /// Why a file is not written to.
    package static let isLink = "it is a symbolic link"
    package static let isForeign = "it belongs to another user"
    package static let isInput = "it is the input of this load"
    package static let isRejectFile = "--reject keeps commands in it"

    /// Printed when all input has been sent. These are redis-cli's own words, which scripts look for, as are those of
    /// ``silence(_:)`` and the last lines of ``report(_:seconds:isAnswered:in:)``.
    package static let transferred = "All data transferred. Waiting for the last reply...\n"

    /// Printed when a load stops waiting for replies, without the line feed.
    package static func silence(_ seconds: Double) -> String {
        "No replies for \(seconds.shortText) seconds: exiting."
    }

    /// The end of a load.
    package static func report(_ counts: Counts, seconds: Double, isAnswered: Bool, in dialect: Dialect) -> String {
        let rate = Int((Double(counts.all) / max(seconds, 0.001)).rounded())
        let ours =
            "commands: \(counts.all), ok: \(counts.succeeded), failed: \(counts.failed), retried: \(counts.retried), "
            + "unknown: \(counts.unknown); \(rate) per second\n"
        return (dialect.hasOwnLoadReport ? ours : "") + (isAnswered ? "Last reply received from server.\n" : "")
            + "errors: \(counts.failed + counts.unknown), replies: \(counts.all)\n"
    }

    /// The progress line shown on a terminal during a load.
    ///
    /// - Parameters:
    ///   - share: the part of the input that has been read, 0 to 1; nil if its size is unknown.
    ///   - rate: recent commands per second.
    package static func progress(_ counts: Counts, share: Double?, rate: Int, seconds: Double) -> String {
        var parts: [String] = []
        if let share { parts.append("\(Int(share * 100))%") }
        parts += [counts.all.of("command"), "\(rate)/s", (counts.failed + counts.unknown).of("error")]
        if let share, share > 0 {
            let left = Int((seconds / share - seconds).rounded(.up))
            let (minutes, rest) = left.quotientAndRemainder(dividingBy: 60)
            parts.append("\(minutes):\(rest < 10 ? "0" : "")\(rest) left")
        }
        return parts.joined(separator: "  ")
    }
}

extension Quoting {
    /// The words, whatever bytes they hold, as a line for a file of commands, without the line feed.
    package static func line(_ words: [ByteString]) -> [UInt8] {
        var line: [UInt8] = []
        for word in words {
            if !line.isEmpty { line.append(0x20) }
            let isPlain =
                !word.isEmpty
                && word.bytes.allSatisfy { 0x23...0x7e ~= $0 && $0 != UInt8(ascii: "'") && $0 != UInt8(ascii: "\\") }
            // A line that starts like this is a comment or RESP.
            let isMark = line.isEmpty && word.bytes.first.map("#*$".utf8.contains) ?? false
            if isPlain, !isMark {
                line += word.bytes
            } else {
                Quoting.ascii.append(word.bytes[...], to: &line)
            }
        }
        return line
    }
}
