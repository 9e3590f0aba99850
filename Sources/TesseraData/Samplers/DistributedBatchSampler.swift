/// One rank's share of whole batches: the batches rank, rank + ranks, rank + 2·ranks, …
///
/// For batch samplers whose batches must stay together (buckets, token budgets); plain batches are better
/// distributed sample by sample (`DistributedSampler`).
///
/// - Complexity: as the base's.
public struct DistributedBatchSampler: BatchSampler {
  public let base: any BatchSampler
  public let rank: Int
  public let ranks: Int
  public let tail: DistributedTail

  /// - Parameters:
  ///   - base: the batches of all ranks together; the same on each.
  ///   - rank: this process, from 0.
  ///   - ranks: how many there are.
  ///   - tail: what becomes of batches that do not divide evenly; `.exact` marks all samples of a batch that only
  ///     fills up as padding.
  /// - Throws: `invalidArgument` unless 0 ≤ `rank` < `ranks`.
  public init(_ base: any BatchSampler, rank: Int, of ranks: Int, tail: DistributedTail = .pad) throws {
    try RankShare.check(rank: rank, of: ranks)
    self.base = base
    self.rank = rank
    self.ranks = ranks
    self.tail = tail
  }

  public func batches(epoch: UInt64) throws -> BatchOrder {
    let batches = try base.batches(epoch: epoch)
    let share = RankShare(whole: batches.count, rank: rank, ranks: ranks, tail: tail)
    return BatchOrder(count: share.count) { batch in
      let place = share.place(batch)
      return batches[place.index].map { key in
        var key = key.again(pass: place.pass, .ranks)
        key.isPadding = key.isPadding || place.isPadding
        return key
      }
    }
  }

  public var summary: String {
    "distributed(of: \(base.summary), rank: \(rank), ranks: \(ranks), tail: \(tail.rawValue))"
  }
}
