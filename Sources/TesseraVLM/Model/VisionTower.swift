// Shapes: B pictures, N tokens (patches, CLIP: and the class token before them), D width, H heads, E width of a head.

/// A Vision Transformer: CLIP's or SigLIP's (Radford et al. 2021; Zhai et al. 2023).
///
/// Patches and their positions become tokens; each layer adds attention among them and an MLP of each. A picture of
/// another size than the config's gets the position embeddings interpolated, as transformers does on request.
public struct VisionTower: Sendable {
  public let config: VisionConfig
  private let patches: Linear
  private let classToken: TorchTensor?
  private let positions: TorchTensor
  /// CLIP's norm before the layers.
  private let inputNorm: LayerNorm?
  private let layers: [VisionLayer]

  static let prefix = "vision_tower.vision_model."

  public init(_ config: VisionConfig, _ parameters: ModelParameters) {
    self.config = config
    let prefix = Self.prefix
    patches = parameters.linear("\(prefix)embeddings.patch_embedding")
    classToken = parameters["\(prefix)embeddings.class_embedding"]
    positions = parameters("\(prefix)embeddings.position_embedding.weight")
    inputNorm =
      config.kind == .clip
      ? parameters.layerNorm("\(prefix)pre_layrnorm", epsilon: config.layerNormEpsilon) : nil
    layers = (0..<config.layers).map { VisionLayer(config, parameters, "\(prefix)encoder.layers.\($0).") }
  }

  /// The tokens after the embedding (0) and after each layer (1…), as far as `last`.
  ///
  /// - Shape: `pixels` `[B, C, height, width]` → `last + 1` times `[B, N, D]`.
  public func hiddenStates(_ pixels: TorchTensor, through last: Int) -> [TorchTensor] {
    var states = [embed(pixels)]
    for layer in layers.prefix(last) { states.append(layer(states[states.count - 1])) }
    return states
  }

  /// Patches to tokens, with their positions.
  func embed(_ pixels: TorchTensor) -> TorchTensor {
    let side = config.patchSize
    let grid = pixels.to(patches.weight.type).conv2d(patches.weight, patches.bias, stride: (side, side))
    let (rows, columns) = (grid.size(2), grid.size(3))
    var tokens_BND = grid.flatten(2).transpose(1, 2)
    if let classToken {
      let first = classToken.expand(tokens_BND.size(0), 1, -1)
      tokens_BND = TorchTensor.cat([first, tokens_BND], axis: 1)
    }
    tokens_BND = tokens_BND + positionEmbeddings(rows: rows, columns: columns)
    return inputNorm?(tokens_BND) ?? tokens_BND
  }

  /// The position embeddings of a grid: the config's own, or bicubic between them.
  ///
  /// - Shape: `[N, D]`.
  func positionEmbeddings(rows: Int, columns: Int) -> TorchTensor {
    let side = config.patchesPerSide
    guard rows != side || columns != side else { return positions }
    let leading = config.hasClassToken ? 1 : 0
    let grid = positions.slice(0, leading..<positions.size(0)).reshape(1, side, side, config.hiddenSize)
    // Interpolation of half types is not there on every device: it is computed in float32, as its result is small.
    let wide = grid.permute(0, 3, 1, 2).to(positions.type == .float64 ? .float64 : .float32)
    let other = wide.interpolate(height: rows, width: columns, .bicubic).to(positions.type)
    let flat = other.permute(0, 2, 3, 1).reshape(rows * columns, config.hiddenSize)
    return leading == 0 ? flat : TorchTensor.cat([positions.slice(0, 0..<leading), flat], axis: 0)
  }
}

/// Attention among a picture's tokens, then an MLP of each; norms before both.
struct VisionLayer: Sendable {
  private let heads: Int
  private let activation: Activation
  private let (norm1, norm2): (LayerNorm, LayerNorm)
  private let (query, key, value, out): (Linear, Linear, Linear, Linear)
  private let (up, down): (Linear, Linear)

  init(_ config: VisionConfig, _ parameters: ModelParameters, _ prefix: String) {
    heads = config.heads
    activation = config.activation
    norm1 = parameters.layerNorm("\(prefix)layer_norm1", epsilon: config.layerNormEpsilon)
    norm2 = parameters.layerNorm("\(prefix)layer_norm2", epsilon: config.layerNormEpsilon)
    query = parameters.linear("\(prefix)self_attn.q_proj")
    key = parameters.linear("\(prefix)self_attn.k_proj")
    value = parameters.linear("\(prefix)self_attn.v_proj")
    out = parameters.linear("\(prefix)self_attn.out_proj")
    up = parameters.linear("\(prefix)mlp.fc1")
    down = parameters.linear("\(prefix)mlp.fc2")
  }

  /// `[B, N, D]` → `[B, N, D]`.
  func callAsFunction(_ x_BND: TorchTensor) -> TorchTensor {
    let attended = x_BND + attention(norm1(x_BND))
    return attended + down(activation(up(norm2(attended))))
  }

  private func attention(_ x_BND: TorchTensor) -> TorchTensor {
    let (batch, tokens) = (x_BND.size(0), x_BND.size(1))
    func split(_ projected: TorchTensor) -> TorchTensor {
      projected.view(batch, tokens, heads, -1).transpose(1, 2)
    }
    let mixed_BHNE = TorchTensor.attention(
      split(query(x_BND)), split(key(x_BND)), split(value(x_BND)), AttentionChoice.kind(of: x_BND))
    return out(mixed_BHNE.transpose(1, 2).reshape(batch, tokens, -1))
  }
}
