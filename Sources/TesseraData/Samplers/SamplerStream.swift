internal import TesseraCore

/// The streams that orders are drawn from: apart from each other and from those of every sample.
///
/// A sample's stream is keyed by its index, which is never negative; these have the highest bit set.
enum SamplerStream: UInt64 {
  case permutation = 0x8000_7E55_E4A0_0001
  case weightedDraw = 0x8000_7E55_E4A0_0002
  case weightedKey = 0x8000_7E55_E4A0_0003
  case bucket = 0x8000_7E55_E4A0_0004
  case batches = 0x8000_7E55_E4A0_0005
  case mixture = 0x8000_7E55_E4A0_0006
  case source = 0x8000_7E55_E4A0_0007

  /// The stream of this purpose in one epoch.
  func random(seed: UInt64, epoch: UInt64) -> RandomStream {
    RandomStream(seed: seed, epoch: epoch, sample: rawValue)
  }

  /// The streams of this purpose for several things in one epoch (buckets, positions), by their numbers.
  ///
  /// The key is encrypted once for all; a stream of its own then costs nothing but its draws, one Philox block for
  /// each 128 bits.
  func keys(seed: UInt64, epoch: UInt64) -> @Sendable (_ number: UInt64) -> RandomStream {
    var root = random(seed: seed, epoch: epoch)
    let key = SIMD2(root.next32(), root.next32())
    return { number in
      RandomStream(
        RandomStream.Key(
          key: key, high: SIMD2(UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32)),
          operation: 0))
    }
  }
}
