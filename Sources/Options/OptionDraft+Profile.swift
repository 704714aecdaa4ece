import Commands
import Presentation
import RESP
import Routing

// Profiles, which the environment and the command line override.

extension OptionDraft {
    /// Where a value comes from.
    enum Origin: Equatable {
        case profile(SourceLine)
        case environment(String)
        /// The option as it was typed.
        case commandLine(ByteString)
    }

    /// What options replace as a whole: where to connect, and where the password comes from. Also the address rules,
    /// which come after those of options.
    final class Inheritance {
        let host: String?
        let socketPath: String?
        let uriAddresses: [SeedURI.Address]
        let password: ByteString?
        let passwordOrigin: Configuration.PasswordOrigin?
        let asksPassword: Bool
        let addresses: AddressMap

        init(_ draft: OptionDraft) {
            host = draft.host
            socketPath = draft.socketPath
            uriAddresses = draft.uriAddresses
            password = draft.result.password
            passwordOrigin = draft.result.passwordOrigin
            asksPassword = draft.result.asksPassword
            addresses = draft.result.addresses
        }
    }

    /// Applies the settings of a profile, each as the option of the same name.
    mutating func take(
        _ profile: ByteString, of file: ProfileFile, environment: (StaticString) -> ByteString?
    ) throws(OptionError) {
        for setting in try file.settings(of: profile) {
            guard let option = OptionTable.row(inProfiles: setting.key) else { continue }
            for value in setting.values {
                let place = file.place(value.line)
                var text = value.text
                if option.value?.kind == .file, text.hasPrefix("~/"), let home = environment("HOME") {
                    text = home + text.dropFirst(1)
                }
                let given = OptionValue(option: setting.key, bytes: text)
                do throws(OptionError) {
                    if option.value == nil, try !given.truth() { continue }
                    try apply(option, given, from: .profile(place))
                } catch {
                    throw .inProfile(place, error)
                }
            }
        }
        endProfile()
    }

    /// - Parameter value: empty for an option that takes none.
    mutating func apply(_ option: Option, _ value: OptionValue, from origin: Origin) throws(OptionError) {
        try option.apply(&self, value)
        if option.category != .profiles { record?.settings.append(.init(option, value, origin)) }
    }
}
