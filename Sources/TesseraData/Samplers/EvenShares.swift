/// Takes turns among sources so that every running share stays within 1 of its weight's, whatever the weights.
///
/// Tijdeman: "The chairman assignment problem" (Discrete Mathematics 32, 1980): among the sources that are due, the
/// one that would be overdue first. After *n* turns each of *k* sources has had *n* · share turns, give or take
/// at most 1 − 1 / (2k − 2), which no rule can better. In whole numbers, so that the bound holds for ever.
///
/// - Complexity: O(k) a turn.
struct EvenShares: Sendable {
  private let weights: [Int]
  private let total: Int
  /// What a source is due once its debt reaches it: total / (2k − 2).
  private let due: Int
  /// Turns owed to each source, in parts of `total`.
  private var debts: [Int]

  /// - Parameter weights: as `WholeShares.check` lets through, all positive.
  init(_ weights: [Double]) {
    let slack = max(2 * weights.count - 2, 1)
    // A multiple of the slack, near 2⁶⁰: debts and their limits stay below 2⁶².
    due = (1 << 60) / slack
    total = due * slack
    self.weights = WholeShares.make(weights, total: UInt64(total)).map { Int($0) }
    debts = [Int](repeating: 0, count: weights.count)
  }

  /// The source whose turn it is.
  mutating func next() -> Int {
    if debts.count == 1 { return 0 }
    var best = -1
    for source in debts.indices {
      debts[source] += weights[source]
      guard debts[source] >= due else { continue }
      if best < 0 || isBefore(source, best) { best = source }
    }
    debts[best] -= total
    return best
  }

  /// Whether the first source's debt reaches its limit sooner: (limit − debt) / weight is smaller.
  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    let limit = total - due
    let left = (limit - debts[a]).multipliedFullWidth(by: weights[b])
    let right = (limit - debts[b]).multipliedFullWidth(by: weights[a])
    return left.high != right.high ? left.high < right.high : left.low < right.low
  }
}
