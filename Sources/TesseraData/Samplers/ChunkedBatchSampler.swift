internal import TesseraCore

/// The ordinary batches: a sampler's order cut into pieces of one size.
///
/// - Complexity: as the sampler's; nothing is added but the batch's own array.
public struct ChunkedBatchSampler: BatchSampler {
  public let sampler: any Sampler
  public let batchSize: Int
  public let dropLast: Bool

  /// - Parameters:
  ///   - sampler: the order.
  ///   - batchSize: samples of a batch, 1 or more.
  ///   - dropLast: whether a last batch of fewer samples is left out.
  /// - Throws: `invalidArgument` for a batch size below 1.
  public init(_ sampler: any Sampler, batchSize: Int, dropLast: Bool = false) throws {
    guard batchSize > 0 else {
      throw TesseraError(.invalidArgument(name: "batchSize", expected: "1 or more", got: "\(batchSize)"))
    }
    self.sampler = sampler
    self.batchSize = batchSize
    self.dropLast = dropLast
  }

  public func batches(epoch: UInt64) throws -> BatchOrder {
    let order = try sampler.order(epoch: epoch)
    let (size, full) = (batchSize, order.count / batchSize)
    let rest = dropLast ? 0 : order.count % size
    return BatchOrder(count: full + (rest > 0 ? 1 : 0), sampleCount: full * size + rest) { batch in
      let start = batch * size
      return (0..<(batch < full ? size : rest)).map { order[start + $0] }
    }
  }

  public var summary: String {
    "chunks(of: \(sampler.summary), batchSize: \(batchSize), dropLast: \(dropLast))"
  }
}
