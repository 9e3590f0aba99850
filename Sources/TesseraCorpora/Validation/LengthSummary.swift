/// How long samples are.
public struct LengthSummary: Sendable, Hashable, Codable {
  public var count: Int
  public var total: Int
  public var minimum: Int
  public var median: Int
  public var percentile95: Int
  public var percentile99: Int
  public var maximum: Int

  /// The mean.
  public var mean: Double { Double(total) / Double(count) }

  /// The summary of some lengths, nil if there are none. Of the ranks between two values the lower counts.
  init?(_ lengths: [Int32]) {
    guard !lengths.isEmpty else { return nil }
    let sorted = lengths.sorted()
    func rank(_ share: Double) -> Int { Int(sorted[Int(share * Double(sorted.count - 1))]) }
    count = sorted.count
    total = sorted.reduce(0) { $0 + Int($1) }
    (minimum, maximum) = (Int(sorted[0]), Int(sorted[sorted.count - 1]))
    (median, percentile95, percentile99) = (rank(0.5), rank(0.95), rank(0.99))
  }
}
