internal import TesseraCore

/// What a loader makes batches of, and by which rule.
enum Origin: Sendable {
  case samples(any Dataset, SampleOrdering, DistributedRank?, dropLast: Bool)
  case batches(any Dataset, any BatchSampler)
  case stream(any IterableDataset, DistributedRank?, dropLast: Bool)

  var rank: DistributedRank? {
    switch self {
    case .samples(_, _, let rank, _), .stream(_, let rank, _): rank
    case .batches: nil
    }
  }

  /// Nil for streams.
  var dataset: (any Dataset)? {
    switch self {
    case .samples(let dataset, _, _, _), .batches(let dataset, _): dataset
    case .stream: nil
    }
  }

  var classes: [String] {
    switch self {
    case .samples(let dataset, _, _, _), .batches(let dataset, _): dataset.classes
    case .stream(let stream, _, _): stream.classes
    }
  }

  func fingerprint() throws -> Fingerprint {
    switch self {
    case .samples(let dataset, _, _, _), .batches(let dataset, _): try dataset.fingerprint()
    case .stream(let stream, _, _): try stream.fingerprint()
    }
  }

  /// The epoch's batches; nil for streams.
  func batchOrder(epoch: UInt64, batchSize: Int) throws -> BatchOrder? {
    switch self {
    case .samples(_, _, _, let dropLast):
      try ChunkedBatchSampler(
        try sampler(), batchSize: batchSize, dropLast: dropLast
      ).batches(epoch: epoch)
    case .batches(_, let sampler): try sampler.batches(epoch: epoch)
    case .stream: nil
    }
  }

  private func sampler() throws -> any Sampler {
    guard case .samples(let dataset, let order, let share, _) = self else {
      preconditionFailure("only a dataset with an order of samples has a sampler")
    }
    let base = try order.make(dataset.count)
    guard let share else { return base }
    return try DistributedSampler(base, rank: share.rank, of: share.ranks, tail: share.tail)
  }

  /// How many ranks share the data. Which of them this is stays out: one rank's state serves all.
  private static func words(_ rank: DistributedRank?) -> String {
    rank.map { "; \($0.ranks) ranks, tail \($0.tail.rawValue)" } ?? ""
  }

  func summary() throws -> String {
    switch self {
    case .samples(let dataset, let order, let rank, let dropLast):
      try order.make(dataset.count).summary + Self.words(rank) + (dropLast ? "; last dropped" : "")
    case .batches(_, let sampler): sampler.summary
    case .stream(_, let rank, let dropLast): "stream" + Self.words(rank) + (dropLast ? "; last dropped" : "")
    }
  }
}
