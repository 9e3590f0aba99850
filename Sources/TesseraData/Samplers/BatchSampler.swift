/// A rule for which samples make up each batch. One's own takes five lines:
///
///     struct EveryOther: BatchSampler {
///       let count: Int
///       func batches(epoch: UInt64) -> BatchOrder {
///         BatchOrder(count: count / 8) { batch in (0..<4).map { SampleKey(batch * 8 + 2 * $0) } }
///       }
///     }
public protocol BatchSampler: Sendable {
  /// The batches of one epoch: the same for the same sampler and epoch, always.
  func batches(epoch: UInt64) throws -> BatchOrder

  /// As `Sampler.summary`. By default the type's name.
  var summary: String { get }
}

extension BatchSampler {
  public var summary: String { "\(Self.self)" }
}

/// One epoch's batches: which samples stand in each.
public struct BatchOrder: Sendable {
  /// Batches.
  public let count: Int
  /// Samples in all batches, where it is known without asking each; else nil.
  public let sampleCount: Int?
  private let keys: @Sendable (Int) -> [SampleKey]

  /// - Parameters:
  ///   - count: batches.
  ///   - sampleCount: samples in all of them, if known.
  ///   - keys: the samples of a batch, at least one, 0 ≤ batch < `count`; called from several threads.
  public init(count: Int, sampleCount: Int? = nil, _ keys: @escaping @Sendable (Int) -> [SampleKey]) {
    precondition(count >= 0, "BatchOrder of \(count) batches")
    self.count = count
    self.sampleCount = sampleCount
    self.keys = keys
  }

  /// The samples of a batch. Traps outside of 0..<count.
  public subscript(batch: Int) -> [SampleKey] {
    precondition(batch >= 0 && batch < count, "batch \(batch) of \(count)")
    return keys(batch)
  }
}
