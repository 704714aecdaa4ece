import Foundation
import RESP
import TestSupport
import Testing

/// Foreign text, and what other programs get to see.
struct TrustTests {
    @Test("Text from a server does not control the terminal, neither as data nor in messages")
    func foreignText() throws {
        let shell = try ShellOnTerminal()
        let status = #"return redis.status_reply('x\27[31my')"#
        let error = #"return redis.error_reply('x\27[31my')"#
        for script in [status, error] {
            try shell.enter("EVAL \"\(script.replacing("\\", with: "\\\\"))\" 0", andWaitFor: #"x\x1b[31my"#)
        }
        try shell.enter(":source \"\(shell.home)/no\\x1b[31m\"", andWaitFor: #"no\x1b[31m"#)
        try shell.enter(#":set pager "cat\x1b[31m""#, andWaitFor: shell.prompt)
        try shell.enter(":set pager", andWaitFor: #":set pager cat\x1b[31m"#)
    }

    @Test("Names of files that Tab lists do not control it either")
    func fileNames() throws {
        let shell = try ShellOnTerminal()
        for name in ["a\u{1b}[31mone", "a\u{1b}[31mtwo"] {
            try Data().write(to: URL(filePath: "\(shell.home)/\(name)"))
        }
        try shell.type(":source \(shell.home)/a" + Key.tab + Key.tab)
        try shell.terminal.wait(forText: #"\x1b[31mtwo"#)
    }

    @Test("Preferences that others may write are not read; those with a byte order mark are")
    func preferences() throws {
        let shell = try ShellOnTerminal(preferences: "\u{feff}alias hello PING\n")
        try shell.enter("hello", andWaitFor: "PONG")
        let path = "\(shell.home)/.slotlinerc"
        for (mode, isRead) in [(0o666, false), (0o620, false), (0o644, true)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let terminal = try PseudoTerminal(
                BuiltProduct.slotline, ["-p", ByteString("\(shell.server.port)")],
                environment: ["HOME": shell.home, "SLOTLINE_RCFILE": "", "SLOTLINE_HISTFILE": ""])
            try terminal.wait(forCursorLine: shell.prompt)
            let words = terminal.screen.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(words.contains("was not read") != isRead)
        }
    }

    @Test("A program in a pipe sees neither the password nor the descriptors that slotline inherited")
    func children() throws {
        let descriptor = open("/dev/null", O_RDONLY)
        let inherited = fcntl(descriptor, F_DUPFD, 77)
        defer { for number in [descriptor, inherited] { close(number) } }
        let shell = try ShellOnTerminal(environment: ["REDISCLI_AUTH": "", "VALKEYCLI_AUTH": ""])
        try shell.enter(
            "PING | cat; env | grep -c CLI_AUTH; test -e /dev/fd/77 || echo none", andWaitFor: "PONG\n0\nnone")
    }

    @Test("A failed write is reported as such")
    func failedWrite() throws {
        let shell = try ShellOnTerminal()
        try shell.enter("PING > /dev/full", andWaitFor: "Cannot write \"/dev/full\": No space left on device.")
    }
}
