import Options
import Foundation
import RESP
import TestSupport
import Testing

/// The completion scripts in their shells: a line is typed, and TAB completes it.
struct ShellCompletionTests {
    private static let lines = [
        ("slotline --no-ag", "slotline --no-aggregate"),
        ("slotline --type zs", "slotline --type zset"),
        ("slotline --type=zs", "slotline --type=zset"),
        ("slotline @mas", "slotline @masters"),
        ("slotline -p 7000 GETRA", "slotline -p 7000 GETRANGE"),
        ("slotline @all GETRA", "slotline @all GETRANGE"),
        ("slotline CONFIG RESETS", "slotline CONFIG RESETSTAT"),
        ("slotline @all config RESETS", "slotline @all config RESETSTAT"),
        ("slotline -n 1 --json CLUSTER KEYS", "slotline -n 1 --json CLUSTER KEYSLOT"),
        ("slotline --profile pr", "slotline --profile prod-1"),
        ("slotline set k v ex 10 n", "slotline set k v ex 10 nx"),
        ("slotline @all CLIENT LIST TY", "slotline @all CLIENT LIST TYPE"),
        ("slotline help saf", "slotline help safety"),
        ("slotline help @hy", "slotline help @hyperloglog"),
        ("slotline hexpire k 10 nx ", "slotline hexpire k 10 nx fields"),
    ]

    /// Starts a shell without the user's files, and loads the script.
    private static func start(
        _ script: CompletionScript, _ file: String, configuration: String
    ) throws -> PseudoTerminal {
        let arguments: [ByteString]
        let commands: String
        switch script {
        case .bash:
            arguments = ["--norc", "--noprofile"]
            commands = "bind 'set bell-style none'; source \(file); PS1='ready> '\r"
        case .zsh:
            arguments = ["-f"]
            commands =
                "fpath=(\(URL(fileURLWithPath: file).deletingLastPathComponent().path) $fpath); "
                + "autoload -U compinit; compinit -u -D; unsetopt beep; PS1='ready> '\r"
        case .fish:
            arguments = ["--no-config"]
            commands =
                "source \(file); function fish_prompt; echo -n 'ready> '; end; "
                + "set -g fish_autosuggestion_enabled 0\r"
        }
        let programs = URL(fileURLWithPath: BuiltProduct.slotline).deletingLastPathComponent().path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let terminal = try PseudoTerminal(
            script.rawValue, arguments,
            environment: ["HOME": "/dev/null", "XDG_CONFIG_HOME": configuration, "PATH": "\(programs):\(path)"])
        try terminal.wait(for: "a first prompt") { !$0.cursorLine.isEmpty }
        try terminal.type(commands)
        try terminal.wait(forCursorLine: "ready>")
        return terminal
    }

    @Test(
        "A typed line is completed",
        arguments: CompletionScript.allCases) func aTypedLineIsCompleted(_ script: CompletionScript) throws
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: "slotline-completion-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // zsh finds it under this name.
        let file = folder.appending(path: "_slotline")
        try script.text.write(to: file, atomically: true, encoding: .utf8)
        try FileManager.default.createDirectory(
            at: folder.appending(path: "slotline"), withIntermediateDirectories: true)
        try "# [not]\n[dev]\n [prod-1] # mine\nseeds = [\n  \"proxy\"\n]\n".write(
            to: folder.appending(path: "slotline/config"), atomically: true, encoding: .utf8)
        let terminal = try Self.start(script, file.path, configuration: folder.path)
        for (typed, completed) in Self.lines {
            try terminal.type(typed)
            try terminal.wait(forCursorLine: "ready> \(typed.trimmingCharacters(in: .whitespaces))")
            try terminal.type("\t")
            try terminal.wait(forCursorLine: "ready> \(completed)")
            // Ctrl-U: the next one begins on an empty line.
            try terminal.type("\u{5}\u{15}")
            try terminal.wait(forCursorLine: "ready>")
        }
    }
}
