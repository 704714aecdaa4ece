import Commands
import RESP
import Routing
import Testing

struct PrivateKeysTests {
    // CRC16 is linear over XOR: if there is a tag for each slot with a single bit, there is one for all.
    @Test("A name is in the slot that it is made for") func aNameIsInTheSlotThatItIsMadeFor() throws {
        var names = PrivateKeys(prefix: "app:", session: "s")
        for number in (0..<14).map({ 1 << $0 }) + stride(from: 0, to: HashSlot.count, by: 127) + [HashSlot.count - 1] {
            let slot = try #require(HashSlot(number))
            let name = names.next("copy", in: slot)
            guard HashSlot(key: name) == slot, name.bytes.starts(with: "app:copy:{".utf8) else {
                Issue.record("\(name) lies in slot \(HashSlot(key: name).number), not in \(number)")
                return
            }
        }
    }

    @Test("A prefix that would hide the tag is refused") func aPrefixThatWouldHideTheTagIsRefused() {
        #expect(PrivateKeys.accepts(prefix: "app:"))
        #expect(!PrivateKeys.accepts(prefix: "app{1}:"))
    }

    @Test("Two names differ") func twoNamesDiffer() throws {
        let slot = try #require(HashSlot(7))
        var names = PrivateKeys(prefix: "app:", session: "s")
        #expect(names.next("copy", in: slot) != names.next("copy", in: slot))
    }

    // MARK: Errors

    @Test("No error names a private key, whichever command the server lacks", arguments: LyingServerTests.lines)
    func noErrorNamesOne(line: String) throws {
        var names: Set<ByteString> = []
        var tried: Set<ByteString> = []
        var next: ByteString? = "none"
        while let unknown = next {
            var plan = try ScriptedPlan(line, hasReplica: true).plan
            var server = OddReplies(seed: 1, honesty: 100)
            var outcomes: [RequestOutcome] = []
            steps: for _ in 0..<60 {
                switch plan.advance(outcomes) {
                case .send(let requests, _), .race(let requests):
                    names.formUnion(requests.flatMap(\.commands).map { $0[0].uppercased })
                    outcomes = requests.map { Self.outcome(of: $0, unknown: unknown, server.outcome(of: $0)) }
                case .pause: outcomes = []
                case .finish(let reply, _):
                    let text = reply.value?.serverError?.text ?? ""
                    #expect(!text.contains(PrivateKeys.standardPrefix.text), "\(unknown): \(text)")
                    break steps
                case .fail: break steps
                }
            }
            tried.insert(unknown)
            next = names.subtracting(tried).min { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        }
    }

    /// The reply of a server that lacks a command.
    private static func outcome(of request: Request, unknown: ByteString, _ outcome: RequestOutcome) -> RequestOutcome {
        guard case .reply(let value, let node) = outcome,
            let place = request.commands.firstIndex(where: { $0[0].uppercased == unknown })
        else { return outcome }
        let command = request.commands[place]
        let quoted = command.dropFirst().map { "'\($0.text)'" }.joined(separator: " ")
        let error = RESPValue.error("ERR unknown command '\(command[0].text)', with args beginning with: \(quoted) ")
        guard request.commands.count > 1 else { return .reply(error, from: node) }
        var replies = Array(value.elements)
        replies[place] = error
        if let exec = request.commands.lastIndex(of: ["EXEC"]), exec > place {
            replies[exec] = .error("EXECABORT Transaction discarded because of previous errors.")
        }
        return .reply(.array(replies), from: node)
    }
}
