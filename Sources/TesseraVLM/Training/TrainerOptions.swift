internal import TesseraCore

/// How a trainer steps.
public struct TrainerOptions: Sendable, Hashable {
  /// The rate that a parameter's scale and the schedule multiply.
  public var learningRate = 1e-3
  public var schedule: LearningRateSchedule
  /// The warm-up as a share of the steps, where the steps are not known yet; nil for the schedule's own.
  var warmupShare: Double?
  /// The share of a decaying weight, times the learning rate, that each step takes away.
  public var weightDecay = 0.0
  public var beta1 = 0.9
  public var beta2 = 0.95
  public var epsilon = 1e-8
  /// The largest joint norm of the gradients; larger ones are scaled down. Nil leaves them.
  public var clip: Double? = 1
  /// What matrix products are computed in, the weights staying what they are; nil for the weights' type.
  public var autocast: TorchType?
  /// Steps whose gradient is not finite that are passed over before the run stops.
  public var badSteps = 3
  /// Whether each of several ranks keeps the moments of its share of the parameters alone (ZeRO-1).
  public var shardsOptimizer = false

  public init(steps: Int) { schedule = LearningRateSchedule(steps: steps) }

  /// - Throws: `invalidArgument` with the option's name, what is allowed and what was given.
  public func validate() throws {
    try schedule.validate()
    func check(_ isRight: Bool, _ name: String, _ expected: String, _ got: Any) throws {
      guard isRight else {
        throw TesseraError(.invalidArgument(name: name, expected: expected, got: "\(got)"))
      }
    }
    try check(learningRate >= 0 && learningRate.isFinite, "learning_rate", "0 or more", learningRate)
    try check(weightDecay >= 0 && weightDecay.isFinite, "weight_decay", "0 or more", weightDecay)
    try check((0..<1).contains(beta1), "beta1", "0 or more, below 1", beta1)
    try check((0..<1).contains(beta2), "beta2", "0 or more, below 1", beta2)
    try check(epsilon > 0 && epsilon.isFinite, "epsilon", "above 0", epsilon)
    try check(clip.map { $0 > 0 } ?? true, "clip", "above 0", clip ?? 0)
    try check(badSteps >= 0, "bad_steps", "0 or more", badSteps)
  }
}
