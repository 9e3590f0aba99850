package import TesseraCore

/// A vision-language model: `config.json` of a LLaVA directory.
public struct LlavaConfig: Sendable {
  public var vision: VisionConfig
  public var text: TextConfig
  public var projector: ProjectorKind
  public var projectorActivation: Activation
  /// Whether the projector's linear layers have biases.
  public var projectorBias: Bool
  /// Whose hidden states the projector gets, counted as transformers does: 0 is the embedding, −1 the last layer;
  /// several are put side by side, feature by feature.
  public var featureLayers: [Int]
  /// Whether `vision_feature_layer` is a list: `[-2]` and `-2` mean the same, and are written as they were read.
  public var writesFeatureLayerList: Bool
  public var featureSelection: FeatureSelection
  /// The id whose embeddings the picture's features replace.
  public var imageToken: Int
  /// Whether the two levels of the config say different things about the tie of head and embedding.
  var contradictsTie = false
  /// All that was read, for what is not ours: it is written again.
  package var source: JSONValue = .object([])

  /// A model of these parts, with the default of transformers' `LlavaConfig` for everything else.
  public init(vision: VisionConfig, text: TextConfig, imageToken: Int) {
    (self.vision, self.text, self.imageToken) = (vision, text, imageToken)
    (projector, projectorActivation, projectorBias) = (.mlp, .gelu, true)
    (featureLayers, writesFeatureLayerList, featureSelection) = ([-2], false, .withoutFirst)
  }

  /// Tokens that a picture becomes: `⌊H/P⌋ · ⌊W/P⌋ + (CLIP: 1) − (without the first: 1)`, over the square of the
  /// factor where patches are shuffled together.
  public var imageTokens: Int {
    let tokens = vision.positions - (featureSelection == .withoutFirst ? 1 : 0)
    guard case .pixelShuffle(let factor) = projector else { return tokens }
    return tokens / (factor * factor)
  }

  /// Width of what the projector gets.
  public var projectorInput: Int {
    let width = vision.hiddenSize * featureLayers.count
    guard case .pixelShuffle(let factor) = projector else { return width }
    return width * factor * factor
  }

  /// The layers of the tower that run, 0…: those behind the last that is asked for get no gradient.
  public var usedVisionLayers: Int {
    featureLayers.map { $0 < 0 ? vision.layers + 1 + $0 : $0 }.max() ?? vision.layers
  }
}

extension LlavaConfig {
  /// Reads a `config.json` of a LLaVA.
  ///
  /// - Parameter file: what errors call it.
  /// - Throws: `corrupt`, `truncated`, `invalidArgument` with the key, what was found and what is expected.
  public init(json: [UInt8], file: String) throws {
    guard case .llava(let config) = try ModelConfig(json: json, file: file) else {
      throw TesseraError(
        .invalidArgument(name: "model_type", expected: "llava or tessera_llava", got: "a part of one alone"),
        path: file)
    }
    self = config
  }

  init(_ value: JSONValue, _ reader: ConfigReader, isOurs: Bool) throws {
    try reader.refuseQuantized()
    let tie = try reader.optionalBool("tie_word_embeddings")
    self.init(
      vision: try Self.vision(reader), text: try Self.text(reader),
      imageToken: try reader.int(
        reader.has("image_token_index") ? "image_token_index" : "image_token_id", 32_000,
        in: 0...Int(Int32.max)))
    source = value
    contradictsTie = tie.map { $0 != text.isTied } ?? false
    // 5.x: a tie at either level ties. Which it is, where they differ, the weights decide.
    text.isTied = text.isTied || tie == true
    projectorActivation = try reader.activation("projector_hidden_act", .gelu)
    projectorBias = try reader.bool("multimodal_projector_bias", true)
    featureSelection = try reader.word("vision_feature_select_strategy", FeatureSelection.withoutFirst)
    try readFeatureLayers(reader)
    if isOurs { try readProjector(reader) }
    try readTokens(reader)
    guard imageToken < text.vocabularySize else {
      throw reader.wrong(
        "image_token_index", "below text_config.vocab_size \(text.vocabularySize)", .int(imageToken))
    }
  }

  private static func vision(_ reader: ConfigReader) throws -> VisionConfig {
    // Without a config transformers takes the tower of LLaVA-1.5; in one that is there, only the class is CLIP's.
    guard let inner = try reader.object("vision_config") else {
      var tower = VisionConfig(.clip)
      (tower.intermediateSize, tower.hiddenSize, tower.patchSize) = (4096, 1024, 14)
      (tower.imageSize, tower.layers, tower.heads) = (336, 24, 16)
      return tower
    }
    return try VisionConfig(inner, kind: try inner.word("model_type", .clip))
  }

  private static func text(_ reader: ConfigReader) throws -> TextConfig {
    guard let inner = try reader.object("text_config") else {
      return try TextConfig(ConfigReader(.object([]), file: reader.file), kind: .llama)
    }
    return try TextConfig(inner, kind: try inner.word("model_type", .llama))
  }

  private mutating func readFeatureLayers(_ reader: ConfigReader) throws {
    let range = -(vision.layers + 1)...vision.layers
    let key = "vision_feature_layer"
    guard case .array(let list)? = reader[key] else {
      featureLayers = [try reader.int(key, -2, in: range)]
      return
    }
    featureLayers = try list.map {
      guard let layer = ConfigReader.whole($0), range.contains(layer) else {
        throw reader.wrong(key, "layers in \(range)", $0)
      }
      return layer
    }
    guard (1...64).contains(list.count) else {
      throw reader.wrong(key, "one to 64 layers", .array(list))
    }
    writesFeatureLayerList = true
  }

  private mutating func readProjector(_ reader: ConfigReader) throws {
    switch try reader.string("projector_type") ?? "mlp" {
    case "mlp": projector = .mlp
    case "pixel_shuffle":
      let factor = try reader.int("pixel_shuffle_factor", 2, in: 1...16)
      try Self.checkShuffle(factor, vision, featureSelection, reader)
      projector = .pixelShuffle(factor: factor)
    case let other: throw reader.wrong("projector_type", "mlp or pixel_shuffle", .string(other))
    }
  }

  private static func checkShuffle(
    _ factor: Int, _ vision: VisionConfig, _ selection: FeatureSelection, _ reader: ConfigReader
  ) throws {
    guard vision.patchesPerSide % factor == 0 else {
      throw reader.wrong(
        "pixel_shuffle_factor", "a divisor of the \(vision.patchesPerSide) patches along a side", .int(factor)
      )
    }
    // Only whole grids of patches can be folded.
    let wanted: FeatureSelection = vision.hasClassToken ? .withoutFirst : .full
    guard selection == wanted else {
      throw reader.wrong(
        "vision_feature_select_strategy",
        "\"\(wanted.rawValue)\" (pixel_shuffle needs all patches and nothing else)",
        .string(selection.rawValue))
    }
  }

  /// Ids at the top level count where `text_config` says nothing (LLaVA-1.5's `pad_token_id`).
  private mutating func readTokens(_ reader: ConfigReader) throws {
    let inner = try reader.object("text_config")
    guard inner?.has("pad_token_id") != true, reader.has("pad_token_id") else { return }
    let id = try reader.optionalInt("pad_token_id", in: -1...Int(Int32.max))
    text.padToken = id.flatMap { $0 < 0 ? nil : $0 }
  }
}
