import Commands
import Presentation
import Testing

struct ThemeTests {
    private func surroundings(
        isTerminal: Bool = true, refusesColor: Bool = false, isLight: Bool = false
    ) -> Theme.Surroundings {
        .init(isTerminal: isTerminal, refusesColor: refusesColor, isLight: isLight)
    }

    @Test("The auto theme follows the terminal's background, and NO_COLOR")
    func auto() {
        #expect(Theme.auto.palette(in: surroundings()) == .dark)
        #expect(Theme.auto.palette(in: surroundings(isLight: true)) == .light)
        #expect(Theme.auto.palette(in: surroundings(refusesColor: true)) == nil)
    }

    @Test("A named theme overrides what the terminal reports")
    func named() {
        let odd = surroundings(refusesColor: true, isLight: true)
        #expect(Theme.dark.palette(in: odd) == .dark)
        #expect(Theme.light.palette(in: surroundings(refusesColor: true)) == .light)
        #expect(Theme.none.palette(in: surroundings()) == nil)
    }

    @Test("Only a terminal gets colors", arguments: Theme.allCases)
    func elsewhere(theme: Theme) {
        #expect(theme.palette(in: surroundings(isTerminal: false)) == nil)
    }

    @Test("Each palette needs at most sixteen colors", arguments: [Palette.dark, .light])
    func sixteenColors(palette: Palette) {
        for role in TextRole.allCases {
            let parameters = palette.begin(role).dropFirst(2).dropLast().split(separator: ";").compactMap { Int($0) }
            #expect(!parameters.isEmpty)
            #expect(parameters.allSatisfy { [1, 4, 7].contains($0) || 30...37 ~= $0 || 90...97 ~= $0 })
        }
    }

    @Test("Without colors, text stays as it is")
    func paint() {
        var style = Style(format: .terminal)
        #expect(style.paint("x", .error) == "x")
        style.palette = .dark
        #expect(style.paint("x", .error) == "\u{1b}[31mx\u{1b}[0m")
    }
}
