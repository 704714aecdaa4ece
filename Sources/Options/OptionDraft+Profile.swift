import Commands
import Presentation
import RESP
import Routing

// What a profile says, below what the environment and the command line say.

extension OptionDraft {
    /// Where a value comes from.
    enum Origin: Equatable {
        case profile(SourceLine)
        case environment(String)
        /// The option as it was typed.
        case commandLine(ByteString)
    }

    /// What options replace as a whole: where to connect, and where the password comes from; and rules that come after
    /// those of options.
    struct Inheritance {
        var host: String?
        var socketPath: String?
        var uriAddresses: [SeedURI.Address] = []
        var password: ByteString?
        var passwordOrigin: Configuration.PasswordOrigin?
        var asksPassword = false
        var addresses = AddressMap()
    }

    /// Takes in the settings of a profile, each as the option of its name.
    mutating func take(
        _ profile: ByteString, of file: ProfileFile, environment: (StaticString) -> ByteString?
    ) throws(OptionError) {
        for setting in try file.settings(of: profile) {
            guard let option = OptionTable.row(inProfiles: setting.key) else { continue }
            for value in setting.values {
                let place = file.place(value.line)
                if option.value == nil {
                    guard value.text.matches("true") || value.text.matches("false") else {
                        throw .badProfile(place, wanted: "true or false")
                    }
                    guard value.text.matches("true") else { continue }
                }
                var text = value.text
                if option.value?.kind == .file, text.hasPrefix("~/"), let home = environment("HOME") {
                    text = home + text.dropFirst(1)
                }
                do throws(OptionError) {
                    try apply(option, OptionValue(option: setting.key, bytes: text), from: .profile(place))
                } catch {
                    throw .inProfile(place, error)
                }
            }
        }
        endProfile()
    }

    /// - Parameter value: without bytes for an option that takes none.
    mutating func apply(_ option: Option, _ value: OptionValue, from origin: Origin) throws(OptionError) {
        try option.apply(&self, value)
        if option.category != .profiles { record?.append(.init(option, value, origin)) }
    }
}
