/// Every sample once, in the dataset's own order, each epoch alike.
///
/// - Complexity: nothing is stored; O(1) a position.
public struct SequentialSampler: Sampler {
  public let count: Int

  /// - Parameter count: samples, 0 or more.
  public init(_ count: Int) {
    precondition(count >= 0, "SequentialSampler of \(count) samples")
    self.count = count
  }

  public func order(epoch: UInt64) -> SampleOrder { SampleOrder(count: count) { SampleKey($0) } }

  public var summary: String { "sequential(count: \(count))" }
}
