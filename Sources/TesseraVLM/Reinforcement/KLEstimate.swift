// Shapes: N tokens, V rows of the vocabulary.

/// How far a policy is from its reference at each token that it drew (Schulman 2020, "Approximating KL divergence"). With
/// `logr = log π_ref − log π` of the token:
public enum KLEstimate: String, Sendable, Hashable, Codable, CaseIterable {
  /// `−logr`: without bias, of either sign.
  case k1
  /// `e^logr − 1 − logr`: without bias, never negative, of less variance.
  case k3
  /// The divergence itself, Σ π (log π − log π_ref) over the whole vocabulary: without variance.
  case exact

  /// The estimate of each token.
  ///
  /// - Parameters: log-probabilities: of the drawn tokens; for `exact` of the whole vocabulary, −∞ where a token is banned in
  ///   both.
  /// - Shape: `[N]`, `[N]` → `[N]`; for `exact` `[N, V]`, `[N, V]` → `[N]`.
  public func callAsFunction(_ policy: TorchTensor, reference: TorchTensor) -> TorchTensor {
    switch self {
    case .k1: return policy - reference
    case .k3:
      let ratio = reference - policy
      return ratio.exp() - 1 - ratio
    case .exact: return Self.sum(policy, reference)
    }
  }

  private static func sum(_ policy: TorchTensor, _ reference: TorchTensor) -> TorchTensor {
    let probability = policy.exp()
    // 0 · (−∞ − −∞) is none, and means nothing: taken out before the product, whose gradient would have it.
    let difference = policy - reference
    return (probability * TorchTensor.where(probability .> 0.0, difference, difference.zerosLike())).sum(-1)
  }
}

/// How much the distance from the reference counts against the reward.
public struct KLWeight: Sendable, Hashable, Codable {
  /// The weight now, β.
  public private(set) var value: Double
  /// The divergence per answer that the weight is steered to; nil for a fixed weight.
  public var target: Double?
  /// Answers over which a weight changes by about a fifth at the most.
  public var horizon: Double

  public init(_ value: Double, target: Double? = nil, horizon: Double = 10_000) {
    (self.value, self.target, self.horizon) = (value, target, horizon)
  }

  /// After some answers: β ← β (1 + clip(KL / target − 1, ±0.2) · answers / horizon) (Ziegler et al. 2019, section 2.2).
  public mutating func update(divergence: Double, answers: Int) {
    guard let target, divergence.isFinite else { return }
    let error = min(0.2, max(-0.2, divergence / target - 1))
    value *= 1 + error * Double(answers) / horizon
  }
}
