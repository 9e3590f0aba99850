/// One rank's share of an order: the positions rank, rank + ranks, rank + 2·ranks, …
///
/// The ranks' shares, laid one into the other, are the base's order: what a single rank would visit. Over
/// `TorchRandomSampler`, `.pad` and `.drop` give what `torch.utils.data.DistributedSampler` gives.
///
/// - Complexity: as the base's.
public struct DistributedSampler: Sampler {
  public let base: any Sampler
  public let rank: Int
  public let ranks: Int
  public let tail: DistributedTail

  /// - Parameters:
  ///   - base: the order of all ranks together; the same on each.
  ///   - rank: this process, from 0.
  ///   - ranks: how many there are.
  ///   - tail: what becomes of samples that do not divide evenly.
  /// - Throws: `invalidArgument` unless 0 ≤ `rank` < `ranks`.
  public init(_ base: any Sampler, rank: Int, of ranks: Int, tail: DistributedTail = .pad) throws {
    try RankShare.check(rank: rank, of: ranks)
    self.base = base
    self.rank = rank
    self.ranks = ranks
    self.tail = tail
  }

  public func order(epoch: UInt64) throws -> SampleOrder {
    let order = try base.order(epoch: epoch)
    let share = RankShare(whole: order.count, rank: rank, ranks: ranks, tail: tail)
    return SampleOrder(count: share.count) { position in
      let place = share.place(position)
      var key = order[place.index].again(pass: place.pass, .ranks)
      key.isPadding = key.isPadding || place.isPadding
      return key
    }
  }

  public var summary: String {
    "distributed(of: \(base.summary), rank: \(rank), ranks: \(ranks), tail: \(tail.rawValue))"
  }
}
