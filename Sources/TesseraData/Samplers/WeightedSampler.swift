internal import TesseraCore

/// Samples drawn in proportion to weights.
///
/// With replacement, every position draws on its own: position *p* is a pure function of (seed, epoch, *p*), and
/// visit *p* + 1 of its sample, so that a sample that is drawn twice is augmented twice. Without replacement,
/// samples are drawn one after another, each in proportion to the weights that are left. A sample of weight 0 is
/// never drawn.
///
/// - Complexity: with replacement, a table of 16 bytes a weight built in O(n) by `init`, then O(1) a position
///   (Walker's and Vose's alias method, in whole numbers: a share is exact to 2⁻⁴⁰). Without, O(n log n) an epoch
///   and 4 bytes a drawn sample: each gets the key log(*u*) / weight, and the largest are drawn in their order
///   (Efraimidis, Spirakis: "Weighted random sampling with a reservoir", 2006), ties by index. For 1.28 million
///   weights on one core of an AMD EPYC: 0.1 s to build, 0.2 µs a position; without replacement 0.4 s an epoch.
public struct WeightedSampler: Sampler {
  /// How many samples an epoch draws.
  public let count: Int
  public let seed: UInt64
  public let replacement: Bool
  private let weights: Weights
  private let digest: String

  private enum Weights: Sendable {
    case table(AliasTable)
    case plain([Double])
  }

  /// - Parameters:
  ///   - weights: one a sample, finite, not negative; they need not sum to 1.
  ///   - count: how many samples an epoch draws; nil for as many as there are weights (without replacement: as many
  ///     as have a weight above 0).
  ///   - replacement: whether a sample can be drawn again.
  ///   - seed: what tells runs apart.
  /// - Throws: `invalidArgument` for a weight that is negative, infinite or NaN, for weights that are all 0, for a
  ///   negative count, for more draws without replacement than weights above 0.
  public init(_ weights: [Double], count: Int? = nil, replacement: Bool = true, seed: UInt64) throws {
    let positive = try WholeShares.check(weights)
    guard weights.count <= AliasTable.limit else {
      throw TesseraError(
        .limitExceeded(what: "weights", limit: AliasTable.limit, found: weights.count))
    }
    self.count = count ?? (replacement ? weights.count : positive)
    self.seed = seed
    self.replacement = replacement
    guard self.count >= 0, replacement || self.count <= positive else {
      throw TesseraError(
        .invalidArgument(
          name: "count",
          expected: replacement ? "0 or more" : "0...\(positive), the weights above 0 (no replacement)",
          got: "\(self.count)"))
    }
    self.weights = replacement ? .table(AliasTable(weights)) : .plain(weights)
    digest = SamplerDigest.short(weights.map { Int(bitPattern: UInt(truncatingIfNeeded: $0.bitPattern)) })
  }

  public func order(epoch: UInt64) -> SampleOrder {
    switch weights {
    case .table(let table):
      let key = SamplerStream.weightedDraw.keys(seed: seed, epoch: epoch)
      return SampleOrder(count: count) { position in
        var random = key(UInt64(position))
        return SampleKey(table.draw(using: &random), visit: UInt64(position) + 1)
      }
    case .plain(let weights):
      let drawn = Self.draw(
        weights, count: count, keys: SamplerStream.weightedKey.keys(seed: seed, epoch: epoch))
      return SampleOrder(count: count) { SampleKey(Int(drawn[$0])) }
    }
  }

  /// The `count` indices of the largest keys, largest first.
  ///
  /// log(u) / w is compared as log(w) − log(−log(u)), its order-preserving image, which no weight can overflow.
  private static func draw(
    _ weights: [Double], count: Int, keys: (UInt64) -> RandomStream
  ) -> [UInt32] {
    var drawn: [(key: Double, index: UInt32)] = []
    drawn.reserveCapacity(weights.count)
    for (index, weight) in weights.enumerated() where weight > 0 {
      var random = keys(UInt64(index))
      let u = random.uniform() + 0x1p-54
      drawn.append((FixedMath.log(weight) - FixedMath.log(-FixedMath.log(u)), UInt32(index)))
    }
    drawn.sort { $0.key != $1.key ? $0.key > $1.key : $0.index < $1.index }
    return drawn.prefix(count).map(\.index)
  }

  public var summary: String {
    "weighted(weights: \(digest), count: \(count), replacement: \(replacement), seed: \(seed))"
  }

  /// Weights under which every class is drawn equally often: one over the number of samples of its class.
  ///
  /// - Parameter labels: the class of each sample; samples of the label nil get weight 0.
  public static func balancedWeights(labels: [Int?]) -> [Double] {
    var counts: [Int: Int] = [:]
    for case let label? in labels { counts[label, default: 0] += 1 }
    return labels.map { label in label.flatMap { counts[$0] }.map { 1 / Double($0) } ?? 0 }
  }
}
