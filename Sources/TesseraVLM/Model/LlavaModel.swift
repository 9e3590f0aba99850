// Shapes: B texts, T tokens, P pictures, M tokens of a picture, C channels, D width of the decoder, V vocabulary.

/// A vision-language model: pictures through a tower and a projector into a decoder's text (Liu et al. 2023).
///
/// It is transformers' `LlavaForConditionalGeneration`: the same weights, the same logits.
public struct LlavaModel: Sendable {
  public let config: LlavaConfig
  public let parameters: ModelParameters
  public let tower: VisionTower
  public let projector: Projector
  public private(set) var decoder: Decoder
  /// What is added to some of its layers; its saved modules are among `parameters`.
  public let adapter: LoRAAdapter?

  /// A model of parameters, which it shares, with an adapter on them or none.
  public init(_ config: LlavaConfig, _ parameters: ModelParameters, adapter: LoRAAdapter? = nil) {
    let parameters = adapter.map(parameters.adapted) ?? parameters
    self.config = config
    self.adapter = adapter
    self.parameters = parameters
    tower = VisionTower(config.vision, parameters)
    projector = Projector(config, parameters)
    decoder = Decoder(config.text, parameters)
  }

  /// The same model, of the same parameters, whose log-probabilities do not hang on how its tokens are dealt with: one by
  /// one with a cache, or all at once.
  ///
  /// In float32 the orders of sums differ between the two, and log-probabilities of a trained model with them by 1e-5 to
  /// 1e-4. Here attention is computed in float64, with a cache of twice the memory, and linear layers have sixteen rows at
  /// least: they are the same to some 1e-6, which is what the last softmax rounds. On a processor and in float32 only: a
  /// graphics card is slow in float64, and half precision is further off for other reasons.
  public var withStableLogProbabilities: LlavaModel {
    guard device == .cpu && type == .float32 else { return self }
    var copy = self
    copy.decoder = decoder.stable
    return copy
  }

  /// Pictures as the decoder's tokens.
  ///
  /// - Shape: `[P, C, height, width]` → `[P, M, D]`.
  public func imageFeatures(_ pixels: TorchTensor) -> TorchTensor {
    let selected = selectedFeatures(
      tower.hiddenStates(pixels.to(device: device), through: config.usedVisionLayers))
    let side = config.vision.patchSize
    return projector(selected, grid: (pixels.size(2) / side, pixels.size(3) / side))
  }

  /// The tokens of the layers that the config names, side by side; without the first where it says so.
  func selectedFeatures(_ states: [TorchTensor]) -> TorchTensor {
    let chosen = config.featureLayers.map { layer -> TorchTensor in
      let state = states[layer < 0 ? config.vision.layers + 1 + layer : layer]
      return config.featureSelection == .withoutFirst ? state.slice(1, 1..<state.size(1)) : state
    }
    return chosen.count == 1 ? chosen[0] : TorchTensor.cat(chosen, axis: -1)
  }

  /// Tokens to embeddings, with pictures' tokens in their places.
  ///
  /// - Shape: `ids` `[B, T]` int64, `features` `[P, M, D]` → `[B, T, D]`.
  /// - Parameters:
  ///   - places: where the pictures' tokens stand, as indices into the B·T tokens, picture by picture. They come from
  ///     the plan that made the ids, never from the ids: a sampled id may be equal to the picture's.
  /// - Throws: `invalidInput` for ids beyond the embedding's rows, places outside of the text, or as many as no pictures
  ///   have.
  public func embeddings(
    _ ids: [[Int]], features: TorchTensor? = nil, places: [Int] = []
  ) throws -> TorchTensor {
    try decoder.embeddings(ids, features: features, places: places)
  }

  /// Logits at every place of texts of one length.
  ///
  /// - Shape: `[B, T, V]`.
  /// - Parameters: as of `embeddings`; `padding` as of `Decoder.hidden`.
  public func logits(
    _ ids: [[Int]], pixels: TorchTensor? = nil, places: [Int] = [], padding: [Int]? = nil,
    cache: KeyValueCache? = nil, checkpointing: Bool = false
  ) throws -> TorchTensor {
    let embedded = try embeddings(ids, features: pixels.map(imageFeatures), places: places)
    return decoder.logits(
      decoder.hidden(embedded, padding: padding, cache: cache, checkpointing: checkpointing))
  }
}
