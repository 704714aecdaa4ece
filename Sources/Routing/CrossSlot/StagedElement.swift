import Commands
package import RESP

/// An element that has left its key and not reached the other one yet, or several that move together. It is held in a
/// key of its own, the stage, in the slot of the source, and the name of that key says all that is needed to finish the
/// move:
///
/// `PREFIX` `stage:{tag}:ID[+CLAIM]:PATH:EXPIRY:LENGTH:` source destination
///
/// `ID` tells the element from all others, `CLAIM` says who took it over to finish it, `PATH` how it moves, `EXPIRY`
/// when the source expires (Unix time in milliseconds, 0 for never), `LENGTH` how many bytes of the rest are the
/// source. The stage has no expiry, since it holds the only copy.
///
/// The marker in the slot of the destination has the same name except for its kind and the claim. Empty, it says that
/// the element has been delivered; it has no expiry either, as long as a stage may be left. With an error's text, it
/// says that the element will never be delivered.
package struct StagedElement: Sendable {
    /// Seconds to keep a marker that matters only to a delivery sent long ago.
    static let markerLife = 604_800

    package let source: ByteString
    package let destination: ByteString
    let path: Path
    /// The source's expiry, in case the element goes back and has to recreate it.
    let sourceExpiry: Expiry
    private let privateKeys: PrivateKeys
    let id: String
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
    package var stage: ByteString { name("stage", in: sourceSlot, claim.map { "\(id)+\($0)" } ?? id) }

    /// The key that says what became of the element at its destination.
    var marker: ByteString { name("moved", in: destinationSlot, id) }

    private func name(_ kind: String, in slot: HashSlot, _ holder: String) -> ByteString {
        let fields = ":\(path.rawValue):\(sourceExpiry.milliseconds):\(source.count):"
        return privateKeys.name(kind, in: slot, id: holder) + ByteString(fields) + source + destination
    }

    var sourceSlot: HashSlot { HashSlot(key: source) }
    var destinationSlot: HashSlot { HashSlot(key: destination) }

    /// Parses the name of a stage; nil for any other key.
    init?(stage: ByteString, _ privateKeys: PrivateKeys) {
        self.init(name: stage, "stage", privateKeys)
        guard self.stage == stage else { return nil }
    }

    /// Parses the name of a marker; nil for any other key.
    init?(marker: ByteString, _ privateKeys: PrivateKeys) {
        self.init(name: marker, "moved", privateKeys)
        guard self.marker == marker else { return nil }
    }

    private init?(name: ByteString, _ kind: String, _ privateKeys: PrivateKeys) {
        let head = privateKeys.prefix.bytes + Array("\(kind):{".utf8)
        guard name.bytes.starts(with: head) else { return nil }
        let colon = UInt8(ascii: ":")
        let fields = name.bytes.dropFirst(head.count)
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
    }

    /// The same element, taken over by another session.
    func claimed(by session: String) -> StagedElement {
        var element = self
        element.claim = session
        return element
    }

    // MARK: Requests

    /// Lua: reads the marker, and ends the script if the element has been delivered. The marker is then written again,
    /// to give WAIT something to wait for.
    private static let readMarker: ByteString = """
        local mark = redis.call('GET', KEYS[1])
        if mark == '' then
            redis.pcall('SET', KEYS[1], '', 'KEEPTTL')
            return 0
        end

        """

    /// Lua: runs a command with the arguments from the third on, not too many at once. Whatever prevents it does so
    /// from the start: `reply` is an error if nothing was changed.
    private static func inChunks(_ command: ByteString) -> ByteString {
        let loop: ByteString = """
            local reply
            for i = 3, #ARGV, 1000 do
                reply = redis.pcall(
            """
        let rest: ByteString = """
            , unpack(ARGV, i, math.min(i + 999, #ARGV)))
                if type(reply) == 'table' then break end
            end

            """
        return loop + command + rest
    }

    /// The error for a destination that no longer meets the condition for the members.
    static let changed: ByteString = "CHANGED the destination has got or lost one of the members"

    /// Delivers the elements to their destination once and for all: because of the marker, a second delivery does
    /// nothing. The reply is an error if nothing was changed.
    func delivery(of elements: [ByteString], _ replicaWait: ReplicaWait) -> Request {
        // An error must not carry the text that a script adds, and must remove the marker.
        let start: ByteString = """
            if mark then return redis.error_reply(mark) end
            if ARGV[1] ~= '' then
                for i = 4, #ARGV, 2 do
                    local score = redis.pcall('ZSCORE', KEYS[2], ARGV[i])
                    if type(score) == 'table' then return score end
                    if (ARGV[1] == 'NX') == (score ~= false) then return redis.error_reply(changed) end
                end
            end
            mark = redis.pcall('SET', KEYS[1], '')
            if mark.err then return mark end

            """
        let end: ByteString = """
            if type(reply) == 'table' then redis.call('DEL', KEYS[1]) end
            return reply
            """
        let text = "local changed = '" + Self.changed + "'\n"
        let script = text + Self.readMarker + start + Self.inChunks("ARGV[2], KEYS[2]") + end
        let words = ["EVAL", script, "2", marker, destination, path.condition ?? "", path.push]
        return Request(
            commands: [words + path.pushed(elements)] + replicaWait.commands, route: .slot(destinationSlot),
            isReadonly: false)
    }

    /// Stops any delivery that has been sent from taking effect. The reply is 0 if one has, and an error if that is not
    /// certain.
    ///
    /// - Parameter reason: why the element goes back; not empty.
    func burial(because reason: String, _ replicaWait: ReplicaWait) -> Request {
        let script: ByteString = """
            if mark then return 1 end
            mark = redis.pcall('SET', KEYS[1], ARGV[2], 'EX', ARGV[1])
            return mark.err and mark or 1
            """
        let words = ["EVAL", Self.readMarker + script, "1", marker, Self.life, ByteString(reason)]
        return Request(commands: [words] + replicaWait.commands, route: .slot(destinationSlot), isReadonly: false)
    }

    private static let life = ByteString(String(markerLife))

    /// Puts the elements back where they came from, with the source's expiry if it has to be recreated. The reply is
    /// nil if the stage is gone, and an error if nothing was changed.
    func putBack(_ elements: [ByteString]) -> Request {
        let start: ByteString = """
            if redis.call('EXISTS', KEYS[1]) == 0 then return false end
            local isNew = redis.call('EXISTS', KEYS[2]) == 0

            """
        let end: ByteString = """
            if type(reply) == 'table' then return reply end
            redis.call('DEL', KEYS[1])
            if isNew and ARGV[2] ~= '0' then redis.call('PEXPIREAT', KEYS[2], ARGV[2]) end
            return reply
            """
        let command: ByteString = path.putBack == "ZADD" ? "ARGV[1], KEYS[2], 'NX'" : "ARGV[1], KEYS[2]"
        let time = ByteString(String(sourceExpiry.milliseconds))
        let words = ["EVAL", start + Self.inChunks(command) + end, "2", stage, source, path.putBack, time]
        return Request(
            arguments: words + path.returned(elements), route: .slot(sourceSlot), isReadonly: false)
    }

    /// Deletes the stage; the reply is 0 if another session has taken it over.
    func removal(_ replicaWait: ReplicaWait) -> Request {
        Request(commands: [["DEL", stage]] + replicaWait.commands, route: .slot(sourceSlot), isReadonly: false)
    }

    /// Deletes the marker, once the element can no longer be delivered.
    var markerRemoval: Request {
        Request(arguments: ["DEL", marker], route: .slot(destinationSlot), isReadonly: false)
    }

    /// Makes the marker expire, once there is no stage left to ask it about.
    var markerExpiry: Request {
        Request(arguments: ["EXPIRE", marker, Self.life], route: .slot(destinationSlot), isReadonly: false)
    }
}
