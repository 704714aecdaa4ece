import Options
import Foundation
import TestSupport
import Testing

@Suite("Completion scripts")
struct CompletionScriptTests {
    @Test("Every script knows every option", arguments: CompletionScript.allCases)
    func options(script: CompletionScript) {
        for name in OptionTable.rows.flatMap(\.names).map(\.description) {
            let spelling =
                switch script {
                case .bash, .zsh: name
                case .fish: name.hasPrefix("--") ? "-l \(name.dropFirst(2)) " : "-s \(name.dropFirst()) "
                }
            #expect(script.text.contains(spelling), "\(name)")
        }
    }

    @Test(
        "Bash completes options, their values, targets, commands and subcommands",
        arguments: [
            ("slotline --no-ag", ["--no-aggregate"]),
            ("slotline --type zs", ["zset"]),
            ("slotline -h h --type=zs", ["zset"]),
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
        ] as [(String, [String])])
    func bash(line: String, expected: [String]) throws {
        let program = """
            \(CompletionScript.bash.text)
            compopt() { :; }
            slotline() { "$PROGRAM" "$@"; }
            COMP_WORDBREAKS=$' \\t\\n"\\'@><=;|&(:'
            COMP_LINE=$1
            COMP_POINT=${#COMP_LINE}
            _slotline
            ((${#COMPREPLY[@]})) && printf '%s\\n' "${COMPREPLY[@]}"
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["--norc", "-c", program, "bash", line]
        process.environment = ProcessInfo.processInfo.environment.merging(["PROGRAM": BuiltProduct.slotline]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init) == expected)
    }
}
