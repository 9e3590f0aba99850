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

  /// The stream of this purpose in one epoch.
  func random(seed: UInt64, epoch: UInt64) -> RandomStream {
    RandomStream(seed: seed, epoch: epoch, sample: rawValue)
  }

  /// The stream of this purpose for the `number`-th of several things in one epoch (a bucket, a position):
  /// encrypted twice, so that neighbouring numbers have nothing in common.
  func random(seed: UInt64, epoch: UInt64, number: UInt64) -> RandomStream {
    var root = random(seed: seed, epoch: epoch)
    return RandomStream(seed: root.next64(), epoch: root.next64(), sample: number)
  }
}
