package import Commands
package import RESP
package import Routing

/// Errors in the shell itself, outside of any command.
package enum CLIError: Error, Equatable, Sendable {
    case option(OptionError)
    /// `-X TAG`, but no argument matches the tag.
    case tagNotFound(ByteString)
    /// A line that cannot be split into words, and its place, unless it was typed.
    case invalidLine(TokenizerError, SourceLine?)
    /// An input that holds no commands, and where.
    case unusableInput(ProtocolError, SourceLine)
    case invalidTarget(TargetError)
    /// A second target after the first.
    case secondTarget(ByteString)
    /// A target before a shell command.
    case targetOfWord(target: ByteString, ShellWord)
    /// A target with nothing after it.
    case commandMissing(target: ByteString)
    /// A number before a command that is below 1, or too large.
    case invalidRepeat(Int)
    /// A word that starts with a colon but is not a shell command.
    case unknownWord(ByteString)
    /// A shell word that has no meaning elsewhere.
    case onlyAtPrompt(ShellWord)
    /// A last word that is close to one that chooses a format, and the ones that may have been meant.
    case unknownFormat(ByteString, near: [String])
    /// `:explain` of a word that neither the table nor the server describes, and what may have been meant.
    case unknownCommand(ByteString, at: NodeAddress, near: [String])
    /// `:explain` of a command with too few or too many arguments, and its usage.
    case wrongArgumentCount(of: String, usage: String)
    /// `:explain` of a word that is never sent to a server.
    case answeredLocally(ByteString)
    /// A shell command with too few or too many arguments, and its usage.
    case wordUsage(String)
    /// A bad value for a shell command, or nil for one that is missing; `wanted` completes "connect expects ...".
    case badValue(of: ByteString, value: ByteString?, wanted: String)
    /// A value that the preference's option would not accept either.
    case badPreference(OptionError)
    /// `:set` of something that is not a preference.
    case unknownPreference(ByteString, known: [String])
    /// `help` for something unknown, and what may have been meant.
    case noHelp(ByteString, near: [String])
    /// `:unalias` of a word that is not an alias.
    case noAlias(ByteString, near: [String])
    /// `:alias x x`, which would change nothing, and aliases that lead back to each other.
    case idleAlias(ByteString)
    /// `:alias NAME COMMAND | PROGRAM` and the like.
    case endingInAlias(ByteString)
    /// `:peek` with a negative count of a key whose type has no last elements.
    case noLastElements(ByteString, type: String)
    /// `:nodes` and `:slots` on a standalone server.
    case notACluster(NodeAddress)
    /// The same when no node reports the topology.
    case topologyUnknown(NodeAddress, reason: String)
    /// Data could not be written to stdout.
    case cannotWrite(reason: String)
    /// Data could not be written to a file that the user named.
    case cannotWriteTo(path: ByteString, reason: String)
    /// `--askpass`, but there is no password on stdin.
    case noPassword
    /// A preferences file that others may have written to.
    case untrustedFile(path: ByteString)
    /// The shell cannot edit lines on this terminal.
    case noEditor
    /// `restart`, which only redis-cli's script debugger supports.
    case notDebugging
    /// A tool got an error reply.
    case toolRefused(error: String)
    /// A file that the user named could not be opened; the system's reason.
    case cannotOpen(path: ByteString, reason: String)
    /// The TLS options cannot be used; which one, and why.
    case unusableEncryption(reason: String)
    /// A file of commands or a load that has a MULTI but no EXEC; nil for MULTI on the command line.
    case endsInTransaction(file: String?)
    /// `--resume` names a file that is not a checkpoint.
    case noCheckpoint(path: ByteString)
    /// A checkpoint written by an older slotline, which did not record the session's state.
    case oldCheckpoint(path: ByteString)
    /// The input authenticated as a user before the checkpoint, and the command line does not.
    case checkpointNeedsUser(path: ByteString, user: ByteString)
    /// A load can no longer record its progress or its failed commands; the system's reason.
    case cannotKeep(path: ByteString, reason: String)
    /// A load cannot continue within a line, of which it has run the beginning.
    case extendedLine(file: String)
    /// The checkpoint belongs to a load of different input.
    case otherInput(path: ByteString)
    /// `--playground`: neither redis-server nor valkey-server is on PATH.
    case serverNotInstalled
    /// `--server` names a program that is not on PATH.
    case serverNotFound(ByteString)
    /// `--server` names a file that is not a program, or that the user may not run; the system's reason, and what may
    /// have been meant.
    case cannotRun(path: ByteString, reason: String, near: [String] = [])
    /// `--playground`: the cluster did not start.
    case playgroundFailed(reason: String)
}

extension CLIError {
    /// - Parameter place: the place of the line; nil unless it comes from a file.
    package init(_ error: LineError, at place: SourceLine?) {
        switch error {
        case .invalid(let error): self = .invalidLine(error, place)
        case .invalidCount(let count): self = .invalidRepeat(count)
        case .invalidTarget(let error): self = .invalidTarget(error)
        case .secondTarget(let target): self = .secondTarget(target)
        case .targetOfWord(let target, let word): self = .targetOfWord(target: target, word)
        case .commandMissing(let target): self = .commandMissing(target: target)
        case .unknownWord(let word): self = .unknownWord(word)
        case .endingInAlias(let name): self = .endingInAlias(name)
        case .unknownFormat(let word, let near): self = .unknownFormat(word, near: near)
        case .wrongArguments(let word): self = .wordUsage(word.usage)
        }
    }
}

/// A line in a file of commands.
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
