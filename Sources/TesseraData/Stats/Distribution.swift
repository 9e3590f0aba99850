/// How a quantity is spread: its ends, its middle and a histogram.
public struct Distribution: Sendable, Codable, Equatable {
  public var count: Int
  public var minimum: Double
  public var maximum: Double
  public var mean: Double
  /// The lower of the two middle values where their number is even.
  public var median: Double
  public var percentile5: Double
  public var percentile95: Double
  public var bins: [Bin]

  /// Values from `lower` to `upper`; `upper` belongs to the next bin, but in the last and where both are equal.
  public struct Bin: Sendable, Codable, Equatable {
    public var lower: Double
    public var upper: Double
    public var count: Int
    /// The bin's name where it has one, such as `4:3`.
    public var label: String?
  }

  /// The distribution of some values, nil if there are none.
  ///
  /// - Parameter edges: where bins begin and end, rising, given the sorted values.
  package init?(_ values: [Double], edges: ([Double]) -> [Bin] = Binning.bins) {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    count = sorted.count
    (minimum, maximum) = (sorted[0], sorted[count - 1])
    // In sorted order, so that the rounding does not depend on the order of the pictures.
    mean = sorted.reduce(0, +) / Double(count)
    func rank(_ share: Double) -> Double { sorted[Int((share * Double(sorted.count - 1)).rounded(.down))] }
    (median, percentile5, percentile95) = (rank(0.5), rank(0.05), rank(0.95))
    bins = edges(sorted)
    Self.count(sorted, into: &bins)
  }

  /// Both are sorted: one walk.
  private static func count(_ sorted: [Double], into bins: inout [Bin]) {
    var bin = 0
    for value in sorted {
      while bin < bins.count - 1, value >= bins[bin].upper, value > bins[bin].lower { bin += 1 }
      bins[bin].count += 1
    }
  }
}
