import Commands
import Options
import Presentation
import RESP
import Routing
import Testing

@Suite("Profiles")
struct ProfileTests {
    private static let file = """
        \u{feff}# Comments, blank lines, and the ends of lines of Windows.\r
        [prod]\r
        seeds = ["10.0.0.5:7000",
            'redis://10.0.0.6', # the second
        ]
        port = 7001
        tls = true
        cacert = "~/ca.crt"
        user = 'a\\b "c"'
        pass-command = "echo \\"two words\\""
        retry-for = 5
        unblock = [watch, "script_kill"]
        read-only = false
        confirm = name
        prompt-color = red

          [ipv6]
        host="::1"
        pass = "sesame"
        """

    private func parse(
        _ words: [ByteString] = ["--profile", "prod"], _ environment: [String: ByteString] = [:],
        file: String = Self.file,
        isExposed: Bool = false
    ) throws(OptionError) -> Configuration {
        try ShellTests.parse(
            words, environment: environment.merging(["HOME": "/h"]) { $1 }, profiles: file, isExposed: isExposed)
    }

    @Test("Each setting is the option of the same name")
    func settings() throws {
        let prod = try parse()
        #expect(prod.seeds.map(\.description) == ["10.0.0.5:7000", "10.0.0.6:7001"])
        #expect(prod.tls?.authorityFile == "/h/ca.crt")
        #expect(prod.user == #"a\b "c""#)
        #expect(prod.passwordOrigin == .command(#"echo "two words""#, longestAge: 600))
        #expect(prod.retryTime == 5)
        #expect(prod.unblocked == ["WATCH", "SCRIPT KILL"])
        #expect(!prod.isReadOnly)
        #expect(prod.confirmation == .name)
        #expect(prod.profile == "prod")
        #expect(prod.promptColor == 31)
        #expect(prod.warnings.isEmpty)
        let other = try parse(["--profile", "ipv6"])
        #expect(other.seeds.map(\.description) == ["[::1]:6379"])
        #expect(other.password == "sesame")
        #expect(other.warnings.isEmpty)
        #expect(other.secret == nil)
        #expect(try parse([]).seeds.map(\.description) == ["127.0.0.1:6379"])
    }

    @Test(
        "A setting without a value is on or off",
        arguments: [("true", true), ("YES", true), ("on", true), ("False", false), ("no", false), ("\"off\"", false)])
    func truth(text: String, isOn: Bool) throws {
        #expect(try parse(["--profile", "a"], file: "[a]\nread-only = \(text)").isReadOnly == isOn)
    }

    @Test("Options override the profile, wherever they are; server and password are each replaced as a whole")
    func precedence() throws {
        let changed = try parse(["--retry-for", "7", "-h", "a", "--profile", "prod", "--pass-file", "f", "--yes"])
        #expect(changed.retryTime == 7)
        #expect(changed.seeds.map(\.description) == ["a:7001"])
        #expect(changed.passwordOrigin == .file("f"))
        #expect(changed.confirmation == .none)
        #expect(
            try parse(["-p", "9", "--profile", "prod"]).seeds.map(\.description) == ["10.0.0.5:7000", "10.0.0.6:9"])
        let variable = try parse(["--profile", "prod"], ["REDISCLI_AUTH": "word"])
        #expect(variable.password == "word")
        #expect(variable.passwordOrigin == nil)
        let option = try parse(["--profile", "prod", "-a", "x"], ["REDISCLI_AUTH": "word"])
        #expect(option.password == "x")
        #expect(option.passwordOrigin == nil)
        #expect(option.secret?.argument == 4)
        #expect(try parse(["--profile", "ipv6", "--askpass"]).asksPassword)
        let file = "[a]\nmap = ['a:*=b:*', 'c:*=d:*']\none-endpoint = true\n"
        let mapped = try parse(["--profile", "a", "--map-to-seed", "--map", "a:*=e:*"], file: file).addresses
        #expect(mapped.rules == ["a:*=e:*", "a:*=b:*", "c:*=d:*"].compactMap { AddressMap.Rule($0) })
        #expect(mapped.otherwise == .atSeed)
        #expect(try parse(["--profile", "a", "--map-to-seed"], file: file).addresses.rules.count == 2)
        #expect(try parse(["--profile", "ipv6", "--profile", "prod"]).profile == "prod")
    }

    @Test(
        "A mistake is reported with its line and what is expected",
        arguments: [
            ("a = 1", "config:1: expected a section such as [prod] before the first setting."),
            ("[a", "config:1: expected a section such as [prod]."),
            ("[]", "config:1: expected a section such as [prod]."),
            ("[a] b", "config:1: expected a section such as [prod]."),
            ("[a]\n\n[a]", "config:3: expected only one section [a]."),
            ("[a]\nport 7", "config:2: expected NAME = VALUE."), ("[a]\n= 7", "config:2: expected NAME = VALUE."),
            ("[a]\nport =", "config:2: expected a value."), ("[a]\nport = [,]", "config:2: expected a value."),
            ("[a]\nport = 7\nport = 8", "config:3: expected only one port in a section."),
            ("[a]\nuser = \"x\n", "config:2: expected a closing quote on the same line as the opening one."),
            ("[a]\nseeds = [\na", "config:3: expected a comma or ] after the value."),
            ("[a]\nseeds = [\na,", "config:3: expected ] at the end of the list."),
            (
                "[a]\nuser = a b",
                "config:2: expected the end of the line after the value (quote text that contains spaces)."
            ),
            (
                "[a]\nuser = \"\\d\"",
                #"config:2: expected \", \\, \n or \t after a backslash (text in single quotes is taken literally)."#
            ),
            (
                "[a]\nread-only = ture",
                "config:2: Option read-only expects true, false, yes, no, on or off, not 'ture'. Did you mean true?"
            ),
            (
                "[a]\nseeds = [b,\n\nhttp://c]",
                "config:4: Invalid URI scheme: use redis:// or valkey:// with -u, or rediss:// or valkeys:// for TLS."
            ),
            ("[a]\nport = x", "config:2: Option port expects a port from 1 to 65535, not 'x'."),
            ("[a]\nurl = a:1", "config:2: unknown setting 'url'. Did you mean seeds?"),
            ("[a]\nu = a:1", "config:2: unknown setting 'u'. Did you mean seeds?"),
            ("[a]\npassword = x", "config:2: unknown setting 'password'. Did you mean pass?"),
            ("[a]\nusr = x", "config:2: unknown setting 'usr'. Did you mean user?"),
            ("[b]\n[c]", "No profile 'a' in config. Profiles: b, c."),
            ("[b]\nport\n[c]\nscan = 1", "No profile 'a' in config. With mistakes: b, c."),
            ("[aa]\n[b]\n[b]", "No profile 'a' in config. Profiles: aa. With mistakes: b."),
            ("[a]\nseeds = [x\n[b]", "config:3: expected a comma or ] after the value."),
            ("[b]\nport = 7\n[", "config:3: expected a section such as [prod]."),
            ("", "No profile 'a' in config, which has no profiles yet."),
        ])
    func mistakes(file: String, expected: String) {
        do {
            _ = try parse(["--profile", "a", "PING"], file: file)
            Issue.record("accepted")
        } catch {
            #expect(error.message(in: .slotline) == expected)
            #expect(error.message(in: .redisCLI) == expected)
        }
    }

    @Test(
        "A mistake in one profile does not concern another",
        arguments: [
            "port 7", "port = 7\nport = 8", "nosuch = 1", "seeds = [b:1,", "user = \"x", "user = a b\npass = x",
            "read-only = maybe", "port = 1\n[b]\nport = 2",
        ])
    func otherMistakes(lines: String) throws {
        for file in ["[b]\n\(lines)\n[a]\nport = 9\n", "[a]\nport = 9\n[b]\n\(lines)\n"] {
            #expect(try parse(["--profile", "a"], file: file).seeds.map(\.port) == [9])
            #expect(throws: OptionError.self) { try parse(["--profile", "b"], file: file) }
        }
    }

    @Test("The settings are named where none is similar")
    func unknownSetting() throws {
        do {
            _ = try parse(["--profile", "a"], file: "[a]\nscan = true")
            Issue.record("accepted")
        } catch {
            let message = error.message(in: .slotline)
            #expect(message.hasPrefix("config:2: unknown setting 'scan'. Settings: "))
            for key in OptionTable.rows.compactMap(\.profileKey) { #expect(message.contains(key)) }
        }
    }

    @Test(
        "A file that others can read may hold no password, in any section, only a command for one",
        arguments: [
            ("[a]\n[b]\npass = x", false), ("[a]\n[b]\nport\npass = x", false), ("[a]\nseeds = 'redis://:x@h'", false),
            ("[a]\nseeds = 'x@h:1'", false),
            ("[a]\npass-command = x", true), ("[a]\nseeds = h", true),
        ])
    func exposed(file: String, isFine: Bool) throws {
        if isFine {
            _ = try parse(["--profile", "a"], file: file, isExposed: true)
        } else {
            let place = SourceLine(file: "config", number: file.split(separator: "\n").count)
            #expect(throws: OptionError.exposedPassword(place)) {
                try parse(["--profile", "a"], file: file, isExposed: true)
            }
            #expect(throws: Never.self) { try parse(["--profile", "a"], file: file) }
        }
    }

    @Test("--explain-config shows each effective setting and its source, but no password")
    func explained() throws {
        let configuration = try parse(
            [
                "--profile", "prod", "--explain-config", "--retry-for", "7", "-u", "redis://u:sesame@h/2", "--unblock",
                "watch",
            ],
            ["REDISCLI_AUTH": "hidden"])
        #expect(configuration.mode == .explainConfiguration)
        let rows = configuration.explanation?.table.rows
        #expect(
            rows == [
                ["port", "7001", "config:6"], ["tls", "true", "config:7"], ["cacert", "/h/ca.crt", "config:8"],
                ["user", #"a\\b \"c\""#, "config:9"], ["unblock", "watch", "config:12"],
                ["unblock", "script_kill", "config:12"], ["confirm", "name", "config:14"],
                ["prompt-color", "red", "config:15"], ["retry-for", "7", "command line, --retry-for"],
                ["seeds", "redis://u:********@h/2", "command line, -u"],
                ["unblock", "watch", "command line, --unblock"],
            ])
        let other = try parse(["--profile", "ipv6", "--explain-config"], ["VALKEYCLI_AUTH": "hidden"]).explanation?
            .table.rows
        #expect(
            other == [["host", "::1", "config:18"], ["pass", "********", "environment, VALKEYCLI_AUTH"]])
    }

    @Test("The sample names every setting, and is itself a profiles file, as it is and uncommented")
    func sample() throws {
        _ = try ProfileFile(path: "sample", Array(SampleProfile.text.utf8), isExposed: true)
        for key in OptionTable.rows.compactMap(\.profileKey) {
            #expect(SampleProfile.text.contains("\n# \(key) = "), "\(key)")
        }
        let lines = SampleProfile.text.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "# [prod]"))
        let end = try #require(lines.firstIndex(of: "# All settings:"))
        let examples = lines[start..<end].map { $0.dropFirst(2) }.joined(separator: "\n")
        #expect(try parse(["--profile", "prod"], file: examples).seeds.count == 2)
        #expect(try parse(["--profile", "local"], file: examples).seeds.map(\.port) == [7000])
    }
}
