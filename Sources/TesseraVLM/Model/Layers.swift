/// `x · Wᵀ + b`, and what an adapter adds.
struct Linear: Sendable {
  let weight: TorchTensor
  let bias: TorchTensor?
  var adapter: LoRALayer?

  /// `[…, in]` → `[…, out]`.
  func callAsFunction(_ x: TorchTensor) -> TorchTensor {
    let y = x.linear(weight, bias)
    guard let adapter else { return y }
    // Half weights have a float32 adapter: the sum is rounded once, as PEFT's.
    return (y + adapter(x)).to(y.type)
  }
}

/// Mean and variance taken out over the last axis, then scaled and shifted.
struct LayerNorm: Sendable {
  let weight: TorchTensor
  let bias: TorchTensor
  let epsilon: Double

  func callAsFunction(_ x: TorchTensor) -> TorchTensor { x.layerNorm(weight, bias, eps: epsilon) }
}

/// The root of the mean square taken out over the last axis, then scaled (Zhang & Sennrich 2019).
struct RMSNorm: Sendable {
  let weight: TorchTensor
  let epsilon: Double

  func callAsFunction(_ x: TorchTensor) -> TorchTensor { x.rmsNorm(weight, eps: epsilon) }
}

extension Activation {
  /// The function, element by element.
  func callAsFunction(_ x: TorchTensor) -> TorchTensor {
    switch self {
    case .quickGELU: x.quickGelu()
    case .gelu: x.gelu()
    case .geluTanh: x.gelu(tanh: true)
    case .silu: x.silu()
    case .relu: x.relu()
    }
  }
}
