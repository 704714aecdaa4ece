import Options
import Foundation
import TestSupport
import Testing

@Suite("Completion scripts")
struct CompletionScriptTests {
    @Test("Every script knows every option", arguments: CompletionScript.allCases)
    func options(script: CompletionScript) {
        let text = script.text
        for name in OptionTable.rows.flatMap(\.names).map(\.description) {
            let spelling =
                switch script {
                case .bash, .zsh: name
                case .fish: name.hasPrefix("--") ? "-l \(name.dropFirst(2)) " : "-s \(name.dropFirst()) "
                }
            #expect(text.range(of: spelling, options: .literal) != nil, "\(name)")
        }
    }

    private static let bashLines: [(line: String, expected: [String])] = [
        ("slotline --no-ag", ["--no-aggregate"]),
        ("slotline --type zs", ["zset"]),
        ("slotline -h h --type=zs", ["zset"]),
        ("slotline --unblock wat", ["watch"]),
        ("slotline @mas", ["@masters"]),
        ("slotline @slot", ["@slot:"]),
        ("slotline --type=", ["list", "hash", "string", "stream", "set", "zset"]),
        ("slotline -p 7000 GETRA", ["GETRANGE"]),
        ("slotline getra", ["getrange"]),
        ("slotline @all GETRA", ["GETRANGE"]),
        ("slotline -n GETRA", []),
        ("slotline CONFIG RESET", ["RESETSTAT"]),
        ("slotline -x config reset", ["resetstat"]),
        ("slotline @all CONFIG RESET", ["RESETSTAT"]),
        ("slotline CONFIG GET RESET", []),
        ("slotline SET --no-ag", []),
        ("slotline SET k v KE", ["KEEPTTL"]),
        ("slotline -p 7000 @all set k v ex 10 n", ["nx"]),
        ("slotline ACL SETUS", ["SETUSER"]),
        ("slotline help rou", ["routing"]),
        ("slotline :explain --a", []),
        ("slotline :explain hgeta", ["hgetall"]),
    ]

    /// A single bash completes all lines, since reading the script takes longest.
    @Test("Bash completes options, their values, targets, commands and subcommands")
    func bash() throws {
        let program = """
            \(CompletionScript.bash.text)
            compopt() { :; }
            slotline() { "$PROGRAM" "$@"; }
            COMP_WORDBREAKS=$' \\t\\n"\\'@><=;|&(:'
            for COMP_LINE; do
                COMP_POINT=${#COMP_LINE}
                COMPREPLY=()
                _slotline
                printf '%s\\n' "${COMPREPLY[*]}"
            done
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["--norc", "-c", program, "bash"] + Self.bashLines.map(\.line)
        process.environment = ProcessInfo.processInfo.environment.merging(["PROGRAM": BuiltProduct.slotline]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let completions = String(decoding: output, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(completions.count == Self.bashLines.count + 1)
        for ((line, expected), completed) in zip(Self.bashLines, completions) {
            #expect(completed.split(separator: " ").map(String.init) == expected, "\(line)")
        }
    }
}
