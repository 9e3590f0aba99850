internal import TesseraData

/// Neighbouring samples as batches, which are dealt out to ranks in turn: each sample once, however many ranks there are.
struct DealtBatches: BatchSampler {
  /// Samples in all.
  let samples: Int
  /// Samples of a batch; the last one may have fewer.
  let size: Int
  let rank: DistributedRank

  var summary: String { "dealt(\(samples), \(size), \(rank.rank) of \(rank.ranks))" }

  func batches(epoch: UInt64) -> BatchOrder {
    let all = (samples + size - 1) / size
    return BatchOrder(count: (all - rank.rank + rank.ranks - 1) / rank.ranks) { number in
      let start = (number * rank.ranks + rank.rank) * size
      return (start..<min(start + size, samples)).map { SampleKey($0) }
    }
  }
}
