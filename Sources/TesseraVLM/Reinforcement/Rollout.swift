/// What a policy answered to a prompt, and what came of it: everything that a step of reinforcement learning needs, so that a
/// stopped run goes on as if it had not been.
public struct Rollout: Sendable, Hashable, Codable {
  /// Which question of the data.
  public var question: Int
  /// The answer's tokens, the one that ended it included.
  public var ids: [Int]
  /// The answer's text.
  public var text: String
  /// Whether the policy ended it itself.
  public var isStopped: Bool
  /// log π of each token when it was drawn, as the training computes it.
  public var old: [Double]
  /// log π_ref of each token; empty without a reference.
  public var reference: [Double] = []
  /// The estimate of the distance from the reference at each token (`ReinforcementOptions.estimate`); empty without a reference.
  public var divergences: [Double] = []
  /// What the value model expected from each token on; empty without one.
  public var values: [Double] = []
  /// The reward.
  public var score: Double = 0
  /// 1 where the answer is its reference, else 0.
  public var truth: Double = 0
  /// How much better than expected: of each token (PPO, GRPO), or of the answer (RLOO), then once.
  public var advantages: [Double] = []
  /// What the values should have been; empty without a value model.
  public var returns: [Double] = []

  public init(question: Int, ids: [Int], text: String, isStopped: Bool, old: [Double] = []) {
    (self.question, self.ids, self.text, self.isStopped, self.old) = (question, ids, text, isStopped, old)
  }

  /// Σ (log π_old − log π_ref); 0 without a reference.
  public var divergence: Double {
    reference.isEmpty ? 0 : zip(old, reference).reduce(0) { $0 + $1.0 - $1.1 }
  }
}

/// What the rollouts of one iteration come to.
public struct RolloutSummary: Sendable, Hashable, Codable {
  public var answers: Int
  /// The mean reward.
  public var reward: Double
  /// The share of answers that are their reference, 0...1.
  public var truth: Double
  /// The mean of Σ (log π − log π_ref) over an answer's tokens, in nats.
  public var divergence: Double
  /// The mean over tokens of the third estimate (`KLEstimate.k3`), in nats.
  public var tokenDivergence: Double
  /// The mean over tokens of the policy's entropy, in nats.
  public var entropy: Double
  /// The mean number of tokens.
  public var length: Double
  /// The share of answers that the policy ended itself, 0...1.
  public var stopRate: Double
  /// The share of prompts whose answers all score alike: they teach GRPO and RLOO nothing.
  public var evenGroups: Double
  /// How far log-probabilities of sampling and of training were from each other at the most.
  public var samplingGap: Double
}
