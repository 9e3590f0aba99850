/// How a policy learns from rewards.
public struct ReinforcementOptions: Sendable, Hashable {
  public enum Algorithm: String, Sendable, Hashable, Codable, CaseIterable {
    /// Proximal policy optimisation with a value model.
    case ppo
    /// Group-relative policy optimisation.
    case grpo
    /// REINFORCE with the mean of the other answers as its baseline.
    case rloo
  }

  public var algorithm: Algorithm
  public var rollouts = RolloutOptions()
  /// Passes over an iteration's rollouts.
  public var epochs: Int
  /// Optimiser steps of a pass.
  public var minibatches = 1
  /// β: what the distance from the reference takes from the reward (PPO, RLOO) or adds to the loss (GRPO).
  public var divergence: KLWeight
  /// How that distance is estimated.
  public var estimate: KLEstimate
  public var ppo = PPOLoss()
  public var grpo = GRPOLoss()
  public var rloo = RLOOLoss()
  /// γ of PPO's returns.
  public var discount = 1.0
  /// λ of PPO's advantages.
  public var decay = 0.95
  /// Whether PPO's advantages are whitened over an iteration.
  public var whitens = true
  /// Whether GRPO's advantages are divided by their group's deviation.
  public var scalesGroups = true
  /// What a mean next-token loss on other data weighs beside the policy's (PPO-ptx); 0 for none.
  public var languageWeight = 0.0
  /// Answers that go through the models together; nil for all of a step.
  public var microSamples: Int?

  /// The field's defaults of an algorithm: PPO four passes and β 0.05 of k1, GRPO one and β 0 of k3, RLOO one and β 0.05 of k1.
  public init(_ algorithm: Algorithm) {
    self.algorithm = algorithm
    epochs = algorithm == .ppo ? 4 : 1
    divergence = KLWeight(algorithm == .grpo ? 0 : 0.05)
    estimate = algorithm == .grpo ? .k3 : .k1
  }

  /// Optimiser steps of an iteration.
  public var stepsPerIteration: Int { epochs * minibatches }
}
