import Commands
import RESP

/// SORT and SORT_RO with BY or GET patterns, which a cluster's server refuses: the values that the patterns lead to are
/// read here, wherever they are.
///
/// The server does whatever needs no such value: it checks the arguments and the type, returns the elements in their
/// own order, and sorts them if there is neither BY nor STORE. Elements and values are read at different times, which
/// is not a snapshot. With STORE, one block of commands on the destination alone replaces it, so it is either as before
/// or as intended, whatever is interrupted, and nothing is left behind. A destination that is also sorted is watched
/// from before it is read.
struct SortPlan: SlotPlan {
    private enum Stage {
        case start, reading, weighing, getting
        /// Which of these numbers the server accepts: by its version, or by trial.
        case asking([RESPValue], [SortNumber])
        case trying([RESPValue], [SortNumber])
        /// - commands: how many are in the block.
        case storing(count: Int, commands: Int)
    }

    private let request: Request
    private let options: SortOptions
    private var privateKeys: PrivateKeys

    private var stage = Stage.start
    private var destination: Destination?
    private var elements: [RESPValue] = []
    /// What GET returns for each of them, if it is read together with the weights.
    private var gotten: [RESPValue]?
    private var lookup = SortLookup([], of: [])

    init(_ request: Request, _ options: SortOptions, _ privateKeys: PrivateKeys) {
        self.request = request
        self.options = options
        self.privateKeys = privateKeys
        destination = options.destination.map { Destination($0, isRead: $0 == request.arguments[1]) }
    }

    mutating func advance(_ outcomes: [RequestOutcome]) -> PlanStep {
        do {
            switch stage {
            case .start: return read()
            case .reading: return try take(outcomes)
            case .weighing:
                try lookup.take(outcomes)
                return try weigh()
            case .asking(let weights, let numbers): return try take(outcomes[0], weights, numbers)
            case .trying(let weights, let numbers): return try sort(by: numbers, of: weights, asTriedBy: outcomes[0])
            case .getting:
                try lookup.take(outcomes)
                return get()
            case .storing(let count, let commands): return try end(outcomes[0], count: count, commands: commands)
            }
        } catch {
            return error.step
        }
    }

    var outline: PlanOutline {
        let look = (destination?.isRead == true ? "WATCH, " : "") + (isSortedByServer ? "" : "TYPE and ")
        var steps = ["\(look)\(request.name) the key without its patterns"]
        let reads = "MGET in each slot, or HGET of each field, in parallel"
        if options.weight != nil {
            steps.append(
                "read the weights\(getsAll ? " and the GET values" : "") by \(reads); sort locally; HELLO, and EVAL of SORT, if servers differ on them"
            )
        }
        if !options.gets.isEmpty, !(options.weight != nil && getsAll) {
            steps.append("read the GET values by \(reads)")
        }
        guard destination != nil else { return PlanOutline(steps: steps, roundTrips: steps.count) }
        steps.append("MULTI, DEL, RPUSH, EXEC on the destination")
        return PlanOutline(steps: steps, roundTrips: steps.count + 1)
    }

    // MARK: Elements

    private var key: ByteString { request.arguments[1] }

    /// True when the server can return the elements in their order, as many as are wanted.
    private var isSortedByServer: Bool { options.weight == nil && destination == nil }

    private mutating func read() -> PlanStep {
        stage = .reading
        let sort = [request.arguments[0], key]
        let unsorted = sort + ["BY", "nosort"]
        var commands: [[ByteString]] = []
        if isSortedByServer || !options.isWellFormed {
            commands.append((options.isUnsorted ? unsorted : sort) + options.others)
        } else {
            // The first SORT returns only errors about the arguments and the type.
            commands += [unsorted + options.others + ["LIMIT", "0", "0"], ["TYPE", key], unsorted]
        }
        if let destination, destination.isRead { return .send([destination.reading(commands)]) }
        return .send([Request(commands: commands, route: .slot(HashSlot(key: key)), isReadonly: true)])
    }

    private mutating func take(_ outcomes: [RequestOutcome]) throws(PlanEnding) -> PlanStep {
        guard !isSortedByServer else {
            elements = Array(
                try outcomes.expecting(request.name, isReadonly: true) { $0.isFlatList }.replies()[0].elements)
            return beginGetting()
        }
        let replies = Array(try outcomes.replies()[0].elements)
        if let error = replies.first(where: \.isError) { throw .error(error) }
        // Wrong arguments can only have an error as their reply.
        let checked = outcomes.expecting(request.name, isReadonly: true) { _ in
            options.isWellFormed && replies.count >= 3 && replies[replies.count - 1].isFlatList
        }
        _ = try checked.replies()
        elements = Array(replies[replies.count - 1].elements)
        if options.isUnsorted {
            // The stored list has an order. A set does not, so its elements are sorted.
            let isSet = replies.dropLast().last?.byteString == "set" && destination != nil
            if isSet {
                order(SortOrder.alphabetic(by: elements, descending: options.isDescending))
            } else if options.isDescending {
                elements.reverse()
            }
            return limit()
        }
        guard let weight = options.weight else { return try sort(by: elements) }
        stage = .weighing
        lookup = SortLookup([weight] + (getsAll ? options.gets : []), of: elements)
        return try weigh()
    }

    /// True when GET is wanted for all elements, whatever their order.
    private var getsAll: Bool { options.limit.start <= 0 && options.limit.count < 0 && !options.gets.isEmpty }

    private mutating func weigh() throws(PlanEnding) -> PlanStep {
        guard let requests = lookup.next() else {
            let values = lookup.values
            lookup = SortLookup([], of: [])
            guard getsAll else { return try sort(by: values) }
            let width = options.gets.count + 1
            gotten = values.indices.lazy.filter { $0 % width > 0 }.map { values[$0] }
            return try sort(by: stride(from: 0, to: values.count, by: width).map { values[$0] })
        }
        return .send(requests)
    }

    private mutating func order(_ places: [Int]) {
        elements = places.map { elements[$0] }
        let width = options.gets.count
        gotten = gotten.map { values in places.flatMap { values[($0 * width)..<($0 + 1) * width] } }
    }

    private mutating func sort(by weights: [RESPValue]) throws(PlanEnding) -> PlanStep {
        guard !options.isAlphabetic else {
            order(SortOrder.alphabetic(by: weights, descending: options.isDescending))
            return limit()
        }
        let numbers = weights.map { $0.kind == .null ? .zero : SortNumber($0.payload) }.compactMap(\.self)
        guard numbers.count == weights.count else { throw .error(SortOrder.noNumber) }
        guard numbers.contains(where: { !$0.oddities.isEmpty }) else { return sort(by: numbers) }
        stage = .asking(weights, numbers)
        return .send([Request(arguments: ["HELLO"], route: .slot(HashSlot(key: key)), isReadonly: true)])
    }

    /// - Parameter outcome: the outcome of HELLO.
    private mutating func take(
        _ outcome: RequestOutcome, _ weights: [RESPValue], _ numbers: [SortNumber]
    ) throws(PlanEnding) -> PlanStep {
        if let failure = outcome.failure { throw .failure(failure) }
        guard let taken = outcome.value.flatMap(SortNumber.oddities) else {
            let odd = Self.odd(weights, numbers)
            // Trying means writing.
            guard !request.isReadonly else { throw .failure(.ambiguousNumber(odd.first ?? "")) }
            stage = .trying(weights, numbers)
            let slot = HashSlot(key: key)
            let words = ["EVAL", SortNumber.trial, "1", privateKeys.next("sort", in: slot)] + odd
            return .send([Request(arguments: words, route: .slot(slot), isReadonly: false)])
        }
        guard numbers.allSatisfy({ $0.oddities.isSubset(of: taken) }) else { throw .error(SortOrder.noNumber) }
        return sort(by: numbers)
    }

    /// - Parameter outcome: the outcome of the trial.
    private mutating func sort(
        by numbers: [SortNumber], of weights: [RESPValue], asTriedBy outcome: RequestOutcome
    ) throws(PlanEnding) -> PlanStep {
        if let failure = outcome.failure { throw .failure(failure) }
        if let error = outcome.error, error == SortOrder.noNumber { throw .error(error) }
        guard outcome.value?.isFlatList == true else {
            throw .failure(.ambiguousNumber(Self.odd(weights, numbers).first ?? ""))
        }
        return sort(by: numbers)
    }

    /// The weights that servers differ on, each once.
    private static func odd(_ weights: [RESPValue], _ numbers: [SortNumber]) -> [ByteString] {
        var seen: Set<ByteString> = []
        let odd = zip(weights, numbers).filter { !$1.oddities.isEmpty }
        return odd.map { $0.0.byteString }.filter { seen.insert($0).inserted }
    }

    private mutating func sort(by numbers: [SortNumber]) -> PlanStep {
        order(SortOrder.numeric(elements, by: numbers.map(\.value), descending: options.isDescending))
        return limit()
    }

    private mutating func limit() -> PlanStep {
        let rest = elements.dropFirst(max(options.limit.start, 0))
        elements = Array(options.limit.count < 0 ? rest : rest.prefix(options.limit.count))
        return beginGetting()
    }

    // MARK: Values

    private mutating func beginGetting() -> PlanStep {
        guard !options.gets.isEmpty else { return deliver(elements) }
        if let gotten { return deliver(gotten) }
        stage = .getting
        lookup = SortLookup(options.gets, of: elements)
        return get()
    }

    private mutating func get() -> PlanStep {
        guard let requests = lookup.next() else { return deliver(lookup.values) }
        return .send(requests)
    }

    private mutating func deliver(_ values: [RESPValue]) -> PlanStep {
        guard let destination else { return .finish(Reply(.array(values))) }
        let commands = destination.commands(adding: values, by: "RPUSH")
        stage = .storing(count: values.count, commands: commands.count)
        return .send([destination.replacing(commands)])
    }

    private mutating func end(_ outcome: RequestOutcome, count: Int, commands: Int) throws(PlanEnding) -> PlanStep {
        guard try destination?.isReplaced(outcome, count: commands, by: "RPUSH") != false else {
            stage = .start
            return .pause(seconds: Destination.pause)
        }
        return .finish(Reply(.integer(count)))
    }
}
