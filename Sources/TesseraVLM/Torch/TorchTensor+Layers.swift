internal import CTorch

extension TorchTensor {
  /// x · weightᵀ + bias over the last axis.
  ///
  /// - Shape: `[…, in]`, weight `[out, in]`, bias `[out]` → `[…, out]`.
  public func linear(_ weight: TorchTensor, _ bias: TorchTensor? = nil) -> TorchTensor {
    Self.checked(ct_linear(handle, weight.handle, bias?.handle))
  }

  /// Subtracts the mean and divides by √(variance + eps) over the last axis, then scales and shifts.
  public func layerNorm(_ weight: TorchTensor?, _ bias: TorchTensor?, eps: Double) -> TorchTensor {
    Self.checked(withInts([size(-1)]) { ct_layer_norm(handle, $0, $1, weight?.handle, bias?.handle, eps) })
  }

  /// Divides by √(mean x² + eps) over the last axis, then scales.
  ///
  /// As Hugging Face's `LlamaRMSNorm`: half types are normed in float32 and cast back *before* the weight. float64
  /// stays float64.
  public func rmsNorm(_ weight: TorchTensor, eps: Double) -> TorchTensor {
    Self.checked(ct_rms_norm(handle, weight.handle, eps))
  }

  /// x · cos + rotate_half(x) · sin, where rotate_half gives (−x₂, x₁) for the last axis's halves x₁, x₂.
  public func rotary(cos: TorchTensor, sin: TorchTensor) -> TorchTensor {
    Self.checked(ct_rotary(handle, cos.handle, sin.handle))
  }

  /// A two-dimensional convolution.
  ///
  /// - Shape: `[N, C, H, W]`, weight `[out, C, kh, kw]` → `[N, out, h, w]`.
  public func conv2d(
    _ weight: TorchTensor, _ bias: TorchTensor? = nil, stride: (Int, Int) = (1, 1),
    padding: (Int, Int) = (0, 0)
  ) -> TorchTensor {
    let stride = [Int64(stride.0), Int64(stride.1)]
    let padding = [Int64(padding.0), Int64(padding.1)]
    return Self.checked(ct_conv2d(handle, weight.handle, bias?.handle, stride, padding))
  }

  /// How a picture is brought to another size.
  public enum Interpolation: String, Sendable { case bilinear, bicubic }

  /// Another size by interpolation, as `torch.nn.functional.interpolate(size:align_corners: False)`.
  ///
  /// - Shape: `[N, C, H, W]` → `[N, C, height, width]`.
  public func interpolate(
    height: Int, width: Int, _ mode: Interpolation, antialias: Bool = false
  ) -> TorchTensor {
    let name = "\(antialias ? "_" : "")upsample_\(mode.rawValue)2d\(antialias ? "_aa" : "")"
    return Self.operation(
      name, overload: "vec", .tensor(self), .ints([height, width]), .bool(false), .none)
  }

  /// How attention is computed.
  public enum Attention: String, Sendable, CaseIterable {
    /// Products and softmax one after the other: the same operations as Hugging Face's "eager".
    case composed
    /// The same in float64, whatever the arguments are, rounded to the queries' type at the end: the order of the sums
    /// does not show in float32.
    case wide
    /// libtorch's `scaled_dot_product_attention`, which chooses among its kernels.
    case fused
  }

  /// softmax(q·kᵀ·scale + mask) · v.
  ///
  /// - Shape: q `[N, heads, L, E]`, k `[N, kvHeads, S, E]`, v `[N, kvHeads, S, Ev]` → `[N, heads, L, Ev]`; `heads` is
  ///   a multiple of `kvHeads`, each of which serves that many queries' heads in a row.
  /// - Parameters:
  ///   - mask: added to the scores, or bools: true may be seen. Broadcast to `[N, heads, L, S]`.
  ///   - isCausal: query *i* sees keys up to *i* + S − L: the last one sees all, also with earlier keys from a cache.
  ///   - scale: 1/√E without one.
  public static func attention(
    _ q: TorchTensor, _ k: TorchTensor, _ v: TorchTensor, mask: TorchTensor? = nil, isCausal: Bool = false,
    scale: Double? = nil, _ kind: Attention = .composed
  ) -> TorchTensor {
    let scale = scale ?? 1 / Double(q.size(-1)).squareRoot()
    switch kind {
    case .composed: return checked(ct_attention(q.handle, k.handle, v.handle, mask?.handle, isCausal, scale))
    case .wide: return checked(ct_attention_wide(q.handle, k.handle, v.handle, mask?.handle, isCausal, scale))
    case .fused:
      return checked(ct_attention_fused(q.handle, k.handle, v.handle, mask?.handle, isCausal, scale))
    }
  }

  /// What becomes of the losses of the rows.
  public enum LossReduction: Int64, Sendable { case none, mean, sum }

  /// −log softmax(logits)[target]. Targets equal to `ignoring` count nothing, in the mean too.
  ///
  /// - Shape: self `[rows, classes]`, targets `[rows]` int64 → a scalar, or `[rows]`.
  /// - Edge cases: the mean of no rows is not a number.
  public func crossEntropy(
    _ targets: TorchTensor, ignoring: Int = -100, reduction: LossReduction = .mean, smoothing: Double = 0
  ) -> TorchTensor {
    Self.checked(
      ct_cross_entropy(handle, targets.handle, reduction.rawValue, Int64(ignoring), smoothing))
  }
}
