// Shapes: N tokens of all answers, one answer behind another; B answers.

/// PPO's losses (Schulman et al. 2017; Ouyang et al. 2022).
public struct PPOLoss: Sendable, Hashable, Codable {
  /// ε: how far a token's ratio may go from 1 before it stops to count.
  public var clip = 0.2
  /// ε_v: how far a value may go from the rollout's.
  public var valueClip = 0.2
  /// c_v: what the values' loss weighs beside the policy's.
  public var valueWeight = 0.1

  public init() {}

  /// `Σ max(−A ρ, −A clip(ρ, 1 ± ε))` with `ρ = e^(log π − log π_old)`.
  ///
  /// - Shape: `[N]` each → a number.
  public func policy(_ logProbabilities: TorchTensor, old: TorchTensor, advantages: TorchTensor)
    -> TorchTensor
  {
    let ratio = (logProbabilities - old).exp()
    return (-advantages * ratio).maximum(-advantages * ratio.clamp(min: 1 - clip, max: 1 + clip)).sum()
  }

  /// `½ Σ max((V − R)², (clip(V, V_old ± ε_v) − R)²)`, without c_v.
  ///
  /// - Shape: `[N]` each → a number.
  public func value(_ values: TorchTensor, old: TorchTensor, returns: TorchTensor) -> TorchTensor {
    let near = old + (values - old).clamp(min: -valueClip, max: valueClip)
    return 0.5 * (values - returns).square().maximum((near - returns).square()).sum()
  }
}

/// GRPO's loss of each token, as TRL 1.16 has it (Shao et al. 2024; the sum over all tokens of all answers: DAPO, Yu et al.
/// 2025).
public struct GRPOLoss: Sendable, Hashable, Codable {
  /// ε: how far a token's ratio may fall from 1.
  public var clip = 0.2
  /// How far it may rise; nil for ε too.
  public var clipHigh: Double?
  /// β: what the distance from the reference weighs; 0 needs no reference.
  public var divergenceWeight = 0.0

  public init() {}

  /// `Σ −min(ρ Â, clip(ρ, 1 − ε, 1 + ε_high) Â) + β ρ KL`; the ρ on the divergence corrects for the tokens' having been drawn
  /// by the old policy.
  ///
  /// - Shape: `[N]` each → a number.
  /// - Parameter divergence: an estimate of each token (`KLEstimate`; TRL's is k3); nil only where β is 0.
  public func callAsFunction(
    _ logProbabilities: TorchTensor, old: TorchTensor, advantages: TorchTensor, divergence: TorchTensor?
  ) -> TorchTensor {
    let ratio = (logProbabilities - old).exp()
    let clipped = ratio.clamp(min: 1 - clip, max: 1 + (clipHigh ?? clip))
    let gain = (ratio * advantages).minimum(clipped * advantages)
    guard divergenceWeight != 0, let divergence else { return -gain.sum() }
    return (divergenceWeight * ratio * divergence - gain).sum()
  }
}

/// RLOO's loss: PPO's with one ratio an answer (Ahmadian et al. 2024).
public struct RLOOLoss: Sendable, Hashable, Codable {
  public var clip = 0.2

  public init() {}

  /// `Σ over answers of max(−A ρ, −A clip(ρ, 1 ± ε))` with `ρ = e^Σ(log π − log π_old)`.
  ///
  /// - Shape: `[N]`, `[N]`, advantages `[B]` → a number.
  /// - Parameter lengths: tokens of each answer.
  public func callAsFunction(
    _ logProbabilities: TorchTensor, old: TorchTensor, advantages: TorchTensor, lengths: [Int]
  ) -> TorchTensor {
    let ratio = AnswerSums(lengths)(logProbabilities - old).exp()
    return (-advantages * ratio).maximum(-advantages * ratio.clamp(min: 1 - clip, max: 1 + clip)).sum()
  }
}

/// Sums over the tokens of each answer.
struct AnswerSums {
  private let lengths: [Int]

  init(_ lengths: [Int]) { self.lengths = lengths }

  /// - Shape: `[N]` → `[B]`.
  func callAsFunction(_ values: TorchTensor) -> TorchTensor {
    precondition(values.count == lengths.reduce(0, +), "\(values.count) tokens in answers of \(lengths)")
    let rows = lengths.enumerated().flatMap { repeatElement(Int64($0), count: $1) }
    return TorchTensor.zeros([lengths.count], type: values.type, device: values.device).indexAdd(
      0, TorchTensor(rows, shape: [rows.count]).to(device: values.device), values)
  }
}
