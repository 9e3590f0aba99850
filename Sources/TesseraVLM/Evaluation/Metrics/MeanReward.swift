internal import TesseraCore

/// The mean of a reward over all replies, so that an evaluation shows it beside the metrics and its controls.
public struct MeanReward: Metric {
  public let reward: any Reward
  private var replies: [Evaluator.Reply] = []

  public init(_ reward: any Reward) { self.reward = reward }

  public mutating func add(_ reply: Evaluator.Reply) { replies.append(reply) }

  /// One score, called `reward` and the reward's name.
  ///
  /// - Throws: `invalidInput` for no replies; what the reward throws.
  public func scores() throws -> [MetricScore] {
    guard !replies.isEmpty else {
      throw TesseraError(
        .invalidInput(
          operation: "the mean of the reward '\(reward.name)'", expected: "at least one answer", got: "none"))
    }
    let rewards = try reward.checkedScores(replies)
    let mean = rewards.reduce(0, +) / Double(rewards.count)
    return [MetricScore("reward (\(reward.name))", mean, .score(decimals: 3))]
  }
}
