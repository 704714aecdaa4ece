package import Commands
package import RESP
package import Routing

/// What goes wrong in the shell itself, before or beside any command.
package enum CLIError: Error, Equatable, Sendable {
    case option(OptionError)
    /// `-X TAG`, and no argument is the tag.
    case tagNotFound(ByteString)
    /// `--unblock` of something that is not blocked or cannot be lifted.
    case notLiftable(ByteString)
    /// A line that cannot be split into words; where it stands unless it was typed.
    case invalidLine(TokenizerError, SourceLine?)
    case invalidTarget(TargetError)
    /// A target with nothing behind it.
    case commandMissing(target: ByteString)
    /// A number below 1 in front of a command.
    case invalidRepeat(Int)
    /// A word that begins with a colon and is none of the shell's.
    case unknownWord(ByteString)
    /// One of the shell's words with too few or too many arguments; how it is written.
    case wordUsage(String)
    /// What a preference or one of the shell's words is given; `wanted` completes "timing wants ...".
    case badValue(of: ByteString, value: ByteString, wanted: String)
    /// `:set` of something that is no preference.
    case unknownPreference(ByteString, known: [String])
    /// `help` for something that is no command and no group.
    case noHelp(ByteString)
    /// `:nodes` and `:slots` on a standalone server.
    case notACluster(NodeAddress)
    /// Data could not be written to stdout.
    case cannotWrite(reason: String)
    /// The shell cannot edit lines on this terminal.
    case noEditor
    /// `restart`, a word of redis-cli's script debugger.
    case notDebugging
    /// A measuring mode met an error reply.
    case toolRefused(error: String)
    /// A file of the user's; the system's reason.
    case cannotOpen(path: ByteString, reason: String)
    /// A file of commands or a load that has a MULTI without its EXEC.
    case endsInTransaction(file: String)
    /// `--resume` names a file that is no checkpoint.
    case noCheckpoint(path: ByteString)
    /// The checkpoint of a slotline that did not note the state of the session.
    case oldCheckpoint(path: ByteString)
    /// The input has authenticated as a user before the checkpoint's place, and the command line does not.
    case checkpointNeedsUser(path: ByteString, user: ByteString)
    /// A load cannot note what it has to; the system's reason.
    case cannotKeep(path: ByteString, reason: String)
    /// The checkpoint is that of a load of another input.
    case otherInput(path: ByteString)
    /// `--playground`: neither redis-server nor valkey-server is on PATH.
    case serverNotInstalled
    /// `--playground`: the cluster did not come up.
    case playgroundFailed(reason: String)
}

extension CLIError {
    /// - Parameter place: of the line; nil unless it comes from a file.
    package init(_ error: LineError, at place: SourceLine?) {
        switch error {
        case .invalid(let error): self = .invalidLine(error, place)
        case .invalidCount(let count): self = .invalidRepeat(count)
        case .invalidTarget(let error): self = .invalidTarget(error)
        case .commandMissing(let target): self = .commandMissing(target: target)
        case .unknownWord(let word): self = .unknownWord(word)
        case .wrongArguments(let word): self = .wordUsage(word.usage)
        }
    }
}

/// A line of a file of commands.
package struct SourceLine: Hashable, Sendable, CustomStringConvertible {
    /// The file's path, or `stdin`.
    package let file: String
    /// Counts from 1.
    package let number: Int

    package init(file: String, number: Int) {
        self.file = file
        self.number = number
    }

    package var description: String { "\(file):\(number)" }
}
