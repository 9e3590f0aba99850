// Shapes: B texts, T new tokens, S tokens seen with them, D width, H heads of queries, K heads of keys and values,
// E width of a head, V rows of the vocabulary.

/// A decoder of the Llama family (Touvron et al. 2023): RMS norms, rotary positions, grouped queries, SwiGLU.
public struct Decoder: Sendable {
  public let config: TextConfig
  /// The table of embeddings, `[V, D]`.
  public let embedding: TorchTensor
  private var head: Linear
  private var layers: [DecoderLayer]
  private let norm: RMSNorm
  private let rotary: RotaryTable

  static let prefix = "language_model.model."

  public init(_ config: TextConfig, _ parameters: ModelParameters) {
    self.config = config
    embedding = parameters("\(Self.prefix)embed_tokens.weight")
    head = config.isTied ? Linear(weight: embedding, bias: nil) : parameters.linear("language_model.lm_head")
    layers = (0..<config.layers).map { DecoderLayer(config, parameters, index: $0) }
    norm = parameters.rmsNorm("\(Self.prefix)norm", epsilon: config.rmsNormEpsilon)
    rotary = RotaryTable(config, type: embedding.type, device: embedding.device)
  }

  /// What the layers make of embeddings, normed.
  ///
  /// - Shape: `[B, T, D]` → `[B, T, D]`, or `[B, 1, D]` of the last token, or `[L, D]` of the selected ones.
  /// - Parameters:
  ///   - padding: how many tokens at the left of each text are none; nil where all are.
  ///   - cache: holds the tokens before these, and gets these.
  ///   - packing: which samples stand in each text; nil where each text is one.
  ///   - lastOnly: whether only the last token's is wanted, so that the last layer leaves the others out.
  ///   - selected: the tokens whose states are wanted, `[L]` int64 among the B·T: the last layer leaves the others out
  ///     once they have given their keys and values. Nil for all.
  ///   - states: is called with what goes into the first layer and with what comes out of each.
  public func hidden(
    _ embeddings_BTD: TorchTensor, padding: [Int]? = nil, cache: KeyValueCache? = nil,
    packing: Packing? = nil, checkpointing: Bool = false, lastOnly: Bool = false,
    selected: TorchTensor? = nil, states: ((TorchTensor) -> Void)? = nil
  ) -> TorchTensor {
    precondition(
      packing == nil || (padding == nil && cache == nil), "packed texts have no padding and no cache")
    let tokens = embeddings_BTD.size(1)
    let span = TokenSpan(start: cache?.count ?? 0, count: tokens, padding: padding)
    let device = embeddings_BTD.device
    let angles = rotary.at(
      packing?.positions(device) ?? span.positions(device), type: embeddings_BTD.type)
    var masks: [Int?: TorchTensor?] = [:]
    var x_BTD = embeddings_BTD
    states?(x_BTD)
    for (index, layer) in layers.enumerated() {
      let mask =
        masks[layer.window] ?? packing?.mask(window: layer.window, device)
        ?? span.mask(window: layer.window, device)
      masks[layer.window] = .some(mask)
      let isLast = index == layers.count - 1
      let wanted = isLast ? selected : nil
      if checkpointing && cache == nil {
        x_BTD = TorchTensor.checkpoint(x_BTD) { layer($0, angles, mask: mask, cache: nil, selected: wanted) }
      } else {
        x_BTD = layer(
          x_BTD, angles, mask: mask, cache: cache, lastOnly: lastOnly && isLast, selected: wanted)
      }
      states?(x_BTD)
    }
    cache?.advance(by: tokens)
    return norm(x_BTD)
  }

  /// The same decoder, whose tokens do not hang on which others are computed with them.
  var stable: Decoder {
    var copy = self
    (copy.layers, copy.head) = (layers.map(\.stable), head.stable)
    return copy
  }

  /// Logits over the vocabulary.
  ///
  /// - Shape: `[…, D]` → `[…, V]`.
  public func logits(_ hidden: TorchTensor) -> TorchTensor { head(hidden) }
}

/// Where the tokens of one pass stand in their texts.
struct TokenSpan {
  /// Tokens before them in the cache.
  let start: Int
  /// New tokens.
  let count: Int
  /// How many tokens at the left of each text are none.
  let padding: [Int]?

  /// The positions of the new tokens.
  ///
  /// - Shape: `[T]`, or `[B, T]` with padding.
  func positions(_ device: TorchDevice) -> TorchTensor {
    guard let padding, padding.contains(where: { $0 > 0 }) else {
      return TorchTensor.arange(start, start + count, step: 1, type: .int64, device: device)
    }
    let values = padding.flatMap { pad in (start..<start + count).map { Int64(max(0, $0 - pad)) } }
    return TorchTensor(values, shape: [padding.count, count]).to(device: device)
  }

  /// Which keys each query sees; nil where the causal triangle says all.
  ///
  /// - Shape: `[B or 1, 1, T, S]` bool.
  func mask(window: Int?, _ device: TorchDevice) -> TorchTensor? {
    let seen = start + count
    let isPadded = padding?.contains { $0 > 0 } ?? false
    let isCut = window.map { $0 < seen } ?? false
    guard isPadded || isCut else { return nil }
    let rows = isPadded ? padding ?? [0] : [0]
    var visible: [Bool] = []
    visible.reserveCapacity(rows.count * count * seen)
    for pad in rows {
      for query in start..<seen {
        let first = max(pad, window.map { query - $0 + 1 } ?? 0)
        // A token of padding sees itself: nothing at all would be 0/0, and spread.
        for key in 0..<seen { visible.append(key <= query && (key >= first || key == query)) }
      }
    }
    return TorchTensor(visible, shape: [rows.count, 1, count, seen]).to(device: device)
  }
}
