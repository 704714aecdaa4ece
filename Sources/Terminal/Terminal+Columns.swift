import CLibedit
import Glibc

extension Terminal {
    /// Makes libedit and wcwidth(3) read characters as UTF-8, whatever the user's locale says; otherwise everything but
    /// ASCII would be lost.
    static let hasLocale = setlocale(LC_CTYPE, "C.UTF-8") != nil || setlocale(LC_CTYPE, "") != nil

    /// Columns that a character takes in a window.
    package static func columns(of character: Character) -> Int {
        character.unicodeScalars.reduce(0) { $0 + columns(of: wchar_t($1.value)) }
    }

    /// The same; 1 for what is not a character and is shown as a mark.
    static func columns(of character: wchar_t) -> Int {
        _ = hasLocale
        let width = cle_width(character)
        return width < 0 ? 1 : Int(width)
    }
}
