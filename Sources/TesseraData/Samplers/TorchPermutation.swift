/// What `torch.randperm(count, generator: torch.Generator().manual_seed(seed))` gives on the CPU.
///
/// Below ⌊(2³² − 1) / 20⌋ numbers, torch shuffles forwards with 32-bit draws; from there on it builds the order
/// inside out with 64-bit draws. Both take remainders, so neither is quite uniform; that is part of the match.
/// Checked against torch 2.15, and on both sides of the limit.
package enum TorchPermutation {
  /// From so many numbers on, torch draws 64 bits.
  package static let wideLimit = Int(UInt32.max / 20)

  /// The order as a table.
  ///
  /// - Parameters:
  ///   - isWide: which of torch's two ways; by default as torch chooses. Tests choose.
  ///   - number: four bytes a number where `count` allows it, else eight.
  /// - Complexity: O(count).
  package static func make<T: FixedWidthInteger & UnsignedInteger & Sendable>(
    count: Int, seed: UInt64, isWide: Bool? = nil, as number: T.Type
  ) -> [T] {
    var twister = MersenneTwister(seed: seed)
    return [T](unsafeUninitializedCapacity: count) { order, filled in
      if isWide ?? (count >= wideLimit) {
        for i in 0..<count {
          let other = Int(twister.next64() % UInt64(i + 1))
          order[i] = T(truncatingIfNeeded: i)
          order[i] = order[other]
          order[other] = T(truncatingIfNeeded: i)
        }
      } else {
        for i in 0..<count { order[i] = T(truncatingIfNeeded: i) }
        // One draw fewer than numbers: torch makes none for the last.
        for i in 0..<max(count - 1, 0) {
          let other = i + Int(twister.next32() % UInt32(truncatingIfNeeded: count - i))
          order.swapAt(i, other)
        }
      }
      filled = count
    }
  }
}
