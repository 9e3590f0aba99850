/// This process's part of the samples, where several train together.
public struct DistributedRank: Sendable, Hashable {
  public var rank: Int
  /// Processes in all.
  public var ranks: Int
  /// What happens where the samples do not divide evenly.
  public var tail: DistributedTail

  /// - Parameters:
  ///   - rank: 0 ≤ rank < `ranks`.
  ///   - tail: by default as PyTorch: samples from the start are repeated.
  public init(_ rank: Int, of ranks: Int, tail: DistributedTail = .pad) {
    precondition(ranks >= 1 && (0..<ranks).contains(rank), "DistributedRank(\(rank), of: \(ranks))")
    self.rank = rank
    self.ranks = ranks
    self.tail = tail
  }
}
