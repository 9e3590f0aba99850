/// Every sample once, in a random order over the whole dataset that differs each epoch.
///
/// The order is computed, not stored (`KeyedPermutation`): 1.28 million samples need as little memory as ten, the
/// first batch waits for nothing, and any position can be asked for at once.
///
/// - Complexity: O(1) memory, O(1) expected time a position.
public struct ShuffledSampler: Sampler {
  public let count: Int
  public let seed: UInt64

  /// - Parameters:
  ///   - count: samples, 0 or more.
  ///   - seed: what tells runs apart.
  public init(_ count: Int, seed: UInt64) {
    precondition(count >= 0, "ShuffledSampler of \(count) samples")
    self.count = count
    self.seed = seed
  }

  public func order(epoch: UInt64) -> SampleOrder {
    let permutation = KeyedPermutation(count: count, seed: seed, epoch: epoch)
    return SampleOrder(count: count) { SampleKey(permutation[$0]) }
  }

  public var summary: String { "shuffled(count: \(count), seed: \(seed))" }
}
