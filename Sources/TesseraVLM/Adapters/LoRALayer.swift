/// What an adapter adds to one linear layer: s·(xAᵀ)Bᵀ.
public struct LoRALayer: Sendable {
  /// The layer's name as our parameters have it, without `.weight`.
  public let name: String
  /// Which part of the model the layer belongs to.
  public let part: ParameterSpec.Part
  /// `[r, in]`.
  public let a: TorchTensor
  /// `[out, r]`.
  public let b: TorchTensor
  /// s: α/r or α/√r.
  public let scale: Double

  /// The rank.
  public var rank: Int { a.size(0) }

  /// What is added to the layer's output for an input.
  ///
  /// - Shape: `[…, in]` → `[…, out]`.
  func callAsFunction(_ x: TorchTensor) -> TorchTensor {
    // Beside weights of a half type the adapter stays float32, as PEFT's. Where autocast casts, it does so itself.
    let input = x.type == a.type || TorchTensor.isAutocasting(on: x.device) ? x : x.to(a.type)
    // The middle is the narrow place: scaled there, s costs r numbers a token and not as many as come out.
    return (input.linear(a) * scale).linear(b)
  }

  /// What is added to the layer's weight: s·BA, `[out, in]`.
  var delta: TorchTensor { b.matmul(a) * scale }
}
