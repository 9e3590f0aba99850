/// The ids of words met before: one cache line a word, one place a word, the later word stays.
///
/// A word of up to 31 bytes is its own key, with its length in the last byte, so nothing is compared but four
/// integers. Words that are longer or have more than seven ids are merged every time.
final class WordCache {
  private static let slotBytes = 64
  private static let slotBits = 14
  static let longestWord = 31
  private static let mostIDs = 7

  private let memory: UnsafeMutableRawPointer

  init() {
    let bytes = Self.slotBytes << Self.slotBits
    memory = .allocate(byteCount: bytes, alignment: Self.slotBytes)
    // A length of zero is no word's.
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
  }

  deinit { memory.deallocate() }

  typealias Key = (UInt64, UInt64, UInt64, UInt64)

  /// The key of a word of 1 to 31 bytes.
  @inline(__always)
  static func key(_ word: UnsafeBufferPointer<UInt8>) -> Key {
    let bytes = UnsafeRawPointer(word.baseAddress!)
    let count = word.count
    let length = UInt64(count) << 56
    if count <= 8 { return (part(bytes, count), 0, 0, length) }
    let first = part(bytes, 8)
    if count <= 16 { return (first, part(bytes + 8, count - 8), 0, length) }
    let second = part(bytes + 8, 8)
    if count <= 24 { return (first, second, part(bytes + 16, count - 16), length) }
    return (first, second, part(bytes + 16, 8), part(bytes + 24, count - 24) | length)
  }

  /// `count` bytes, 1 to 8, as an integer: two loads that overlap rather than a loop.
  @inline(__always)
  private static func part(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
    if count == 8 { return bytes.loadUnaligned(as: UInt64.self) }
    if count >= 4 {
      let low = UInt64(bytes.loadUnaligned(as: UInt32.self))
      let high = UInt64((bytes + (count - 4)).loadUnaligned(as: UInt32.self))
      return low | high << UInt64((count - 4) * 8)
    }
    if count >= 2 {
      let low = UInt64(bytes.loadUnaligned(as: UInt16.self))
      let high = UInt64((bytes + (count - 2)).loadUnaligned(as: UInt16.self))
      return low | high << UInt64((count - 2) * 8)
    }
    return UInt64(bytes.load(as: UInt8.self))
  }

  @inline(__always)
  private func slot(_ key: Key) -> UnsafeMutableRawPointer {
    var hash = (key.0 ^ key.3) &* 0x9E37_79B9_7F4A_7C15
    hash ^= (key.1 ^ hash >> 32) &* 0xD6E8_FEB8_6659_FD93
    hash ^= key.2 &* 0xC2B2_AE3D_27D4_EB4F
    hash = (hash ^ hash >> 29) &* 0x9E37_79B9_7F4A_7C15
    return memory + Int(hash >> UInt64(64 - Self.slotBits)) * Self.slotBytes
  }

  /// Appends the word's ids; false where it is not known.
  @inline(__always)
  func append(_ key: Key, to ids: inout [Int]) -> Bool {
    let slot = slot(key)
    let found = slot.assumingMemoryBound(to: UInt64.self)
    guard found[0] == key.0, found[3] == key.3, found[1] == key.1, found[2] == key.2 else { return false }
    let stored = (slot + 32).assumingMemoryBound(to: Int32.self)
    ids.append(Int(stored[1]))
    var index = 2
    while index <= Int(stored[0]) {
      ids.append(Int(stored[index]))
      index += 1
    }
    return true
  }

  /// Remembers a word, in place of another.
  func set(_ key: Key, _ newIDs: ArraySlice<Int>) {
    guard newIDs.count >= 1, newIDs.count <= Self.mostIDs else { return }
    let slot = slot(key)
    let found = slot.assumingMemoryBound(to: UInt64.self)
    (found[0], found[1], found[2], found[3]) = key
    let stored = (slot + 32).assumingMemoryBound(to: Int32.self)
    stored[0] = Int32(newIDs.count)
    for (index, id) in newIDs.enumerated() { stored[index + 1] = Int32(id) }
  }
}
