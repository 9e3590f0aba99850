public import TesseraCore

/// Into which group of like shapes a picture goes.
public struct AspectRatioBuckets: Sendable, Hashable {
  /// How many buckets there are.
  public var count: Int { resolutions.isEmpty ? edges.count + 1 : resolutions.count }
  /// The sizes that the buckets stand for, one each; empty for plain intervals of the ratio.
  public let resolutions: [Size]
  /// Bounds of the ratio width / height between the buckets, ascending; empty for resolutions.
  public let edges: [Double]
  private let logarithms: [Double]

  /// Intervals of the ratio width / height.
  ///
  /// - Parameter edges: the bounds, ascending; a ratio that equals a bound belongs above it.
  /// - Throws: `invalidArgument` unless they are positive, finite and ascending.
  public init(edges: [Double]) throws {
    guard edges.allSatisfy({ $0.isFinite && $0 > 0 }), zip(edges, edges.dropFirst()).allSatisfy(<) else {
      throw TesseraError(
        .invalidArgument(name: "edges", expected: "positive, finite and ascending", got: "\(edges)"))
    }
    self.edges = edges
    (resolutions, logarithms) = ([], [])
  }

  /// Intervals as torchvision's detection references group by: 2*k* + 1 bounds from ½ to 2, even in their logarithm
  /// (*k* = 0 parts upright from wide pictures).
  ///
  /// - Throws: `invalidArgument` unless 0 ≤ `octaveParts` ≤ 1,000.
  public init(octaveParts k: Int) throws {
    guard (0...1000).contains(k) else {
      throw TesseraError(.invalidArgument(name: "octaveParts", expected: "0...1000", got: "\(k)"))
    }
    // The ends are exact: pictures of twice the width are common.
    let bounds = (-k...k).map { part -> Double in
      let octaves = Double(part) / Double(max(k, 1))
      return part.magnitude == k ? (part < 0 ? 0.5 : 2) : FixedMath.exp(octaves * FixedMath.log(2))
    }
    try self.init(edges: k == 0 ? [1] : bounds)
  }

  /// Sizes to which pictures will be brought: a picture goes to the one of the nearest ratio (in the logarithm); of
  /// two equally near, the first.
  ///
  /// - Throws: `invalidArgument` for no size, or an empty one.
  public init(resolutions: [Size]) throws {
    guard !resolutions.isEmpty, resolutions.allSatisfy({ $0.width > 0 && $0.height > 0 }) else {
      throw TesseraError(
        .invalidArgument(
          name: "resolutions", expected: "at least one size, none empty", got: "\(resolutions)"))
    }
    self.resolutions = resolutions
    edges = []
    logarithms = resolutions.map { FixedMath.log(Double($0.width) / Double($0.height)) }
  }

  /// The sizes of about one area whose sides are multiples of a step, from tall to wide: for each width the
  /// largest height that keeps width · height ≤ `area`.
  ///
  /// - Parameters:
  ///   - area: pixels at most.
  ///   - step: what both sides are multiples of.
  ///   - longest: the longer side at most.
  /// - Throws: `invalidArgument` if no size fits.
  public init(area: Int, step: Int, longest: Int) throws {
    guard step > 0, area >= step, area / step >= step, longest >= step else {
      throw TesseraError(
        .invalidArgument(
          name: "area, step, longest", expected: "room for a square of one step",
          got: "\(area), \(step), \(longest)"))
    }
    guard longest / step <= 100_000 else {
      throw TesseraError(
        .limitExceeded(what: "steps of the longest side", limit: 100_000, found: longest / step))
    }
    let sizes = stride(from: step, through: longest, by: step).compactMap { width -> Size? in
      let height = min(area / width, longest) / step * step
      return height > 0 ? Size(width: width, height: height) : nil
    }
    // Narrow widths that the longest side cuts short would give slimmer pictures of less area: only those of at
    // least half the area are of use.
    let full = sizes.filter { $0.area >= area / 2 }
    try self.init(resolutions: full.isEmpty ? sizes : full)
  }

  /// The bucket of a picture, 0..<`count`. Empty sizes go to bucket 0.
  ///
  /// - Complexity: O(log n) for intervals, O(n) for resolutions.
  public func bucket(of size: Size) -> Int {
    guard size.width > 0, size.height > 0 else { return 0 }
    let ratio = Double(size.width) / Double(size.height)
    if resolutions.isEmpty {
      var (low, high) = (0, edges.count)
      while low < high {
        let middle = (low + high) / 2
        if edges[middle] <= ratio { low = middle + 1 } else { high = middle }
      }
      return low
    }
    let logarithm = FixedMath.log(ratio)
    var best = 0
    for bucket in logarithms.indices.dropFirst()
    where abs(logarithms[bucket] - logarithm) < abs(logarithms[best] - logarithm) { best = bucket }
    return best
  }

  /// Everything that decides a bucket, as text.
  var summary: String {
    let text = resolutions.isEmpty ? "edges \(edges)" : "resolutions \(resolutions)"
    return count > 12 ? SamplerDigest.short(text) : text
  }
}
