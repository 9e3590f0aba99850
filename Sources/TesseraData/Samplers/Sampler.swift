/// A rule for which sample stands where, each epoch: a pure map from (seed, epoch, position) to a sample.
///
/// Nothing is stored between calls. A sampler that needs a table (a permutation of torch's, buckets) builds it
/// in `order(epoch:)` and says in its documentation what that costs.
public protocol Sampler: Sendable {
  /// The order of one epoch: the same for the same sampler and epoch, always.
  func order(epoch: UInt64) throws -> SampleOrder

  /// What a loader's state remembers of the sampler, so that a run is not resumed in another order: the name
  /// and every argument that decides the order. By default the type's name.
  var summary: String { get }
}

extension Sampler {
  public var summary: String { "\(Self.self)" }
}

/// One epoch's order: which sample stands at each position.
public struct SampleOrder: Sendable {
  /// Positions.
  public let count: Int
  private let key: @Sendable (Int) -> SampleKey

  /// - Parameters:
  ///   - count: positions.
  ///   - key: the sample at a position, 0 ≤ position < `count`; called from several threads.
  public init(count: Int, _ key: @escaping @Sendable (Int) -> SampleKey) {
    precondition(count >= 0, "SampleOrder of \(count) positions")
    self.count = count
    self.key = key
  }

  /// The sample at a position. Traps outside of 0..<count.
  public subscript(position: Int) -> SampleKey {
    precondition(position >= 0 && position < count, "position \(position) of \(count)")
    return key(position)
  }
}
