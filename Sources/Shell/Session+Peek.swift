import Terminal
import Commands
import Engine
import Presentation
import RESP
import Routing

extension Session {
    private static let mostElements = 1000
    private static let wantedCount = "a number of elements from 1 to 1000, or from -1 to -1000 for the last ones"

    /// `:peek KEY [COUNT]`.
    func peek(_ key: ByteString, count: ByteString?, at place: SourceLine?) -> ExitStatus {
        let word = Command([":peek", key])
        let number = count?.integer ?? (count == nil ? KeyPreview.usualCount : 0)
        guard number != 0, number.magnitude <= Self.mostElements else {
            return fail(.badValue(of: ":peek", value: count ?? "", wanted: Self.wantedCount), at: place)
        }
        do {
            let (reply, preview) = try engine.peek(key, count: number)
            defer { output.flush() }
            guard let preview else {
                if style.format.isForPeople, case .value(let value) = reply.body, value.kind == .null {
                    return presenter.show("There is no key \(Quoting.utf8.text(key)).\n")
                }
                return presenter.show(reply, of: word, row: nil, at: place)
            }
            presenter.knownKeys?.insert(key)
            guard !preview.lacksEnd else { return fail(.noLastElements(key, type: preview.type), at: place) }
            presenter.wipePassing()
            return presenter.paged {
                output.write { buffer in
                    if style.format.isForPeople {
                        buffer += KeyPreviewText.lines(
                            preview, database: engine.session.database, renderer, in: presenter.window)
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
