import Terminal
import Commands
import Engine
import Presentation
import RESP
import Routing

extension Session {
    /// `:peek KEY`.
    func peek(_ key: ByteString, at place: SourceLine?) -> ExitStatus {
        let word = Command([":peek", key])
        do {
            let (reply, preview) = try engine.peek(key)
            defer { output.flush() }
            guard let preview else { return presenter.show(reply, of: word, row: nil, at: place) }
            presenter.knownKeys?.insert(key)
            presenter.wipePassing()
            return presenter.paged {
                output.write { buffer in
                    if style.format == .terminal {
                        buffer += KeyPreviewText.lines(preview, database: engine.session.database, renderer)
                    } else {
                        let value = KeyPreviewText.value(preview, database: engine.session.database)
                        renderer.append(value, isText: false, to: &buffer)
                    }
                }
                return .ok
            }
        } catch {
            return fail(error, of: word, at: place)
        }
    }
}
