internal import TesseraCore

/// Several rewards, weighed and added up.
public struct RewardMix: Reward {
  public let name: String
  public let parts: [(reward: any Reward, weight: Double)]

  /// - Precondition: one part or more.
  public init(_ parts: [(reward: any Reward, weight: Double)]) {
    precondition(!parts.isEmpty, "a mix of no rewards")
    self.parts = parts
    name = parts.map { "\(Float($0.weight)) × \($0.reward.name)" }.joined(separator: " + ")
  }

  public func scores(_ replies: [Evaluator.Reply]) throws -> [Double] {
    var sums = [Double](repeating: 0, count: replies.count)
    for (reward, weight) in parts {
      for (row, score) in try reward.checkedScores(replies).enumerated() { sums[row] += weight * score }
    }
    return sums
  }
}
