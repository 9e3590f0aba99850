// Shapes: B pairs.

/// Learning from preferences without a reward model: the policy's own log-probabilities are the score.
public struct PreferenceLoss: Sendable, Hashable, Codable {
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// `−log σ(β h)` with `h = log π/π_ref (y⁺) − log π/π_ref (y⁻)` (Rafailov et al. 2023).
    case dpo
    /// `(h − 1/(2β))²`, of log-probabilities per token (Azar et al. 2024).
    case ipo
    /// `−log σ(β (log π(y⁺)/|y⁺| − log π(y⁻)/|y⁻|) − γ)`, without a reference (Meng et al. 2024).
    case simpo
  }

  public var kind = Kind.dpo
  /// β. SimPO's is 2 to 2.5.
  public var beta = 0.1
  /// The share of pairs that may be the wrong way round: `(1 − ε) −log σ(β h) + ε −log σ(−β h)`; of `dpo` alone (Mitchell
  /// 2023).
  public var labelSmoothing = 0.0
  /// γ of `simpo`, as it stands in the formula.
  public var margin = 0.5

  public init() {}

  /// Whether the loss needs a reference.
  public var usesReference: Bool { kind != .simpo }

  /// The log-probabilities of a pair's answers, summed over their tokens.
  public struct Sums {
    public var better, worse: TorchTensor

    /// - Shape: `[B]` each.
    public init(better: TorchTensor, worse: TorchTensor) { (self.better, self.worse) = (better, worse) }
  }

  /// The loss of each pair.
  ///
  /// - Shape: `[B]`.
  /// - Parameters:
  ///   - policy: leads back to the parameters.
  ///   - reference: nil only for `simpo`.
  ///   - lengths: tokens of each better and each worse answer.
  public func callAsFunction(
    _ policy: Sums, reference: Sums?, lengths: (better: [Int], worse: [Int])
  ) -> TorchTensor {
    func perToken(_ sums: TorchTensor, _ lengths: [Int]) -> TorchTensor {
      sums
        / TorchTensor(lengths.map { Double(max(1, $0)) }, shape: [lengths.count]).to(
          sums.type, device: sums.device)
    }
    switch kind {
    case .simpo:
      let lead = perToken(policy.better, lengths.better) - perToken(policy.worse, lengths.worse)
      return -(beta * lead - margin).logSigmoid()
    case .dpo, .ipo:
      guard let reference else { preconditionFailure("\(kind.rawValue) without a reference") }
      let better = policy.better - reference.better
      let worse = policy.worse - reference.worse
      if kind == .ipo {
        let lead = perToken(better, lengths.better) - perToken(worse, lengths.worse)
        return (lead - 1 / (2 * beta)).square()
      }
      let lead = beta * (better - worse)
      guard labelSmoothing > 0 else { return -lead.logSigmoid() }
      return (labelSmoothing - 1) * lead.logSigmoid() - labelSmoothing * (-lead).logSigmoid()
    }
  }
}
