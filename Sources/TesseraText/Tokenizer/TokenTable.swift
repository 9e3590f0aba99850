/// Strings of bytes and their numbers, both ways: an arena and a hash table over it.
///
/// Not `Dictionary<String, Int>`: to Swift two strings are equal when they look the same, to a vocabulary when their
/// bytes are.
struct TokenTable: Sendable {
  private var arena: [UInt8] = []
  /// Where each token lies in the arena; `absent` where the id has none yet.
  private var ranges: [Range<Int>] = []
  /// Ids, -1 where free. A power of two, at most half full.
  private var slots: [Int32]
  /// How many tokens there are.
  private(set) var count = 0

  private static let absent = 0..<0

  init(capacity: Int = 0) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: -1, count: size)
    ranges.reserveCapacity(capacity)
  }

  /// One past the highest id.
  var limit: Int { ranges.count }

  /// Adds a token under an id.
  ///
  /// - Returns: the id under which the token, or the token under which the id, is there already.
  mutating func insert(_ token: UnsafeBufferPointer<UInt8>, id: Int) -> Collision? {
    if let other = find(token) { return .token(other) }
    while ranges.count <= id { ranges.append(Self.absent) }
    if has(id) { return .id }
    if (count + 1) * 2 > slots.count { grow() }
    ranges[id] = arena.count..<arena.count + token.count
    arena.append(contentsOf: token)
    // An empty token takes a byte that nobody reads, so that it differs from an absent one.
    if token.isEmpty {
      ranges[id] = arena.count + 1..<arena.count + 1
      arena.append(0)
    }
    place(id, Self.hash(token))
    count += 1
    return nil
  }

  enum Collision {
    case token(Int)
    case id
  }

  /// The number of a token, a new one after the highest where it has none.
  mutating func number(_ token: UnsafeBufferPointer<UInt8>) -> Int {
    if let id = find(token) { return id }
    let id = ranges.count
    _ = insert(token, id: id)
    return id
  }

  func has(_ id: Int) -> Bool { id >= 0 && id < ranges.count && ranges[id] != Self.absent }

  /// The id of a token.
  @inline(__always)
  func find(_ token: UnsafeBufferPointer<UInt8>) -> Int? {
    slots.withUnsafeBufferPointer { slots in
      let mask = slots.count - 1
      var slot = Int(truncatingIfNeeded: Self.hash(token)) & mask
      while slots[slot] >= 0 {
        let id = Int(slots[slot])
        let range = ranges[id]
        if range.count == token.count && equals(range, token) { return id }
        slot = (slot + 1) & mask
      }
      return nil
    }
  }

  func find(_ token: [UInt8]) -> Int? { token.withUnsafeBufferPointer { find($0) } }

  func find(_ token: String) -> Int? {
    var token = token
    return token.withUTF8 { find($0) }
  }

  /// Calls `body` with a token's bytes; nil where the id has none.
  func withToken<R>(_ id: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R? {
    guard has(id) else { return nil }
    return try arena.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[ranges[id]])) }
  }

  private func equals(_ range: Range<Int>, _ token: UnsafeBufferPointer<UInt8>) -> Bool {
    arena.withUnsafeBufferPointer { arena in
      for offset in 0..<token.count where arena[range.lowerBound + offset] != token[offset] { return false }
      return true
    }
  }

  private mutating func place(_ id: Int, _ hash: UInt64) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] >= 0 { slot = (slot + 1) & mask }
    slots[slot] = Int32(id)
  }

  private mutating func grow() {
    slots = Array(repeating: -1, count: slots.count * 2)
    for id in ranges.indices where ranges[id] != Self.absent {
      let hash = arena.withUnsafeBufferPointer { Self.hash(UnsafeBufferPointer(rebasing: $0[ranges[id]])) }
      place(id, hash)
    }
  }

  /// FNV-1a, with the high bits brought down: tokens are short.
  @inline(__always)
  private static func hash(_ token: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in token { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash ^ hash >> 29
  }
}
