/// MT19937, the generator behind torch's and numpy's legacy draws. Only to reproduce theirs.
///
/// Matsumoto, Nishimura: "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudorandom number
/// generator" (1998), with the seeding of 2002. Everything of Tessera's own draws from `RandomStream`.
package struct MersenneTwister: Sendable {
  private var state: [UInt32]
  private var next = Self.size

  private static let size = 624
  private static let shift = 397

  /// The generator that torch makes of a 64-bit seed: of its low 32 bits alone.
  package init(seed: UInt64) {
    state = [UInt32](repeating: UInt32(truncatingIfNeeded: seed), count: Self.size)
    for i in 1..<Self.size {
      state[i] = 1_812_433_253 &* (state[i - 1] ^ state[i - 1] &>> 30) &+ UInt32(i)
    }
  }

  /// The next 32 bits.
  package mutating func next32() -> UInt32 {
    if next == Self.size { refill() }
    var y = state[next]
    next += 1
    y ^= y &>> 11
    y ^= y &<< 7 & 0x9D2C_5680
    y ^= y &<< 15 & 0xEFC6_0000
    return y ^ y &>> 18
  }

  /// The next 64 bits: the first draw is the high half, as in torch.
  package mutating func next64() -> UInt64 {
    let high = next32()
    return UInt64(high) << 32 | UInt64(next32())
  }

  private mutating func refill() {
    let (size, shift) = (Self.size, Self.shift)
    state.withUnsafeMutableBufferPointer { state in
      for i in 0..<size {
        let y = state[i] & 0x8000_0000 | state[i + 1 < size ? i + 1 : 0] & 0x7FFF_FFFF
        let other = state[i + shift < size ? i + shift : i + shift - size]
        state[i] = other ^ y &>> 1 ^ (y & 1 == 0 ? 0 : 0x9908_B0DF)
      }
    }
    next = 0
  }
}
