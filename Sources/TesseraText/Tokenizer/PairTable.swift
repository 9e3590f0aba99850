/// What two neighbours become, and how early: a hash table from pairs of ids.
struct PairTable: Sendable {
  struct Merge: Sendable {
    /// Merges of a lower rank come first.
    var rank: UInt32
    /// What the pair becomes.
    var id: Int32
  }

  private struct Slot: Sendable {
    var key: UInt64
    var merge: Merge
  }

  /// A key that no pair has: ids are below 2^31.
  private static let free = UInt64.max
  private var slots: [Slot]

  /// A table for so many pairs.
  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: Slot(key: Self.free, merge: Merge(rank: 0, id: 0)), count: size)
  }

  /// Sets what a pair becomes; of two merges of one pair the later counts, as with the `tokenizers` library.
  mutating func set(_ left: Int, _ right: Int, _ merge: Merge) {
    let key = Self.key(Int32(left), Int32(right))
    var slot = start(key)
    while slots[slot].key != Self.free && slots[slot].key != key { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = Slot(key: key, merge: merge)
  }

  /// What a pair becomes; the rank is `UInt32.max` where it stays.
  @inline(__always)
  func get(_ left: Int32, _ right: Int32) -> Merge {
    let key = Self.key(left, right)
    return slots.withUnsafeBufferPointer { slots in
      var slot = start(key)
      while true {
        let found = slots[slot]
        if found.key == key { return found.merge }
        if found.key == Self.free { return Merge(rank: .max, id: 0) }
        slot = (slot + 1) & (slots.count - 1)
      }
    }
  }

  @inline(__always)
  private func start(_ key: UInt64) -> Int {
    let hash = key &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: hash >> 32) & (slots.count - 1)
  }

  @inline(__always)
  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}
