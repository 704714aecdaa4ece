import Commands
import Foundation
import RESP
import Routing
import TestSupport

/// A slot on its way from one master to another. New keys are created at the target from the start.
struct Migration: Sendable {
    let slot: HashSlot
    let source: Int
    let target: Int
    private let sourcePort: Int
    private let targetPort: Int
    private let targetID: ByteString

    /// Waits until the target knows of the last move that gave any master a slot: its own claim has to be the newest,
    /// and two equal ones would end with one side taking slots back. It also has to know that the slot is the source's:
    /// if it only learns that during the move, Valkey 9.1 claims the slot at once, and the source drops its keys. This
    /// takes up to a second after the slots went the other way, and otherwise no time.
    ///
    /// - Parameter source: an index into the bed's masters, like `target`.
    init(of slot: HashSlot, from source: Int, to target: Int, on bed: TestBed) throws {
        self.slot = slot
        self.source = source
        self.target = target
        sourcePort = bed.masters[source].port
        targetPort = bed.masters[target].port
        let epoch = try bed.clients.map { try Self.epoch("cluster_my_epoch", of: $0) }.max() ?? 0
        let sourceID = try bed.clients[source].send("CLUSTER", "MYID").byteString
        while try Self.epoch("cluster_current_epoch", of: bed.clients[target]) < epoch
            || Self.owner(of: slot, at: bed.clients[target]) != sourceID
        { usleep(10_000) }
        targetID = try bed.clients[target].send("CLUSTER", "MYID").byteString
        try Self.demand(bed.clients[target], ["CLUSTER", "SETSLOT", word(slot.number), "IMPORTING", sourceID])
        try Self.demand(bed.clients[source], ["CLUSTER", "SETSLOT", word(slot.number), "MIGRATING", targetID])
    }

    struct Refused: Error {
        let error: String
    }

    func move(_ keys: [ByteString]) throws { try move(keys, through: TestClient(port: sourcePort)) }

    /// Moves what is left and assigns the slot to the target, on separate connections.
    func finish() throws {
        let source = try TestClient(port: sourcePort), target = try TestClient(port: targetPort)
        while case let keys = try source.send("CLUSTER", "GETKEYSINSLOT", word(slot.number), "100").elements.map(
            \.byteString),
            !keys.isEmpty
        {
            try move(keys, through: source)
        }
        for client in [target, source] {
            try Self.demand(client, ["CLUSTER", "SETSLOT", word(slot.number), "NODE", targetID])
        }
    }

    private func move(_ keys: [ByteString], through client: TestClient) throws {
        guard !keys.isEmpty else { return }
        try Self.demand(client, ["MIGRATE", "127.0.0.1", word(targetPort), "", "0", "5000", "KEYS"] + keys)
    }

    private static func demand(_ client: TestClient, _ command: [ByteString]) throws {
        let reply = try client.send(command)
        if reply.isError { throw Refused(error: "\(command.quoted): \(reply.text)") }
    }

    private static func epoch(_ name: String, of client: TestClient) throws -> Int {
        let lines = try client.send("CLUSTER", "INFO").text.split(separator: "\r\n")
        return lines.first { $0.hasPrefix("\(name):") }.flatMap { Int($0.dropFirst(name.count + 1)) } ?? 0
    }

    private static func owner(of slot: HashSlot, at client: TestClient) throws -> ByteString? {
        for range in try client.send("CLUSTER", "SLOTS").elements {
            let fields = Array(range.elements)
            guard let start = fields[0].integer, let end = fields[1].integer, start...end ~= slot.number else {
                continue
            }
            return Array(fields[2].elements)[2].byteString
        }
        return nil
    }

    private func word(_ number: Int) -> ByteString { ByteString("\(number)") }
}
