import Commands
package import RESP

/// An element that has left its key and has not come to the other one yet. It lies in a key of its own, the stage, in
/// the slot of the source, and the name of that key says all that is needed to finish the move:
///
/// `PREFIX` `stage:{tag}:ID[+CLAIM]:PATH:EXPIRY:LENGTH:` source destination
///
/// `ID` tells the element from all others, `CLAIM` who took it over to finish it, `PATH` which way it goes, `EXPIRY` when
/// the source expires (milliseconds of Unix time, 0 for never), `LENGTH` how many bytes of the rest are the source. The
/// stage has no time to live, since it holds the only copy.
package struct StagedElement: Sendable {
    /// Which way an element goes.
    enum Path: String, CaseIterable, Sendable {
        case headToHead = "LL"
        case headToTail = "LR"
        case tailToHead = "RL"
        case tailToTail = "RR"
        case member = "S"

        init(fromHead: Bool, toHead: Bool) {
            self = fromHead ? toHead ? .headToHead : .headToTail : toHead ? .tailToHead : .tailToTail
        }

        /// The command that gives the element to its destination.
        var push: ByteString {
            switch self {
            case .headToHead, .tailToHead: "LPUSH"
            case .headToTail, .tailToTail: "RPUSH"
            case .member: "SADD"
            }
        }

        /// The command that gives it back to the place it came from.
        var putBack: ByteString {
            switch self {
            case .headToHead, .headToTail: "LPUSH"
            case .tailToHead, .tailToTail: "RPUSH"
            case .member: "SADD"
            }
        }

        /// The command that tells the size of such a key, and refuses one of another type.
        var size: ByteString { self == .member ? "SCARD" : "LLEN" }

        /// The command that tells the elements of a stage.
        func elements(of stage: ByteString) -> [ByteString] {
            self == .member ? ["SMEMBERS", stage] : ["LRANGE", stage, "0", "-1"]
        }
    }

    static let kind = "stage"
    /// Seconds for which a marker tells that the element has reached its destination.
    private static let markerLife: ByteString = "604800"

    package let source: ByteString
    package let destination: ByteString
    let path: Path
    /// Of the source, in case the element goes back and has to recreate it.
    let sourceExpiry: Expiry
    private let privateKeys: PrivateKeys
    private let id: String
    /// The session that took the element over; nil for the command that staged it.
    private var claim: String?

    init(
        source: ByteString, destination: ByteString, path: Path, sourceExpiry: Expiry, _ privateKeys: inout PrivateKeys
    ) {
        self.source = source
        self.destination = destination
        self.path = path
        self.sourceExpiry = sourceExpiry
        id = privateKeys.nextID()
        self.privateKeys = privateKeys
    }

    // MARK: Names

    /// The key that holds the element.
    package var stage: ByteString {
        let name = privateKeys.name(Self.kind, in: sourceSlot, id: claim.map { "\(id)+\($0)" } ?? id)
        let fields = ":\(path.rawValue):\(sourceExpiry.milliseconds):\(source.count):"
        return name + ByteString(fields) + source + destination
    }

    /// The key that says that the element has reached its destination, in the slot of that.
    private var marker: ByteString { privateKeys.name("moved", in: destinationSlot, id: id) }

    var sourceSlot: HashSlot { HashSlot(key: source) }
    var destinationSlot: HashSlot { HashSlot(key: destination) }

    /// Reads the name of a stage; nil for any other key.
    init?(stage: ByteString, _ privateKeys: PrivateKeys) {
        let head = privateKeys.prefix.bytes + Array("\(Self.kind):{".utf8)
        guard stage.bytes.starts(with: head) else { return nil }
        let colon = UInt8(ascii: ":")
        let fields = stage.bytes.dropFirst(head.count)
            .split(separator: colon, maxSplits: 5, omittingEmptySubsequences: false).map { ByteString($0) }
        guard fields.count == 6, let path = Path(rawValue: fields[2].text), let time = fields[3].integer,
            let length = fields[4].integer, 0...fields[5].count ~= length
        else { return nil }
        let holder = fields[1].text.split(separator: "+", maxSplits: 1).map(String.init)
        guard let id = holder.first else { return nil }
        self.id = id
        claim = holder.count > 1 ? holder[1] : nil
        self.path = path
        sourceExpiry = time == 0 ? .never : .at(time)
        source = ByteString(fields[5].bytes.prefix(length))
        destination = fields[5].dropFirst(length)
        self.privateKeys = privateKeys
        guard self.stage == stage else { return nil }
    }

    /// The same element in the hands of another session.
    func claimed(by session: String) -> StagedElement {
        var element = self
        element.claim = session
        return element
    }

    // MARK: Requests

    /// Gives the element to its destination, once and for all: the marker makes that nothing happens the second time.
    /// The reply is an error if nothing was changed.
    func delivery(of element: ByteString, _ replicaWait: ReplicaWait) -> Request {
        // An error must not get the words that a script adds, and must take the marker along. The marker that is there
        // already is written again, so that WAIT has something to wait for.
        let script: ByteString = """
            local marked = redis.pcall('SET', KEYS[2], '', 'NX', 'EX', ARGV[3])
            if not marked then
                redis.call('EXPIRE', KEYS[2], ARGV[3])
                return 0
            end
            if marked.err then return marked end
            local reply = redis.pcall(ARGV[1], KEYS[1], ARGV[2])
            if type(reply) == 'table' then redis.call('DEL', KEYS[2]) end
            return reply
            """
        let words = ["EVAL", script, "2", destination, marker, path.push, element, Self.markerLife]
        return Request(commands: [words] + replicaWait.commands, route: .slot(destinationSlot), isReadonly: false)
    }

    /// Puts the element back where it came from, with the expiry of the source if it has to be recreated. The reply is
    /// nil when the stage is not there any more, and an error if nothing was changed.
    func putBack(_ element: ByteString) -> Request {
        let script: ByteString = """
            if redis.call('EXISTS', KEYS[1]) == 0 then return false end
            local isNew = redis.call('EXISTS', KEYS[2]) == 0
            local reply = redis.pcall(ARGV[1], KEYS[2], ARGV[2])
            if type(reply) == 'table' then return reply end
            redis.call('DEL', KEYS[1])
            if isNew and ARGV[3] ~= '0' then redis.call('PEXPIREAT', KEYS[2], ARGV[3]) end
            return reply
            """
        let time = ByteString(String(sourceExpiry.milliseconds))
        return Request(
            arguments: ["EVAL", script, "2", stage, source, path.putBack, element, time], route: .slot(sourceSlot),
            isReadonly: false)
    }

    /// Deletes the stage; the reply is 0 when somebody else has taken it over.
    var removal: Request {
        Request(arguments: ["DEL", stage], route: .slot(sourceSlot), isReadonly: false)
    }

    /// Deletes the marker, once nobody can deliver the element any more.
    var markerRemoval: Request {
        Request(arguments: ["DEL", marker], route: .slot(destinationSlot), isReadonly: false)
    }
}
