/// The cosines and sines of rotary position embeddings (Su et al. 2021), with the stretching that a config asks for.
///
/// Angles are computed in float32 for half types too, as transformers does: equal logits need equal roundings. Only a
/// model in float64, where exactness counts, gets them in float64.
public struct RotaryTable: Sendable {
  /// One frequency for each pair of a head's features.
  ///
  /// - Shape: `[headSize / 2]`, float32 or float64.
  let frequencies: TorchTensor

  /// - Parameter type: what the model computes in.
  public init(_ config: TextConfig, type: TorchType = .float32, device: TorchDevice = .cpu) {
    let wide: TorchType = type == .float64 ? .float64 : .float32
    let pairs = TorchTensor.arange(0, config.headSize, step: 2).to(wide)
    let exponents = pairs / Double(config.headSize)
    let powers = TorchTensor.full([exponents.count], config.ropeTheta, type: wide).pow(exponents)
    let plain = TorchTensor.ones([exponents.count], type: wide) / powers
    frequencies = Self.stretched(plain, config.ropeScaling).to(device: device)
  }

  private static func stretched(_ plain: TorchTensor, _ scaling: RopeScaling) -> TorchTensor {
    // The numbers of a config, rounded as the table is.
    func number(_ value: Double) -> Double { plain.type == .float64 ? value : Double(Float(value)) }
    switch scaling {
    case .none: return plain
    case .linear(let factor): return plain / number(factor)
    case .llama3(let factor, let low, let high, let positions):
      // Wavelengths beyond positions/low are divided, those under positions/high kept, the others blended
      // (transformers' _compute_llama3_parameters; its order of operations, for its roundings).
      let wavelengths = TorchTensor.full([plain.count], 2 * Double.pi, type: plain.type) / plain
      let divided = plain / number(factor)
      let smooth = ((wavelengths.reciprocal() * Double(positions)) - number(low)) / number(high - low)
      let blended = (1 - smooth) * divided + smooth * plain
      let (lowest, highest) = (number(Double(positions) / low), number(Double(positions) / high))
      let kept = TorchTensor.where(wavelengths .> lowest, divided, plain)
      let isBetween = (wavelengths .<= lowest) .& (wavelengths .>= highest)
      return TorchTensor.where(isBetween, blended, kept)
    }
  }

  /// Cosines and sines at positions.
  ///
  /// - Shape: `positions` `[…, T]` int64 → twice `[…, 1, T, headSize]`, ready for `[B, H, T, headSize]`.
  public func at(_ positions: TorchTensor, type: TorchType) -> (cos: TorchTensor, sin: TorchTensor) {
    let angles = positions.to(frequencies.type).unsqueeze(-1) * frequencies
    let both = TorchTensor.cat([angles, angles], axis: -1).unsqueeze(-3)
    return (both.cos().to(type), both.sin().to(type))
  }
}
