internal import TesseraCore
public import TesseraData

/// Several data sets as one, mixed by their weights.
///
///     let mixture = try CorpusMixture([captions, questions], seed: 7)
///     let loader = try DataLoader(mixture.dataset, order: .sampler(mixture.sampler), …)
///     for share in try mixture.shares() { print(share.name, share.positions, share.passes) }
///
/// Without weights an epoch gives every sample of every source once, shuffled. With weights an epoch has a fixed number
/// of positions, which the sources share evenly by their weights; a small source with a large weight comes around
/// several times, shuffled anew each time. Which sample stands where is a pure function of the sources, the seed, the
/// epoch and the position.
public struct CorpusMixture: Sendable {
  /// The sources, in the order in which their samples are numbered.
  public let sources: [CorpusSource]
  /// What each source holds.
  public let formats: [CorpusFormat]
  /// All samples, source after source.
  public let dataset: ConcatDataset
  /// The order of each epoch.
  public let sampler: any Sampler

  /// Opens the sources.
  ///
  /// - Parameters:
  ///   - seed: what tells runs apart.
  ///   - epoch: positions of an epoch of weighted sources; nil for as many as there are samples in all.
  ///   - shuffles: whether sources without weights are shuffled; weighted ones always are.
  /// - Throws: `invalidArgument` for no source, for weights of some sources but not of all, for an epoch's length where
  ///   there are no weights; `invalidInput` for a source without samples; what `CorpusSource.open` throws.
  public init(_ sources: [CorpusSource], seed: UInt64, epoch: Int? = nil, shuffles: Bool = true) throws {
    guard !sources.isEmpty else {
      throw TesseraError(.invalidArgument(name: "sources", expected: "at least one", got: "none"))
    }
    let weights = sources.compactMap(\.weight)
    guard weights.isEmpty || weights.count == sources.count else {
      throw TesseraError(
        .invalidArgument(
          name: "the weights", expected: "one for every source, or none at all",
          got: "\(weights.count) for \(sources.count) sources"))
    }
    self.sources = sources
    formats = try sources.map { try $0.resolvedFormat() }
    let parts = try sources.map { source in
      let part = try source.open()
      guard part.count > 0 else {
        throw TesseraError(
          .invalidInput(operation: "training", expected: "samples", got: "an empty data set"),
          path: source.path, stage: .list)
      }
      return part
    }
    dataset = try ConcatDataset(parts)
    if weights.isEmpty {
      guard epoch == nil else {
        throw TesseraError(
          .invalidArgument(
            name: "an epoch's length", expected: "none: without weights each sample comes once",
            got: "\(epoch ?? 0)"))
      }
      sampler =
        shuffles ? ShuffledSampler(dataset.count, seed: seed) : SequentialSampler(dataset.count)
    } else {
      sampler = try MixtureSampler(
        counts: parts.map(\.count), weights: weights, seed: seed, stop: .count(epoch ?? dataset.count))
    }
  }

  /// The source that a sample of `dataset` comes from.
  public func source(of index: Int) -> CorpusSource { sources[dataset.locate(index).part] }

  /// What each source gives to an epoch, counted.
  ///
  /// - Complexity: O(positions).
  public func shares(epoch: UInt64 = 0) throws -> [CorpusShare] {
    let order = try sampler.order(epoch: epoch)
    var positions = [Int](repeating: 0, count: sources.count)
    for position in 0..<order.count { positions[dataset.locate(order[position].index).part] += 1 }
    return sources.indices.map { number in
      let samples = dataset.parts[number].count
      return CorpusShare(
        name: sources[number].title, format: formats[number], samples: samples,
        weight: sources[number].weight,
        positions: positions[number],
        share: order.count == 0 ? 0 : Double(positions[number]) / Double(order.count),
        passes: Double(positions[number]) / Double(samples))
    }
  }
}
