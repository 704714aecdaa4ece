package import Commands
package import RESP

/// How replies look; built once at startup.
package struct Style: Sendable {
    package var format: Format
    /// `-d`: between the elements of an aggregate; raw only.
    package var elementDelimiter: ByteString
    /// `-D`: after a reply; raw only.
    package var replyDelimiter: ByteString
    /// Escapes replace anything in server output that would control the terminal. Not if raw bytes were asked for.
    package var isOnTerminal: Bool
    /// The terminal's locale is UTF-8: text is shown as such instead of as `\xNN`.
    package var isUTF8: Bool
    /// In JSON, bytes that are not UTF-8 are passed through, as in redis-cli.
    package var keepsBytes: Bool
    /// The colors of output laid out for people; nil for none.
    package var palette: Palette?

    /// `--objects`: text replies such as INFO are parsed.
    package var readsObjects: Bool
    /// JSON is spread over several lines, for people.
    package var indentsJSON: Bool
    /// In the format for reading, equal replies of several nodes are shown once.
    package var folds = true
    /// In the format for reading, strings of more bytes than this are cut, with a note of their size.
    package var longestValue = Int.max

    /// The text in its color, or unchanged if there are no colors.
    package func paint(_ text: String, _ role: TextRole) -> String { palette?.paint(text, role) ?? text }

    /// True for the format that has pairs, tables and colors.
    package var readsTables: Bool { format == .table }

    /// The same for a program or a file instead of a terminal.
    package var forPrograms: Style {
        var style = self
        if format.isPretty { style.format = .raw }
        style.isOnTerminal = false
        style.palette = nil
        style.indentsJSON = false
        style.longestValue = .max
        return style
    }

    package init(
        format: Format, elementDelimiter: ByteString = "\n", replyDelimiter: ByteString = "\n",
        isOnTerminal: Bool = false, isUTF8: Bool = false, keepsBytes: Bool = false, palette: Palette? = nil,
        readsObjects: Bool = false, indentsJSON: Bool = false
    ) {
        self.format = format
        self.elementDelimiter = elementDelimiter
        self.replyDelimiter = replyDelimiter
        self.isOnTerminal = isOnTerminal
        self.isUTF8 = isUTF8
        self.keepsBytes = keepsBytes
        self.palette = palette
        self.readsObjects = readsObjects
        self.indentsJSON = indentsJSON
    }
}
