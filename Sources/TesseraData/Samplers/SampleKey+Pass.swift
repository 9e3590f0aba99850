internal import TesseraCore

extension SampleKey {
  /// Why an order visits its samples again.
  enum Repetition: UInt64 {
    /// A source of a mixture began anew.
    case mixture = 0
    /// A list was repeated to fill the ranks.
    case ranks = 0x8000_0000_0000_0000
  }

  /// The same sample in a later pass over the order: a visit of its own. Pass 0 is the order itself.
  ///
  /// A mixture's pass over an order without repetitions is the visit's number. Anything else is hashed: visits of
  /// nested orders must not meet, and an order's own numbers may be anything.
  func again(pass: Int, _ reason: Repetition) -> SampleKey {
    if pass == 0 { return self }
    var key = self
    let number = reason.rawValue | UInt64(pass)
    if visit == 0 {
      key.visit = number
    } else {
      let mixed = Philox.block(
        SIMD4(
          UInt32(truncatingIfNeeded: visit), UInt32(truncatingIfNeeded: visit >> 32),
          UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32)),
        key: SIMD2(0x7E55_E4A0, 0))
      key.visit = UInt64(mixed.y) << 32 | UInt64(mixed.x)
    }
    return key
  }
}
