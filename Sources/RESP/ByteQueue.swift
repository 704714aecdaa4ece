/// Bytes that come in at one end and leave at the other, on their way to a server or from it.
///
/// The only owner of raw memory: an array would check bounds and count references for every few bytes of a load of
/// millions of commands. A fuzz target holds it to its promises.
///
/// Public, because package-level code is not inlined into other modules: every look at the queue would be a call that
/// copies all of it, and a copy has to wait for what was just written. That costs a load an eighth of its time.
public struct ByteQueue: ~Copyable {
    private static let smallest = 4 << 10
    /// The most bytes that a type, a number and CR LF take.
    private static let headerSize = 23
    /// A word of up to this many bytes is copied in one store: no more than a header takes, and there is room for one.
    private static let chunkSize = 16
    /// An empty queue gives its memory back if it has more than this.
    private static let keptWhenEmpty = 4 << 20

    @usableFromInline var base: UnsafeMutableRawPointer
    private var capacity: Int
    @usableFromInline var start = 0
    @usableFromInline var end = 0
    /// Bytes that have left the queue since it was made: the offset of its first byte in everything that came through.
    public private(set) var droppedCount = 0

    public init() {
        capacity = 0
        base = UnsafeMutableRawPointer.allocate(byteCount: 0, alignment: 16)
    }

    deinit {
        base.deallocate()
    }

    @inlinable public var count: Int { end - start }

    @inlinable public var isEmpty: Bool { start == end }

    /// What the queue holds. Valid until the queue is changed.
    @inlinable public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + start, count: end - start)
    }

    // MARK: Coming in

    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        UnsafeMutableRawBufferPointer(start: base + end, count: bytes.count).copyMemory(from: bytes)
        end += bytes.count
    }

    /// Appends a command of these words in the form servers read: an array of bulk strings.
    ///
    /// - Parameter words: ranges of `bytes`.
    /// - Returns: how many bytes that took.
    public mutating func append(command words: [Range<Int>], of bytes: RawSpan) -> Int {
        var needed = Self.headerSize
        for word in words { needed += word.count + Self.headerSize + 2 }
        reserve(needed)
        let first = base + end
        var place = Self.writeHeader(UInt8(ascii: "*"), words.count, at: first)
        for word in words {
            precondition(word.lowerBound >= 0 && word.upperBound <= bytes.byteCount)
            place = Self.writeHeader(UInt8(ascii: "$"), word.count, at: place)
            if word.count <= Self.chunkSize, bytes.byteCount - word.lowerBound >= Self.chunkSize {
                // This also copies what follows the word, into the room for headers.
                let chunk = bytes.unsafeLoadUnaligned(fromByteOffset: word.lowerBound, as: SIMD16<UInt8>.self)
                place.storeBytes(of: chunk, as: SIMD16<UInt8>.self)
            } else {
                copy(word, of: bytes, to: place)
            }
            place += word.count
            place.storeBytes(of: Self.lineEnd, as: UInt16.self)
            place += 2
        }
        end += place - first
        return place - first
    }

    @inline(never)
    private func copy(_ range: Range<Int>, of bytes: RawSpan, to place: UnsafeMutableRawPointer) {
        bytes.withUnsafeBytes {
            // No address means no bytes.
            if let source = $0.baseAddress { place.copyMemory(from: source + range.lowerBound, byteCount: range.count) }
        }
    }

    /// Appends a command of these words.
    ///
    /// - Returns: how many bytes that took.
    package mutating func append(command words: [ByteString]) -> Int {
        let start = count
        var needed = Self.headerSize
        for word in words { needed += word.count + Self.headerSize + 2 }
        reserve(needed)
        end = Self.writeHeader(UInt8(ascii: "*"), words.count, at: base + end) - base
        for word in words {
            end = Self.writeHeader(UInt8(ascii: "$"), word.count, at: base + end) - base
            word.bytes.withUnsafeBytes { append($0) }
            (base + end).storeBytes(of: Self.lineEnd, as: UInt16.self)
            end += 2
        }
        return count - start
    }

    /// Room after the last byte, to be filled and then added with ``commit(_:)``.
    public mutating func space(_ count: Int) -> UnsafeMutableRawBufferPointer {
        reserve(count)
        return UnsafeMutableRawBufferPointer(start: base + end, count: count)
    }

    /// - Parameter count: bytes of the last ``space(_:)`` that were filled.
    public mutating func commit(_ count: Int) {
        precondition(0...(capacity - end) ~= count)
        end += count
    }

    // MARK: Leaving

    public mutating func removeFirst(_ count: Int) {
        precondition(0...(end - start) ~= count)
        start += count
        droppedCount += count
        guard start == end else { return }
        (start, end) = (0, 0)
        if capacity > Self.keptWhenEmpty {
            base.deallocate()
            capacity = 0
            base = UnsafeMutableRawPointer.allocate(byteCount: 0, alignment: 16)
        }
    }

    public mutating func removeLast(_ count: Int) {
        precondition(0...(end - start) ~= count)
        end -= count
    }

    // MARK: Memory

    private static let lineEnd = UInt16(0x0a0d).littleEndian

    /// Writes `*3 CRLF`, `$12 CRLF`, where ``headerSize`` bytes are reserved for it.
    ///
    /// - Returns: the place after it.
    private static func writeHeader(
        _ type: UInt8, _ number: Int, at place: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        // A short header is one store, which also writes past it.
        let (tens, ones) = number.quotientAndRemainder(dividingBy: 10)
        let last = UInt64(0x0a0d30) + UInt64(truncatingIfNeeded: ones)
        if number < 10 {
            place.storeBytes(of: (last << 8 | UInt64(type)).littleEndian, as: UInt64.self)
            return place + 4
        }
        if number < 100 {
            let both = last << 8 | UInt64(truncatingIfNeeded: 0x30 + tens)
            place.storeBytes(of: (both << 8 | UInt64(type)).littleEndian, as: UInt64.self)
            return place + 5
        }
        place.storeBytes(of: type, as: UInt8.self)
        let digits = writeDigits(tens, at: place + 1)
        digits.storeBytes(of: UInt32(truncatingIfNeeded: last).littleEndian, as: UInt32.self)
        return digits + 3
    }

    private static func writeDigits(_ number: Int, at place: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let place = number > 9 ? writeDigits(number / 10, at: place) : place
        place.storeBytes(of: 0x30 + UInt8(truncatingIfNeeded: number % 10), as: UInt8.self)
        return place + 1
    }

    private mutating func reserve(_ count: Int) {
        if capacity - end < count { makeRoom(for: count) }
    }

    /// Moves the bytes to the front, into a larger block if they would fill more than half of this one: on average,
    /// each byte is moved once.
    @inline(never)
    private mutating func makeRoom(for count: Int) {
        let held = end - start
        let source = base + start
        if held + count <= capacity / 2 || held == 0 && count <= capacity {
            base.copyMemory(from: source, byteCount: held)
        } else {
            capacity = max(Self.smallest, 2 * capacity, held + count)
            let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
            larger.copyMemory(from: source, byteCount: held)
            base.deallocate()
            base = larger
        }
        (start, end) = (0, held)
    }
}
