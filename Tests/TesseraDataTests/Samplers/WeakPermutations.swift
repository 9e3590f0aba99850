import Tessera

/// Shuffles that are not good enough: the quality tests must tell them from good ones.
enum WeakPermutations {
  /// *a·i + c* modulo the count.
  static func linear(_ count: Int, seed: UInt64, epoch: UInt64) -> [Int] {
    var random = RandomStream(seed: seed, epoch: epoch)
    var factor = 0
    repeat { factor = random.integer(in: 1...count - 1) } while gcd(factor, count) != 1
    let shift = random.integer(in: 0...count - 1)
    return (0..<count).map { (factor * $0 + shift) % count }
  }

  private static func gcd(_ a: Int, _ b: Int) -> Int { b == 0 ? a : gcd(b, a % b) }

  /// A Feistel network whose halves are XORed, with a strong round function and as many rounds as asked for.
  static func feistel(rounds: Int) -> @Sendable (Int, UInt64, UInt64) -> [Int] {
    { count, seed, epoch in
      var random = RandomStream(seed: seed, epoch: epoch)
      let keys = (0..<rounds).map { _ in random.next64() }
      let bits = Int.bitWidth - (count - 1).leadingZeroBitCount
      let low = (bits + 1) / 2
      let masks = (right: (1 << low) - 1, left: (1 << (bits / 2)) - 1)
      return (0..<count).map { position in
        var value = position
        repeat {
          var (left, right) = (value >> low, value & masks.right)
          for (round, key) in keys.enumerated() {
            if round % 2 == 0 {
              left ^= mix(UInt64(right) ^ key) & masks.left
            } else {
              right ^= mix(UInt64(left) ^ key) & masks.right
            }
          }
          value = left << low | right
        } while value >= count
        return value
      }
    }
  }

  private static func mix(_ value: UInt64) -> Int {
    let block = Philox.block([UInt32(truncatingIfNeeded: value), UInt32(value >> 32), 0, 0], key: [1, 2])
    return Int(block.x)
  }
}
