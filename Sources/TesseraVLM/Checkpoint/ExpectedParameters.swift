/// The parameters that a config asks for: names, shapes, parts, in the model's order.
///
/// Names are those of transformers 4.57's LLaVA files, for a part alone too: everything else is read into them.
public enum ExpectedParameters {
  static let vision = "vision_tower.vision_model."
  static let projector = "multi_modal_projector."
  static let language = "language_model.model."
  static let head = "language_model.lm_head.weight"
  static let embedding = "language_model.model.embed_tokens.weight"

  /// A whole model.
  public static func llava(_ config: LlavaConfig) -> [ParameterSpec] {
    vision(config.vision) + projector(config) + language(config.text)
  }

  /// The vision tower.
  public static func vision(_ config: VisionConfig) -> [ParameterSpec] {
    let (width, inner, patch) = (config.hiddenSize, config.intermediateSize, config.patchSize)
    var list = List(part: .vision, prefix: vision)
    if config.kind == .clip { list.add("embeddings.class_embedding", [width]) }
    list.add("embeddings.patch_embedding.weight", [width, config.channels, patch, patch])
    if config.kind == .siglip { list.add("embeddings.patch_embedding.bias", [width]) }
    list.add("embeddings.position_embedding.weight", [config.positions, width])
    if config.kind == .clip { list.addNorm("pre_layrnorm", width) }
    for layer in 0..<config.layers {
      let prefix = "encoder.layers.\(layer)."
      for name in ["k_proj", "v_proj", "q_proj", "out_proj"] {
        list.addLinear("\(prefix)self_attn.\(name)", width, width)
      }
      list.addNorm("\(prefix)layer_norm1", width)
      list.addLinear("\(prefix)mlp.fc1", inner, width)
      list.addLinear("\(prefix)mlp.fc2", width, inner)
      list.addNorm("\(prefix)layer_norm2", width)
    }
    list.addNorm("post_layernorm", width)
    guard config.usesHead else { return list.specs }
    list.add("head.probe", [1, 1, width])
    list.add("head.attention.in_proj_weight", [3 * width, width])
    list.add("head.attention.in_proj_bias", [3 * width])
    list.addLinear("head.attention.out_proj", width, width)
    list.addNorm("head.layernorm", width)
    list.addLinear("head.mlp.fc1", inner, width)
    list.addLinear("head.mlp.fc2", width, inner)
    return list.specs
  }

  /// What stands between tower and decoder.
  public static func projector(_ config: LlavaConfig) -> [ParameterSpec] {
    var list = List(part: .projector, prefix: projector)
    let width = config.text.hiddenSize
    switch config.projector {
    case .mlp:
      list.addLinear("linear_1", width, config.projectorInput, bias: config.projectorBias)
      list.addLinear("linear_2", width, width, bias: config.projectorBias)
    case .pixelShuffle: list.addLinear("linear", width, config.projectorInput, bias: config.projectorBias)
    }
    return list.specs
  }

  /// The decoder, and its head unless that is the embedding.
  public static func language(_ config: TextConfig) -> [ParameterSpec] {
    let (width, inner) = (config.hiddenSize, config.intermediateSize)
    let (queries, keys) = (config.heads * config.headSize, config.keyValueHeads * config.headSize)
    var list = List(part: .language, prefix: language)
    list.add("embed_tokens.weight", [config.vocabularySize, width])
    for layer in 0..<config.layers {
      let prefix = "layers.\(layer)."
      list.addLinear("\(prefix)self_attn.q_proj", queries, width, bias: config.queryKeyValueBias)
      list.addLinear("\(prefix)self_attn.k_proj", keys, width, bias: config.queryKeyValueBias)
      list.addLinear("\(prefix)self_attn.v_proj", keys, width, bias: config.queryKeyValueBias)
      list.addLinear("\(prefix)self_attn.o_proj", width, queries, bias: config.outputBias)
      list.addLinear("\(prefix)mlp.gate_proj", inner, width, bias: config.mlpBias)
      list.addLinear("\(prefix)mlp.up_proj", inner, width, bias: config.mlpBias)
      list.addLinear("\(prefix)mlp.down_proj", width, inner, bias: config.mlpBias)
      list.add("\(prefix)input_layernorm.weight", [width])
      list.add("\(prefix)post_attention_layernorm.weight", [width])
    }
    list.add("norm.weight", [width])
    let head = ParameterSpec(name: head, shape: [config.vocabularySize, width], part: .head)
    return config.isTied ? list.specs : list.specs + [head]
  }

  /// A list that is being made.
  private struct List {
    let part: ParameterSpec.Part
    let prefix: String
    var specs: [ParameterSpec] = []

    mutating func add(_ name: String, _ shape: [Int]) {
      specs.append(ParameterSpec(name: prefix + name, shape: shape, part: part))
    }

    mutating func addLinear(_ name: String, _ rows: Int, _ columns: Int, bias: Bool = true) {
      add("\(name).weight", [rows, columns])
      if bias { add("\(name).bias", [rows]) }
    }

    mutating func addNorm(_ name: String, _ width: Int) {
      add("\(name).weight", [width])
      add("\(name).bias", [width])
    }
  }
}
