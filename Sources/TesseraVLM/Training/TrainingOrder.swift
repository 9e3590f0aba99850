internal import TesseraCore
internal import TesseraData

/// Which samples make up each optimiser step of a run: a mixture's positions, cut by number or by tokens.
///
/// It is one epoch as long as the run: sources that end begin anew, shuffled anew. Where several processes train, each step's
/// samples are dealt out among them: the step is the same for any number.
struct TrainingOrder: BatchSampler {
  /// How large a step is.
  enum StepSize: Sendable, Hashable {
    case samples(Int)
    /// At most so many tokens, pictures' included, without padding; a longer sample is a step by itself.
    case tokens(Int)
  }

  let steps: Int
  let size: StepSize
  private let order: SampleOrder
  /// Where each step begins among the positions; empty where all are alike.
  private let starts: [Int]
  /// Tokens of each sample, by which a step is dealt out.
  private let lengths: [Int]
  private let rank: DistributedRank
  let summary: String

  /// - Parameters:
  ///   - lengths: tokens of each sample, source after source.
  ///   - counts: samples of each source.
  ///   - weights: the share of each.
  ///   - rank: whose samples of each step are given.
  /// - Throws: `invalidInput` for a source without samples; what the mixture throws.
  init(
    lengths: [Int], counts: [Int], weights: [Double], seed: UInt64, steps: Int, size: StepSize,
    rank: DistributedRank = DistributedRank(0, of: 1)
  ) throws {
    (self.steps, self.size, self.lengths, self.rank) = (steps, size, lengths, rank)
    let mean = max(1, lengths.isEmpty ? 1 : lengths.reduce(0, +) / lengths.count)
    var positions: Int
    switch size {
    case .samples(let count): positions = steps * count
    case .tokens(let budget): positions = steps * (budget / mean + 2)
    }
    func order(_ positions: Int) throws -> SampleOrder {
      try MixtureSampler(counts: counts, weights: weights, seed: seed, stop: .count(positions)).order(
        epoch: 0)
    }
    // Neither steps nor the positions' number are named: a longer run begins as a shorter one. Nor is the rank: a run goes on
    // with another number of ranks.
    summary = "training(counts: \(counts), weights: \(weights), seed: \(seed), step: \(size))"
    guard case .tokens(let budget) = size else {
      (self.order, starts) = (try order(positions), [])
      return
    }
    while true {
      let order = try order(positions)
      let starts = Self.cut(order, lengths: lengths, budget: budget, steps: steps)
      if starts.count > steps {
        (self.order, self.starts) = (order, starts)
        return
      }
      positions *= 2
    }
  }

  /// Where each step begins, and the end of the last; fewer if the positions do not suffice.
  private static func cut(_ order: SampleOrder, lengths: [Int], budget: Int, steps: Int) -> [Int] {
    var (starts, sum) = ([0], 0)
    for position in 0..<order.count {
      let length = lengths[order[position].index]
      if sum > 0 && sum + length > budget {
        starts.append(position)
        if starts.count > steps { return starts }
        sum = 0
      }
      sum += length
    }
    return starts
  }

  func batches(epoch: UInt64) throws -> BatchOrder {
    BatchOrder(count: steps) { step in
      let keys = keys(ofStep: step)
      let own = part(keys)
      // A batch has a sample in any case: who has none leaves this one aside (`isIdle`).
      return own.isEmpty ? Array(keys.prefix(1)) : Array(keys[own])
    }
  }

  /// Whether a step has no sample for this rank.
  func isIdle(_ step: Int) -> Bool { rank.ranks > 1 && part(keys(ofStep: step)).isEmpty }

  private func keys(ofStep step: Int) -> [SampleKey] {
    switch size {
    case .samples(let count): (step * count..<(step + 1) * count).map { order[$0] }
    case .tokens: (starts[step]..<starts[step + 1]).map { order[$0] }
    }
  }

  /// The rank's samples of a step: neighbours, about as many tokens for each rank. Rank 0 has one in any case.
  private func part(_ keys: [SampleKey]) -> Range<Int> {
    guard rank.ranks > 1 else { return keys.indices }
    let total = max(1, keys.reduce(0) { $0 + lengths[$1.index] })
    var sum = 0
    var own = (first: keys.count, end: keys.count)
    for (place, key) in keys.enumerated() {
      let middle = sum + lengths[key.index] / 2
      sum += lengths[key.index]
      let owner = place == 0 ? 0 : min(rank.ranks - 1, middle * rank.ranks / total)
      if owner >= rank.rank { own.first = min(own.first, place) }
      if owner > rank.rank { own.end = min(own.end, place) }
    }
    return own.first..<max(own.first, own.end)
  }
}
