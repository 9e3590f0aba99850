import TesseraVLM

/// Configs in words.
enum ModelWords {
  /// `CLIP, 336×336 in patches of 14 (24×24 and a class token), 24 layers of width 1024, 16 heads`.
  static func vision(_ config: VisionConfig) -> String {
    let side = config.patchesPerSide
    let kind = config.kind == .clip ? "CLIP" : config.usesHead ? "SigLIP with head" : "SigLIP without head"
    let token = config.hasClassToken ? " and a class token" : ""
    return "\(kind), \(config.imageSize)×\(config.imageSize) in patches of \(config.patchSize) "
      + "(\(side)×\(side)\(token)), \(config.layers) layers of width \(config.hiddenSize), "
      + "\(config.heads) heads, MLP \(config.intermediateSize) (\(config.activation.rawValue))"
  }

  /// What the projector gets and what it is.
  static func projector(_ config: LlavaConfig) -> String {
    let layers = config.featureLayers.map { "\($0)" }.joined(separator: ", ")
    let from =
      "\(config.featureLayers.count == 1 ? "layer" : "layers") \(layers), "
      + (config.featureSelection == .full ? "all tokens" : "without the first token")
    let bias = config.projectorBias ? "" : ", no biases"
    switch config.projector {
    case .mlp:
      return
        "MLP (\(config.projectorActivation.rawValue)) \(config.projectorInput) → \(config.text.hiddenSize) → "
        + "\(config.text.hiddenSize)\(bias); \(from)"
    case .pixelShuffle(let factor):
      return
        "pixel shuffle \(factor)×\(factor), linear \(config.projectorInput) → \(config.text.hiddenSize)\(bias); "
        + from
    }
  }

  /// Size, heads, what is tied, biases.
  static func decoder(_ config: TextConfig) -> String {
    var words = "\(config.kind.rawValue), \(config.layers) layers of width \(config.hiddenSize), "
    words += "\(config.heads) heads of \(config.headSize) over \(config.keyValueHeads) of keys and values, "
    words += "MLP \(config.intermediateSize) (\(config.activation.rawValue)), \(config.vocabularySize) rows, "
    words += config.isTied ? "head tied to the embedding" : "head of its own"
    var biases: [String] = []
    if config.queryKeyValueBias { biases.append("q, k, v") }
    if config.outputBias { biases.append("o") }
    if config.mlpBias { biases.append("MLP") }
    return words + (biases.isEmpty ? ", no biases" : ", biases in \(biases.joined(separator: ", "))")
  }

  /// θ and how angles are stretched.
  static func rope(_ config: TextConfig) -> String {
    let base = "θ \(config.ropeTheta)"
    switch config.ropeScaling {
    case .none: return "\(base), not scaled"
    case .linear(let factor): return "\(base), linear ÷\(factor)"
    case .llama3(let factor, let low, let high, let original):
      return
        "\(base), Llama 3's ÷\(factor) (frequency factors \(low) and \(high), first \(original) positions)"
    }
  }

  /// Which layers see how far back.
  static func windows(_ config: TextConfig) -> String {
    let sizes = config.slidingWindows.compactMap { $0 }
    guard !sizes.isEmpty else { return "every layer sees all positions" }
    let all = Set(sizes).sorted().map { "\($0)" }.joined(separator: " or ")
    if sizes.count == config.layers { return "every layer sees \(all) positions back" }
    return "\(sizes.count) of \(config.layers) layers see \(all) positions back, the others all"
  }
}
