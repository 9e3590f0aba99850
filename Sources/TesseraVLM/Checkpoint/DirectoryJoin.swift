internal import TesseraCore
internal import TesseraData

/// A vision tower and a decoder, each in a directory of its own, joined into a LLaVA: which tensor comes from where,
/// which are new, and the files beside them.
///
/// New are the projector (normal with the decoder's `initializer_range`, biases 0) and the rows of embedding and head
/// for new tokens: each the mean of the rows that were there. (transformers' `resize_token_embeddings` draws them from
/// a normal distribution around that mean with 1e-9 of the rows' covariance: the same to four digits or more.)
public struct DirectoryJoin: Sendable {
  /// What may be chosen.
  public struct Options: Sendable {
    public var projector = ProjectorKind.mlp
    public var featureLayers = [-2]
    /// Nil: without the class token for CLIP, everything for SigLIP, which has none.
    public var featureSelection: FeatureSelection?
    /// Rows of an embedding that must grow are filled up to a multiple of this.
    public var rowMultiple = 64
    public var seed: UInt64 = 0

    public init() {}
  }

  /// A token that the decoder's tokenizer must get.
  public struct AddedToken: Sendable, Hashable {
    public let content: String
    public let id: Int

    package init(content: String, id: Int) { (self.content, self.id) = (content, id) }
  }

  /// The joined model's.
  public let config: LlavaConfig
  public let vision: Checkpoint
  public let language: Checkpoint
  /// `<image>` and `<pad>`, unless the tokenizer has them.
  public let addedTokens: [AddedToken]
  /// Parameters that come from neither directory.
  public let newParameters: [ParameterSpec]
  /// Rows of the decoder's embedding that come from its directory.
  public let keptRows: Int
  let seed: UInt64

  /// Opens both directories and decides.
  ///
  /// - Throws: what `Checkpoint` throws; `invalidArgument` where a directory is of another kind.
  public init(vision visionPath: String, language languagePath: String, options: Options = Options()) throws {
    vision = try Checkpoint(visionPath)
    language = try Checkpoint(languagePath)
    guard case .vision(let tower) = vision.config else {
      throw Self.wrongKind(vision, "a CLIP or SigLIP directory")
    }
    guard case .language(var text) = language.config else {
      throw Self.wrongKind(language, "a Llama, Qwen2 or Mistral directory")
    }
    keptRows = text.vocabularySize
    seed = options.seed
    let tokens = try Self.tokens(languagePath, text)
    addedTokens = tokens.added
    text.padToken = tokens.pad
    let rows = (tokens.added.map { $0.id + 1 } + [tokens.image + 1, tokens.pad + 1]).max() ?? 0
    if rows > text.vocabularySize {
      let multiple = max(1, options.rowMultiple)
      text.vocabularySize = (rows + multiple - 1) / multiple * multiple
    }
    let joined = try Self.config(tower, text, image: tokens.image, options, languagePath, visionPath)
    config = joined
    newParameters = ExpectedParameters.projector(joined)
  }

  private static func wrongKind(_ checkpoint: Checkpoint, _ expected: String) -> TesseraError {
    TesseraError(
      .invalidArgument(name: "model_type", expected: expected, got: "a \(checkpoint.config.kindName)"),
      path: "\(checkpoint.path)/config.json")
  }

  private static func config(
    _ tower: VisionConfig, _ text: TextConfig, image: Int, _ options: Options, _ languagePath: String,
    _ visionPath: String
  ) throws -> LlavaConfig {
    var config = LlavaConfig(vision: tower, text: text, imageToken: image)
    config.projector = options.projector
    config.featureLayers = options.featureLayers
    config.featureSelection = options.featureSelection ?? (tower.hasClassToken ? .withoutFirst : .full)
    let textSource = try JSONReader.read(FileIO.read("\(languagePath)/config.json", limit: 16 << 20))
    var visionSource = try JSONReader.read(FileIO.read("\(visionPath)/config.json", limit: 16 << 20))
    // Half of a model with two: its own part.
    if visionSource["vision_config"] != nil { visionSource = visionSource.member("vision_config") }
    config.source = .object([("text_config", textSource), ("vision_config", visionSource)])
    // Read back as a file would be: options that contradict each other are found here.
    let value = config.value(dataType: "float32")
    guard case .llava(let checked) = try ModelConfig(value, file: "the joined config") else { return config }
    return checked
  }

  // MARK: tokens

  private static func tokens(
    _ path: String, _ text: TextConfig
  ) throws -> (added: [AddedToken], image: Int, pad: Int) {
    let file = "\(path)/tokenizer.json"
    var facts: TokenizerFacts?
    if try FileIO.sizeIfThere(file) != nil {
      facts = try TokenizerFacts(FileIO.read(file, limit: SideFiles.limit, isRegular: true), file: file)
    }
    // Without a tokenizer every row of the embedding counts as taken.
    var added: [AddedToken] = []
    func token(_ content: String) throws -> Int {
      if let id = facts?[content] { return id }
      let id = try facts?.newID(behind: added.count, file: file) ?? text.vocabularySize + added.count
      added.append(AddedToken(content: content, id: id))
      return id
    }
    let image = try token(ProcessorText.imageToken)
    // Pad is a token of its own: one that also ends an answer would be masked there.
    if let pad = text.padToken, !text.endTokens.contains(pad), pad < text.vocabularySize {
      return (added, image, pad)
    }
    let pad = try token("<pad>")
    return (added, image, pad)
  }

  /// The files beside the weights: the decoder's tokenizer with the new tokens, the tower's picture settings.
  ///
  /// - Parameter replacements: files that count more, such as a `tokenizer.json` written by a tokenizer.
  /// - Throws: `io`, `corrupt`, `truncated`.
  public func sideFiles(replacements: [String: [UInt8]] = [:]) throws -> SideFiles {
    var files = SideFiles(from: language.path, vision: vision.path, replacements: replacements)
    files.keepsGenerationTokens = false
    let path = "\(language.path)/tokenizer.json"
    guard try FileIO.sizeIfThere(path) != nil else { return files }
    if files.replacements["tokenizer.json"] == nil {
      let bytes = try FileIO.read(path, limit: SideFiles.limit, isRegular: true)
      files.replacements["tokenizer.json"] = try TokenizerFacts.adding(addedTokens, to: bytes, file: path)
    }
    try addTokens(to: &files)
    return files
  }

  /// `tokenizer_config.json` and `special_tokens_map.json` name the new tokens too.
  private func addTokens(to files: inout SideFiles) throws {
    let settings = try files.tokenizerConfig(config)
    guard var settings else { return }
    var special: [JSONValue] = []
    if case .array(let list)? = settings["additional_special_tokens"] { special = list }
    let image = JSONValue.string(ProcessorText.imageToken)
    if !special.contains(where: { JSONText($0) == JSONText(image) }) { special.append(image) }
    settings = settings.with("additional_special_tokens", .array(special))
    settings = TokenizerConfig.withInputNames(settings.with("processor_class", .string("LlavaProcessor")))
    if addedTokens.contains(where: { $0.content == "<pad>" }) {
      settings = settings.with("pad_token", .string("<pad>"))
    }
    var decoder = settings.member("added_tokens_decoder")
    for token in addedTokens {
      decoder = decoder.with(String(token.id), TokenizerFacts.special(token, withID: false))
    }
    settings = settings.with("added_tokens_decoder", decoder)
    for (name, value) in [
      ("tokenizer_config.json", settings), ("special_tokens_map.json", SideFiles.tokensMap(settings)),
    ] where files.replacements[name] == nil {
      files.replacements[name] = Array(value.pythonText().utf8)
    }
  }
}
