/// One dataset of a mixture: its order, its size and its weight.
public struct MixtureSource: Sendable {
  /// The order of this dataset alone; its indices are 0..<`count`.
  public var sampler: any Sampler
  /// Samples of the dataset, which the next source's indices begin after.
  public var count: Int
  /// The share of the mixture, relative to the other sources'.
  public var weight: Double

  /// - Parameters:
  ///   - sampler: the order of this dataset alone.
  ///   - count: samples of the dataset.
  ///   - weight: finite, above 0.
  public init(_ sampler: any Sampler, count: Int, weight: Double) {
    self.sampler = sampler
    self.count = count
    self.weight = weight
  }

  /// A dataset of `count` samples that is shuffled anew each time.
  public init(shuffled count: Int, seed: UInt64, weight: Double) {
    self.init(ShuffledSampler(count, seed: seed), count: count, weight: weight)
  }
}
