/// The order in which a loader visits a dataset: what `DataLoader(order:)` takes.
///
/// It is a rule that becomes a sampler once the dataset's count is known.
public struct SampleOrdering: Sendable {
  /// Makes the sampler for a dataset of `count` samples; throws where the two do not fit.
  package let make: @Sendable (_ count: Int) throws -> any Sampler
  /// The seed that the caller named; nil where the order has none.
  package let seed: UInt64?

  /// The dataset's own order, each epoch alike.
  public static let sequential = SampleOrdering(seed: nil) { SequentialSampler($0) }

  /// Every sample once, in a random order of the whole dataset, a new one each epoch; O(1) memory.
  public static func shuffled(seed: UInt64) -> SampleOrdering {
    SampleOrdering(seed: seed) { ShuffledSampler($0, seed: seed) }
  }

  /// A sampler of one's own, or one that wraps others. It must fit the dataset.
  public static func sampler(_ sampler: any Sampler) -> SampleOrdering {
    SampleOrdering(seed: nil) { _ in sampler }
  }
}

extension SampleOrdering {
  private init(seed: UInt64?, make: @escaping @Sendable (_ count: Int) throws -> any Sampler) {
    self.make = make
    self.seed = seed
  }
}
