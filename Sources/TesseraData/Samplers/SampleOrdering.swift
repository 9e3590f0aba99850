internal import TesseraCore

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

  /// Every sample once, in the order of `torch.randperm` under `seed + epoch` (`TorchRandomSampler`).
  public static func torchCompatible(seed: some BinaryInteger) -> SampleOrdering {
    let bits = UInt64(truncatingIfNeeded: seed)
    return SampleOrdering(seed: bits) { TorchRandomSampler($0, seed: bits) }
  }

  /// Samples drawn in proportion to weights (`WeightedSampler`).
  ///
  /// - Parameters:
  ///   - weights: one a sample, finite, not negative.
  ///   - count: how many samples an epoch draws; nil for as many as there are weights (without replacement: as many
  ///     as have a weight above 0).
  ///   - replacement: whether a sample can be drawn again.
  ///   - seed: what tells runs apart.
  public static func weighted(
    _ weights: [Double], count: Int? = nil, replacement: Bool = true, seed: UInt64
  ) -> SampleOrdering {
    SampleOrdering(seed: seed) { samples in
      guard weights.count == samples else {
        throw TesseraError(
          .invalidArgument(
            name: "weights", expected: "one for each of \(samples) samples", got: "\(weights.count)"))
      }
      return try WeightedSampler(weights, count: count, replacement: replacement, seed: seed)
    }
  }

  /// Chosen samples only, in the order given, or shuffled anew each epoch (`SubsetSampler`).
  public static func subset(_ indices: [Int], shuffledBy seed: UInt64? = nil) -> SampleOrdering {
    SampleOrdering(seed: seed) { samples in
      if let position = indices.firstIndex(where: { $0 >= samples }) {
        throw TesseraError(
          .invalidArgument(
            name: "indices[\(position)]", expected: "below \(samples), the dataset's count",
            got: "\(indices[position])"))
      }
      return try SubsetSampler(indices, shuffledBy: seed)
    }
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
