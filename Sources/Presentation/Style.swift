package import Commands
package import RESP

/// How replies look; made once at start.
package struct Style: Sendable {
    package var format: Format
    /// `-d`: between the elements of an aggregate; raw only.
    package var elementDelimiter: ByteString
    /// `-D`: after a reply; raw only.
    package var replyDelimiter: ByteString
    /// What servers say may not command the terminal: escapes stand for what would. Not where raw bytes are asked for.
    package var isOnTerminal: Bool
    /// The terminal's locale is UTF-8: text is shown as such instead of as `\xNN`.
    package var isUTF8: Bool
    /// Bytes that are not UTF-8 stand in JSON as they are, as redis-cli has it.
    package var keepsBytes: Bool
    /// The colors of what is laid out for a person; nil for none.
    package var palette: Palette?

    /// `--objects`: texts such as INFO are taken apart.
    package var readsObjects: Bool
    /// JSON is laid out on several lines, as a person reads it.
    package var indentsJSON: Bool
    /// Equal replies of several nodes stand there once, in the format for reading.
    package var folds = true
    /// Strings of more bytes are cut, in the format for reading; what was cut off is told.
    package var longestValue = Int.max

    /// The text in its color, or as it is where there are none.
    package func paint(_ text: String, _ role: TextRole) -> String { palette?.paint(text, role) ?? text }

    /// True for the format that has room for pairs, tables and colors.
    package var readsTables: Bool { format == .table }

    /// The same for a program or a file, in place of a terminal.
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
