public import TesseraCore

/// Which sample stands at a position, and which visit of it this is.
public struct SampleKey: Sendable, Hashable {
  /// The sample's index in its dataset.
  public var index: Int
  /// Tells several visits of one sample in one epoch apart, so that each draws its own augmentations: 0 where
  /// an order visits no sample twice.
  public var visit: UInt64
  /// Whether the sample stands here only to fill a batch (an uneven tail over several ranks): it is loaded, and
  /// the batch's `valid` marks it.
  public var isPadding: Bool

  public init(_ index: Int, visit: UInt64 = 0, isPadding: Bool = false) {
    self.index = index
    self.visit = visit
    self.isPadding = isPadding
  }

  /// The stream that everything random about this visit of the sample is drawn from.
  public func random(seed: UInt64, epoch: UInt64) -> RandomStream {
    let stream = RandomStream(seed: seed, epoch: epoch, sample: UInt64(index))
    if visit == 0 { return stream }
    // The visit's number is encrypted under the sample's key: streams of two visits have nothing in common.
    let key = stream.key
    let mixed = Philox.block(
      SIMD4(
        UInt32(truncatingIfNeeded: visit), UInt32(truncatingIfNeeded: visit >> 32), key.high.x, key.high.y),
      key: key.key)
    return RandomStream(
      RandomStream.Key(key: SIMD2(mixed.x, mixed.y), high: SIMD2(mixed.z, mixed.w), operation: 0))
  }
}
