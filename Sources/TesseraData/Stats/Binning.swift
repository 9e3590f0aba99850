#if canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Bins with edges that people like: round numbers, not more than fit on a screen.
package enum Binning {
  /// The most bins that a histogram has.
  package static let limit = 24

  /// Bins for sorted values: one a value where there are few; else of equal width where the largest value is up
  /// to eight times the smallest; else of equal proportion.
  package static func bins(_ sorted: [Double]) -> [Distribution.Bin] {
    if let few = distinct(sorted, atMost: 8) {
      return few.map { Distribution.Bin(lower: $0, upper: $0, count: 0) }
    }
    let (low, high) = (sorted[0], sorted[sorted.count - 1])
    let edges = low > 0 && high <= 8 * low ? linearEdges(low, high) : proportionalEdges(low, high)
    return zip(edges, edges.dropFirst()).map { Distribution.Bin(lower: $0, upper: $1, count: 0) }
  }

  private static func distinct(_ sorted: [Double], atMost most: Int) -> [Double]? {
    var found: [Double] = []
    for value in sorted where value != found.last {
      if found.count == most { return nil }
      found.append(value)
    }
    return found
  }

  /// Steps of 1, 2 or 5 times a power of ten.
  static func linearEdges(_ low: Double, _ high: Double) -> [Double] {
    let rough = (high - low) / 16
    var step = pow(10, log10(rough).rounded(.down))
    for factor in [2, 2.5, 2] where step < rough { step *= factor }
    let (first, last) = ((low / step).rounded(.down), (high / step).rounded(.down) + 1)
    return (0...Int(last - first)).map { (first + Double($0)) * step }
  }

  /// As many steps a power of ten as fit.
  static func proportionalEdges(_ low: Double, _ high: Double) -> [Double] {
    // 0 has no logarithm: what is below the smallest of the large values goes to the first bin.
    let first = Int(log10(max(low, high / 1e9)).rounded(.down))
    let last = Int(log10(high).rounded(.down))
    for steps in [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1]] {
      let all = (first...last + 1).flatMap { power in steps.map { $0 * pow(10, Double(power)) } }
      let from = all.lastIndex { $0 <= low } ?? 0
      let to = all.firstIndex { $0 > high } ?? all.count - 1
      if to - from <= limit || steps.count == 1 { return Array(all[from...to]) }
    }
    return [low, high]
  }

  /// A bin for each usual aspect ratio: what is nearer to it, in proportion, than to its neighbours.
  package static func aspectBins(_ sorted: [Double]) -> [Distribution.Bin] {
    let ratios: [(Double, Double)] = [
      (1, 4), (1, 3), (1, 2), (9, 16), (2, 3), (3, 4), (4, 5), (1, 1), (5, 4), (4, 3), (3, 2), (16, 9),
      (2, 1), (3, 1), (4, 1),
    ]
    let values = ratios.map { $0.0 / $0.1 }
    let middles = zip(values, values.dropFirst()).map { ($0 * $1).squareRoot() }
    let edges = [0] + middles + [max(sorted[sorted.count - 1], 8)]
    return ratios.enumerated().map { index, ratio in
      let name = "\(Int(ratio.0)):\(Int(ratio.1))"
      let label = index == 0 ? name + " or less" : index == ratios.count - 1 ? name + " or more" : name
      return Distribution.Bin(lower: edges[index], upper: edges[index + 1], count: 0, label: label)
    }
  }
}
