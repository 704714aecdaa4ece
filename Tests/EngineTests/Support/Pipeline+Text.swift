import Engine
import Routing
import Testing

extension Pipeline {
    /// Submits a command given as words separated by spaces; false when it is not one for a pipeline.
    func submit(_ text: String, line: Int = 1) -> Bool {
        let bytes = Array(text.utf8)
        var words: [Range<Int>] = []
        for word in text.split(separator: " ") {
            let start = (words.last?.upperBound).map { $0 + 1 } ?? 0
            words.append(start..<(start + word.utf8.count))
        }
        return submit(words, of: bytes.span.bytes, at: InputPlace(line: line, offset: line - 1))
    }
}

extension Engine {
    /// Why a command has no reply, either way; nil when it has one.
    func failure(_ text: String, _ isPipelined: Bool) throws -> CommandFailure? {
        try isPipelined ? pipelinedFailure(text) : failure(text)
    }

    /// Why a pipelined command has no reply; nil when it has one.
    func pipelinedFailure(_ text: String) throws -> CommandFailure? {
        var result: CommandFailure?
        let pipeline = Pipeline(self, keepsReplies: true) { outcome, _, _ in
            if case .failure(let failure) = outcome { result = failure }
        }
        #expect(pipeline.submit(text))
        pipeline.drain()
        return result
    }
}
