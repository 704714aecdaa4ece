import Presentation
import RESP

/// A setting that was given, for `--explain-config`.
struct ExplainedSetting {
    let name: String
    let value: String
    let origin: OptionDraft.Origin
    private let addsUp: Bool

    private static let hidden = "********"

    // Groups that are replaced as a whole by the next source that sets any of them.
    private static let passwords = ["pass", "pass-file", "pass-command", "askpass"]
    private static let addresses = ["host", "socket", "seeds"]
    private static let ways = ["map-to-seed", "one-endpoint"]
    private let givesPassword: Bool

    init(_ option: Option, _ value: OptionValue, _ origin: OptionDraft.Origin) {
        name = option.profileKey ?? option.spellings[0]
        addsUp = option.addsUp
        self.origin = origin
        var bytes = value.bytes.bytes
        let secret = option.place(ofPasswordIn: value.bytes)
        givesPassword = Self.passwords.contains(name) || !secret.isEmpty
        if !secret.isEmpty { bytes.replaceSubrange(secret, with: Self.hidden.utf8) }
        self.value = option.value == nil ? "true" : Quoting.utf8.escaped(ByteString(bytes))
    }

    /// A password from a variable.
    init(variable: StaticString) {
        (name, value, origin) = ("pass", Self.hidden, .environment("\(variable)"))
        (addsUp, givesPassword) = (false, true)
    }

    func isReplaced(by later: ExplainedSetting) -> Bool {
        if later.name == name, !addsUp { return true }
        guard later.origin.rank > origin.rank else { return false }
        return later.givesPassword && Self.passwords.contains(name)
            || [Self.addresses, Self.ways].contains { $0.contains(later.name) && $0.contains(name) }
    }

    fileprivate var cells: [String] { [name, value, origin.text] }
}

/// The settings that were given, in order.
final class SettingRecord {
    var settings: [ExplainedSetting] = []

    /// The settings that apply, each with its source.
    var table: Table {
        var table = Table([.init("setting"), .init("value"), .init("source")])
        for (index, setting) in settings.enumerated()
        where !settings[(index + 1)...].contains(where: { setting.isReplaced(by: $0) }) {
            table.append(setting.cells)
        }
        return table
    }
}

extension OptionDraft.Origin {
    fileprivate var rank: Int {
        switch self {
        case .profile: 0
        case .environment: 1
        case .commandLine: 2
        }
    }

    fileprivate var text: String {
        switch self {
        case .profile(let place): "\(place)"
        case .environment(let variable): "environment, \(variable)"
        case .commandLine(let option): "command line, \(option.text)"
        }
    }
}
