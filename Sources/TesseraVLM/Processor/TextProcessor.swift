internal import TesseraCore
public import TesseraText

/// What stands between people and a decoder: tokenizer, chat template and generation settings of a directory.
public struct TextProcessor: PromptMaker {
  public let path: String
  /// The decoder's config.
  public let config: TextConfig
  public let tokenizer: Tokenizer
  /// The directory's own template, or Vicuna's where it has none.
  public var template: ChatTemplate {
    // What is set in its place is no file's.
    didSet { templateFile = nil }
  }
  /// The file that the template is from, for errors.
  private var templateFile: String?
  public let hasOwnTemplate: Bool
  public let tokens: ChatTokens
  public let generation: GenerationSettings
  public let endTokens: [Int]
  public let padToken: Int?

  /// Reads what stands beside a decoder's weights.
  ///
  /// - Throws: `io` for a file that must be there, `corrupt`, `unsupported`.
  public init(_ path: String, _ config: TextConfig) throws { try self.init(path, config, imageToken: nil) }

  /// - Parameter imageToken: the id that stands for a picture.
  init(_ path: String, _ config: TextConfig, imageToken: Int?) throws {
    let files = ProcessorFiles(path)
    (self.path, self.config) = (path, config)
    tokenizer = try files.tokenizer()
    let source = try files.template()
    (hasOwnTemplate, templateFile) = (source != nil, source?.file)
    do { template = try source.map { try ChatTemplate(jinja: $0.text) } ?? .v1 } catch let error
      as TesseraError
    {
      throw error.with(path: source?.file)
    }
    let names = try files.tokenNames()
    var image = ""
    if let imageToken {
      guard let token = tokenizer.token(imageToken) else {
        throw TesseraError(
          .invalidInput(
            operation: "the tokenizer", expected: "a token for the config's image_token_index \(imageToken)",
            got: "none (\(tokenizer.vocabularySize) tokens)"),
          path: "\(path)/tokenizer.json")
      }
      image = token
    }
    tokens = ChatTokens(
      bos: names["bos_token"] ?? "", eos: names["eos_token"] ?? "", image: image,
      special: tokenizer.specialIDs.compactMap(tokenizer.token))
    generation = try files.generation()
    endTokens = try files.endTokens() ?? config.endTokens
    padToken = names["pad_token"].flatMap(tokenizer.id(of:)) ?? config.padToken
  }

  /// - Throws: `invalidInput`: a decoder sees no pictures.
  public func pixels(contentsOf file: String) throws -> TorchTensor {
    throw TesseraError(
      .invalidInput(
        operation: "a picture", expected: "a vision-language model",
        got: "\(path), a \(config.kind.rawValue) decoder, which sees none"),
      path: file)
  }

  /// A prompt of text.
  ///
  /// - Throws: `invalidInput` for pictures, or where the tokenizer gives an id that the model has no row for.
  public func prompt(_ text: String, pixels: [TorchTensor] = []) throws -> Prompt {
    guard pixels.isEmpty else {
      throw TesseraError(
        .invalidInput(
          operation: "a decoder's prompt", expected: "text alone", got: "\(pixels.count) pictures"),
        path: path)
    }
    return Prompt(ids: try ids(text))
  }

  /// A conversation's prompt, which ends where the next answer begins.
  ///
  /// - Throws: as for text; what the template throws, with its file.
  public func prompt(_ messages: [ChatMessage], pixels: [TorchTensor] = []) throws -> Prompt {
    try prompt(render(messages), pixels: pixels)
  }

  /// A conversation by the template, up to where the next answer begins.
  func render(_ messages: [ChatMessage]) throws -> String {
    do { return try template.render(messages, addGenerationPrompt: true, tokens: tokens) } catch let error
      as TesseraError
    { throw error.with(path: templateFile) }
  }

  /// A prompt's ids, each with a row in the embedding.
  func ids(_ text: String) throws -> [Int] {
    // A template may write the token of the beginning itself; it is not put there twice.
    let startsItself = !tokens.bos.isEmpty && text.hasPrefix(tokens.bos)
    let ids = tokenizer.encode(text, addSpecialTokens: !startsItself)
    if let id = ids.first(where: { $0 >= config.vocabularySize }) {
      throw TesseraError(
        .invalidInput(
          operation: "the model",
          expected: "ids of its \(config.vocabularySize) rows (vocab_size of config.json)",
          got: "id \(id) ('\(tokenizer.token(id) ?? "")') from tokenizer.json: they do not belong together"),
        path: path)
    }
    return ids
  }
}
