/// `x · Wᵀ + b`, and what an adapter adds.
struct Linear: Sendable {
  let weight: TorchTensor
  let bias: TorchTensor?
  var adapter: LoRALayer?
  /// How many rows are multiplied at least; missing ones are zeros.
  private var leastRows = 1

  init(weight: TorchTensor, bias: TorchTensor?, adapter: LoRALayer? = nil) {
    (self.weight, self.bias, self.adapter) = (weight, bias, adapter)
  }

  /// The same layer, whose rows do not hang on how many there are.
  ///
  /// Libraries of matrices have other ways for few rows, with sums in another order. oneDNN 2.6's begin below 16:
  /// from there on, a row's bits were those of 3,000 rows' in every size that was tried.
  var stable: Linear {
    var copy = self
    copy.leastRows = 16
    return copy
  }

  /// `[…, in]` → `[…, out]`.
  func callAsFunction(_ x: TorchTensor) -> TorchTensor {
    let rows = x.shape.dropLast().reduce(1, *)
    guard rows < leastRows else { return product(x) }
    let missing = TorchTensor.zeros([leastRows - rows, x.size(-1)], type: x.type, device: x.device)
    let y = product(TorchTensor.cat([x.reshape(rows, x.size(-1)), missing], axis: 0))
    return y.narrow(0, start: 0, count: rows).reshape(x.shape.dropLast() + [y.size(-1)])
  }

  private func product(_ x: TorchTensor) -> TorchTensor {
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
