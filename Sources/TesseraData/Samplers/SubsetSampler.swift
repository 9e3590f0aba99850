internal import TesseraCore

/// Chosen samples only, in the order given or shuffled anew each epoch.
///
/// An index may be given several times; each of its visits is then augmented on its own.
///
/// - Complexity: the list (8 bytes an index; 16 where an index repeats); O(1) a position.
public struct SubsetSampler: Sampler {
  public let indices: [Int]
  /// The seed of the shuffle; nil leaves the order as given.
  public let seed: UInt64?
  /// Which visit of its sample each entry is, from 1; empty where no index repeats.
  private let visits: [UInt64]
  private let digest: String

  /// - Parameters:
  ///   - indices: the samples.
  ///   - seed: shuffles them, differently each epoch; nil leaves their order.
  /// - Throws: `invalidArgument` for a negative index.
  public init(_ indices: [Int], shuffledBy seed: UInt64? = nil) throws {
    if let position = indices.firstIndex(where: { $0 < 0 }) {
      throw TesseraError(
        .invalidArgument(name: "indices[\(position)]", expected: "0 or more", got: "\(indices[position])"))
    }
    self.indices = indices
    self.seed = seed
    visits = Self.visits(of: indices)
    digest = SamplerDigest.short(indices)
  }

  /// Which visit of its sample each entry is, from 1; empty where no index repeats.
  private static func visits(of indices: [Int]) -> [UInt64] {
    // Sorted, equal ones are neighbours: less memory than a set, and no hashing.
    let sorted = indices.sorted()
    guard zip(sorted, sorted.dropFirst()).contains(where: ==) else { return [] }
    var counts: [Int: UInt64] = [:]
    return indices.map { index in
      counts[index, default: 0] += 1
      return counts[index, default: 0]
    }
  }

  public func order(epoch: UInt64) -> SampleOrder {
    let (indices, visits) = (indices, visits)
    let at: @Sendable (Int) -> SampleKey = {
      SampleKey(indices[$0], visit: visits.isEmpty ? 0 : visits[$0])
    }
    guard let seed else { return SampleOrder(count: indices.count, at) }
    let permutation = KeyedPermutation(count: indices.count, seed: seed, epoch: epoch)
    return SampleOrder(count: indices.count) { at(permutation[$0]) }
  }

  public var summary: String { "subset(indices: \(digest), seed: \(seed.map(String.init) ?? "none"))" }
}
