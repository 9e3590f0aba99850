/// A reader that walks forward through a source: through memory as it is, through a file a window at a time.
struct ByteCursor<Source: ByteSource> {
  let source: Source
  /// Offset of the next byte. May lie beyond the end: nothing is read there.
  var position = 0
  private var window: [UInt8] = []
  private var windowStart = 0

  init(_ source: Source) { self.source = source }

  /// Bytes from the position to the end; 0 beyond it.
  var remaining: Int { max(0, source.count - position) }

  /// The next byte, or `nil` at the end.
  mutating func next() throws -> UInt8? {
    if let memory = source.memory {
      guard position < memory.count else { return nil }
      defer { position += 1 }
      return memory[position]
    }
    if position < windowStart || position >= windowStart + window.count {
      window = try source.read(at: position, length: 4096)
      windowStart = position
    }
    guard position < windowStart + window.count else { return nil }
    defer { position += 1 }
    return window[position - windowStart]
  }

  /// The next two bytes as a number, or `nil` (and no move) if there are fewer.
  mutating func big16() throws -> Int? {
    let start = position
    guard let high = try next(), let low = try next() else {
      position = start
      return nil
    }
    return Int(high) << 8 | Int(low)
  }

  /// Moves on by exactly `length` bytes, or not at all (and returns false) if there are fewer.
  mutating func skip(_ length: Int) -> Bool {
    guard length <= remaining else { return false }
    position += length
    return true
  }

  /// Up to `length` bytes; fewer at the end.
  mutating func upTo(_ length: Int) throws -> [UInt8] {
    let start = position - windowStart
    if start >= 0 && start + length <= window.count {
      position += length
      return Array(window[start..<start + length])
    }
    let bytes =
      if source.memory == nil && length <= 4096 {
        try refill(length)
      } else {
        try source.read(at: position, length: length)
      }
    position += bytes.count
    return bytes
  }

  /// Exactly `length` bytes, or `nil` (and no move) if there are fewer.
  mutating func exactly(_ length: Int) throws -> [UInt8]? {
    guard length <= remaining else { return nil }
    let start = position
    let bytes = try upTo(length)
    if bytes.count == length { return bytes }
    position = start
    return nil
  }

  private mutating func refill(_ length: Int) throws -> [UInt8] {
    window = try source.read(at: position, length: 4096)
    windowStart = position
    return Array(window.prefix(length))
  }
}
