internal import TesseraCore

/// A keyed bijection of 0..<2^bits, as `KeyedPermutation` describes it.
///
/// Invariant: `left` holds the high ⌊bits/2⌋ bits and `right` the low ⌈bits/2⌉; a round changes one of them by
/// a function of the other, so that running the rounds backwards undoes them.
struct FeistelCipher: Sendable {
  /// Two round keys a double round.
  private let keys: [SIMD2<UInt64>]
  private let rightBits: UInt64
  private let leftMask: UInt64
  private let rightMask: UInt64

  /// - Parameters:
  ///   - bits: the width of the numbers, 2...63.
  ///   - rounds: an even number. Twelve leave a margin over what the statistics of 1,025 numbers need; the tests
  ///     show two rounds failing them.
  init(bits: Int, rounds: Int = 12, using random: inout RandomStream) {
    precondition((2...63).contains(bits) && rounds > 0 && rounds % 2 == 0, "\(rounds) rounds of \(bits) bits")
    rightBits = UInt64((bits + 1) / 2)
    rightMask = (1 << rightBits) - 1
    leftMask = (1 << UInt64(bits / 2)) - 1
    keys = (0..<rounds / 2).map { _ in SIMD2(random.next64(), random.next64()) }
  }

  func encrypt(_ value: UInt64) -> UInt64 {
    var left = value &>> rightBits
    var right = value & rightMask
    for key in keys {
      left = (left &+ Self.mix(right ^ key.x)) & leftMask
      right = (right &+ Self.mix(left ^ key.y)) & rightMask
    }
    return left &<< rightBits | right
  }

  func decrypt(_ value: UInt64) -> UInt64 {
    var left = value &>> rightBits
    var right = value & rightMask
    for key in keys.reversed() {
      right = (right &- Self.mix(left ^ key.y)) & rightMask
      left = (left &- Self.mix(right ^ key.x)) & leftMask
    }
    return left &<< rightBits | right
  }

  /// SplitMix64's finaliser: every bit of the input moves every bit of the result with a chance near ½.
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ z &>> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z &>> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z &>> 31
  }
}
