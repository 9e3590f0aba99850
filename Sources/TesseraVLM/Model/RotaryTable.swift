/// The cosines and sines of rotary position embeddings (Su et al. 2021), with the stretching that a config asks for.
///
/// Angles are computed in float32 whatever the model's type, as transformers does: equal logits need equal roundings.
public struct RotaryTable: Sendable {
  /// One frequency for each pair of a head's features.
  ///
  /// - Shape: `[headSize / 2]` float32.
  let frequencies: TorchTensor

  public init(_ config: TextConfig, device: TorchDevice = .cpu) {
    let pairs = TorchTensor.arange(0, config.headSize, step: 2).to(.float32)
    let exponents = pairs / Double(config.headSize)
    let powers = TorchTensor.full([exponents.count], Float(config.ropeTheta), type: .float32).pow(exponents)
    let plain = TorchTensor.ones([exponents.count], type: .float32) / powers
    frequencies = Self.stretched(plain, config.ropeScaling).to(device: device)
  }

  private static func stretched(_ plain: TorchTensor, _ scaling: RopeScaling) -> TorchTensor {
    switch scaling {
    case .none: return plain
    case .linear(let factor): return plain / Float(factor)
    case .llama3(let factor, let low, let high, let positions):
      // Wavelengths beyond positions/low are divided, those under positions/high kept, the others blended
      // (transformers' _compute_llama3_parameters; its order of operations, for its roundings).
      let wavelengths = TorchTensor.full([plain.count], Float(2 * Double.pi), type: .float32) / plain
      let divided = plain / Float(factor)
      let smooth = ((wavelengths.reciprocal() * Float(positions)) - Float(low)) / Float(high - low)
      let blended = (1 - smooth) * divided + smooth * plain
      let (lowest, highest) = (Float(Double(positions) / low), Float(Double(positions) / high))
      let kept = TorchTensor.where(wavelengths .> lowest, divided, plain)
      let isBetween = (wavelengths .<= lowest) .& (wavelengths .>= highest)
      return TorchTensor.where(isBetween, blended, kept)
    }
  }

  /// Cosines and sines at positions.
  ///
  /// - Shape: `positions` `[…, T]` int64 → twice `[…, 1, T, headSize]`, ready for `[B, H, T, headSize]`.
  public func at(_ positions: TorchTensor, type: TorchType) -> (cos: TorchTensor, sin: TorchTensor) {
    let angles = positions.to(.float32).unsqueeze(-1) * frequencies
    let both = TorchTensor.cat([angles, angles], axis: -1).unsqueeze(-3)
    return (both.cos().to(type), both.sin().to(type))
  }
}
