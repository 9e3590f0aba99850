// Shapes as in Decoder.swift.

/// Attention to earlier tokens, then a gated MLP of each; norms before both.
struct DecoderLayer: Sendable {
  private let index: Int
  private let (heads, keyValueHeads, headSize): (Int, Int, Int)
  private let activation: Activation
  private let (inputNorm, middleNorm): (RMSNorm, RMSNorm)
  private var (query, key, value, out): (Linear, Linear, Linear, Linear)
  private var (gate, up, down): (Linear, Linear, Linear)
  /// How many tokens back a token sees, itself included; nil for all.
  let window: Int?
  /// Whether what comes of a token does not hang on which others are computed with it.
  private var isStable = false

  init(_ config: TextConfig, _ parameters: ModelParameters, index: Int) {
    self.index = index
    (heads, keyValueHeads, headSize) = (config.heads, config.keyValueHeads, config.headSize)
    activation = config.activation
    window = config.slidingWindows[index]
    let prefix = "\(Decoder.prefix)layers.\(index)."
    inputNorm = parameters.rmsNorm("\(prefix)input_layernorm", epsilon: config.rmsNormEpsilon)
    middleNorm = parameters.rmsNorm("\(prefix)post_attention_layernorm", epsilon: config.rmsNormEpsilon)
    query = parameters.linear("\(prefix)self_attn.q_proj")
    key = parameters.linear("\(prefix)self_attn.k_proj")
    value = parameters.linear("\(prefix)self_attn.v_proj")
    out = parameters.linear("\(prefix)self_attn.o_proj")
    gate = parameters.linear("\(prefix)mlp.gate_proj")
    up = parameters.linear("\(prefix)mlp.up_proj")
    down = parameters.linear("\(prefix)mlp.down_proj")
  }

  /// The same layer, whose tokens do not hang on which others are computed with them.
  var stable: DecoderLayer {
    var copy = self
    copy.isStable = true
    (copy.query, copy.key, copy.value, copy.out) = (query.stable, key.stable, value.stable, out.stable)
    (copy.gate, copy.up, copy.down) = (gate.stable, up.stable, down.stable)
    return copy
  }

  /// `[B, T, D]` → `[B, T, D]`, or `[B, 1, D]` of the last token, or `[L, D]` of the selected ones: they need the
  /// others' keys and values alone.
  func callAsFunction(
    _ x_BTD: TorchTensor, _ angles: (cos: TorchTensor, sin: TorchTensor), mask: TorchTensor?,
    cache: KeyValueCache?, lastOnly: Bool = false, selected: TorchTensor? = nil
  ) -> TorchTensor {
    let wanted = lastOnly ? 1 : x_BTD.size(1)
    let mixed = attention(inputNorm(x_BTD), angles, mask: mask, cache: cache, wanted: wanted)
    let attended =
      Self.rows(selected, of: Self.last(wanted, of: x_BTD, 1)) + out(Self.rows(selected, of: mixed))
    let normed = middleNorm(attended)
    return attended + down(activation(gate(normed)) * up(normed))
  }

  /// The last few along an axis.
  private static func last(_ count: Int, of tensor: TorchTensor, _ axis: Int) -> TorchTensor {
    let all = tensor.size(axis)
    return count == all ? tensor : tensor.narrow(axis, start: all - count, count: count)
  }

  /// Some tokens of all texts, as one list: `[B, T, …]` → `[L, …]`; all as they are without a selection.
  private static func rows(_ selected: TorchTensor?, of tensor: TorchTensor) -> TorchTensor {
    guard let selected else { return tensor }
    return tensor.reshape(-1, tensor.size(-1)).indexSelect(0, selected)
  }

  /// What the last `wanted` tokens take from all, head by head: `[B, T, D]` → `[B, wanted, H·E]`.
  private func attention(
    _ x_BTD: TorchTensor, _ angles: (cos: TorchTensor, sin: TorchTensor), mask: TorchTensor?,
    cache: KeyValueCache?, wanted: Int
  ) -> TorchTensor {
    let batch = x_BTD.size(0)
    func split(_ projected: TorchTensor, _ heads: Int) -> TorchTensor {
      projected.view(batch, -1, heads, headSize).transpose(1, 2)
    }
    let q_BHTE = split(query(Self.last(wanted, of: x_BTD, 1)), heads).rotary(
      cos: Self.last(wanted, of: angles.cos, -2), sin: Self.last(wanted, of: angles.sin, -2))
    let mask = mask.map { Self.last(wanted, of: $0, 2) }
    var k_BKSE = split(key(x_BTD), keyValueHeads).rotary(cos: angles.cos, sin: angles.sin)
    var v_BKSE = split(value(x_BTD), keyValueHeads)
    if let cache {
      // Made wide once, not for every token that looks at them.
      if isStable { (k_BKSE, v_BKSE) = (k_BKSE.to(.float64), v_BKSE.to(.float64)) }
      (k_BKSE, v_BKSE) = cache.extend(index, keys: k_BKSE, values: v_BKSE)
    }
    let mixed_BHTE = TorchTensor.attention(
      q_BHTE, k_BKSE, v_BKSE, mask: mask, isCausal: mask == nil, kind(x_BTD, wanted))
    return mixed_BHTE.transpose(1, 2).reshape(batch, wanted, heads * headSize)
  }

  private func kind(_ x: TorchTensor, _ wanted: Int) -> TorchTensor.Attention {
    if isStable { return .wide }
    // One query reads the cache once, without copies of keys for each head of a group: written out it is faster.
    return wanted == 1 ? .composed : AttentionChoice.kind(of: x)
  }
}
