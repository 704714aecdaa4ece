package import RESP

/// Where a command says how long it may wait.
package enum WaitingTime: Equatable, Sendable {
    case none
    /// Seconds, in the argument with this index; counted from the end if negative.
    case seconds(Int)
    /// Milliseconds, in the argument after BLOCK and before STREAMS.
    case block

    /// The words of a command for its next node, when part of its time is gone.
    ///
    /// - Parameters:
    ///   - arguments: the command as it was given.
    ///   - gone: seconds since it started to wait.
    /// - Returns: the same words for a command that may wait forever, or whose time is not a number. The time left is
    ///   never 0, which means forever.
    package func left(of arguments: [ByteString], after gone: Double) -> [ByteString] {
        guard let place = place(in: arguments), let time = Double(arguments[place].text), time > 0, time.isFinite,
            time < 1e12
        else { return arguments }
        var words = arguments
        switch self {
        case .none: return arguments
        case .seconds:
            let left = Int(max(1, ((time - gone) * 1000).rounded(.up)))
            words[place] = ByteString((Double(left) / 1000).text(decimals: 3))
        case .block: words[place] = ByteString("\(Int(max(1, (time - gone * 1000).rounded(.up))))")
        }
        return words
    }

    private func place(in arguments: [ByteString]) -> Int? {
        switch self {
        case .none: return nil
        case .seconds(let number):
            let place = number < 0 ? arguments.count + number : number
            return arguments.indices.contains(place) && place > 0 ? place : nil
        case .block:
            let end = arguments.firstIndex { $0.matches("STREAMS") } ?? arguments.endIndex
            let place = arguments[..<end].lastIndex { $0.matches("BLOCK") }.map { $0 + 1 }
            return place.flatMap { $0 < end ? $0 : nil }
        }
    }
}
