/// `x · Wᵀ + b`.
struct Linear: Sendable {
  let weight: TorchTensor
  let bias: TorchTensor?

  /// `[…, in]` → `[…, out]`.
  func callAsFunction(_ x: TorchTensor) -> TorchTensor { x.linear(weight, bias) }
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
