internal import TesseraCodecs
internal import TesseraCore
internal import TesseraData
public import TesseraText
public import TesseraTransforms

/// What stands between people and a model: tokenizer, chat template and the pictures' preparation of a directory.
///
/// It does what transformers' `AutoProcessor` does: the same ids for the same words, the same numbers for the same
/// pictures.
public struct Processor: Sendable {
  public let path: String
  public let config: LlavaConfig
  public let tokenizer: Tokenizer
  /// The directory's own template, or Vicuna's where it has none.
  public var template: ChatTemplate
  /// Whether the directory has a template of its own.
  public let hasOwnTemplate: Bool
  /// The tokens that have a meaning, as texts.
  public let tokens: ChatTokens
  /// How a picture becomes the tower's numbers.
  public let images: Pipeline
  /// What `generation_config.json` asks for and is not done unless it is asked for here: to be printed.
  public let generationWishes: [String]
  /// Tokens that end an answer.
  public let endTokens: [Int]
  /// What fills short texts up; nil where the directory names none.
  public let padToken: Int?

  /// Reads what stands beside a model's weights.
  ///
  /// - Throws: `io` for a file that must be there, `corrupt`, `unsupported`, `invalidPipeline`, `invalidInput` where
  ///   the tokenizer and the config disagree on the picture's token.
  public init(_ path: String, _ config: LlavaConfig) throws {
    let files = ProcessorFiles(path)
    self.path = path
    self.config = config
    tokenizer = try files.tokenizer()
    let source = try files.template()
    hasOwnTemplate = source != nil
    template = try source.map { try ChatTemplate(jinja: $0) } ?? .v1
    images = try files.images()
    let names = try files.tokenNames()
    guard let image = tokenizer.token(config.imageToken) else {
      throw TesseraError(
        .invalidInput(
          operation: "the tokenizer",
          expected: "a token for the config's image_token_index \(config.imageToken)",
          got: "none (\(tokenizer.vocabularySize) tokens)"),
        path: path)
    }
    tokens = ChatTokens(
      bos: names["bos_token"] ?? "", eos: names["eos_token"] ?? "", image: image,
      special: tokenizer.specialIDs.compactMap(tokenizer.token))
    generationWishes = try files.generationWishes()
    endTokens = try files.endTokens() ?? config.text.endTokens
    padToken = names["pad_token"].flatMap(tokenizer.id(of:)) ?? config.text.padToken
  }

  // MARK: pictures

  /// A picture file as the tower wants it.
  ///
  /// Turned as its Exif orientation says and made RGB as Pillow does, as transformers reads pictures.
  ///
  /// - Shape: `[C, height, width]` float32.
  /// - Throws: `TesseraError` with path and stage.
  public func pixels(contentsOf file: String) throws -> TorchTensor {
    let policy = DecodePolicy(sixteenBit: .clip)
    return TorchTensor(sharing: try images.tensor(contentsOf: file, policy: policy))
  }

  // MARK: prompts

  /// A prompt of text in which each picture's token stands once.
  ///
  /// - Parameters:
  ///   - pixels: the pictures, in the order of their places.
  /// - Throws: `invalidInput` where the text has more or fewer places than there are pictures, or the tokenizer gives
  ///   an id that the model has no row for.
  public func prompt(_ text: String, pixels: [TorchTensor] = []) throws -> Prompt {
    // A template may write the token of the beginning itself; it is not put there twice.
    let startsItself = !tokens.bos.isEmpty && text.hasPrefix(tokens.bos)
    return try prompt(tokenizer.encode(text, addSpecialTokens: !startsItself), pixels)
  }

  /// A conversation's prompt, which ends where the next answer begins.
  public func prompt(_ messages: [ChatMessage], pixels: [TorchTensor] = []) throws -> Prompt {
    try prompt(template.render(messages, addGenerationPrompt: true, tokens: tokens), pixels: pixels)
  }

  /// Puts each picture's many tokens where its one stands.
  private func prompt(_ ids: [Int], _ pixels: [TorchTensor]) throws -> Prompt {
    let marks = ids.count { $0 == config.imageToken }
    guard marks == pixels.count else {
      throw TesseraError(
        .invalidInput(
          operation: "the prompt", expected: "\(tokens.image) once for each of \(pixels.count) pictures",
          got: "\(marks) times"))
    }
    if let id = ids.first(where: { $0 >= config.text.vocabularySize }) {
      throw TesseraError(
        .invalidInput(
          operation: "the model", expected: "ids of its \(config.text.vocabularySize) rows",
          got: "id \(id) ('\(tokenizer.token(id) ?? "")') from the tokenizer: they do not belong together"),
        path: path)
    }
    var result = Prompt(ids: [], pixels: pixels)
    for id in ids {
      guard id == config.imageToken else {
        result.ids.append(id)
        continue
      }
      let picture = pixels[result.imageSpans.count]
      try check(picture)
      let count = config.imageTokens(height: picture.size(1), width: picture.size(2))
      result.imageSpans.append(result.ids.count..<result.ids.count + count)
      result.ids += Array(repeating: id, count: count)
    }
    return result
  }
}

extension Processor {
  /// - Throws: `invalidInput` for a picture that the tower and the projector cannot take.
  private func check(_ picture: TorchTensor) throws {
    var (unit, reason) = (config.vision.patchSize, "a patch or more")
    if case .pixelShuffle(let factor) = config.projector {
      (unit, reason) = (unit * factor, "whole squares of \(factor) patches for the pixel shuffle")
    }
    let patch = config.vision.patchSize
    let isWhole = picture.shape.dropFirst().allSatisfy { side in
      side >= unit && (unit == patch || (side / patch * patch) % unit == 0)
    }
    guard picture.rank == 3, picture.size(0) == config.vision.channels, isWhole else {
      throw TesseraError(
        .invalidInput(
          operation: "the vision tower",
          expected: "\(config.vision.channels) channels, and sides of \(unit) pixels or more (\(reason))",
          got: "a picture of \(picture.shape) after preprocessing"),
        path: path)
    }
  }
}

extension LlavaConfig {
  /// Tokens that a picture of a size becomes.
  public func imageTokens(height: Int, width: Int) -> Int {
    var tokens = (height / vision.patchSize) * (width / vision.patchSize)
    tokens += (vision.hasClassToken ? 1 : 0) - (featureSelection == .withoutFirst ? 1 : 0)
    guard case .pixelShuffle(let factor) = projector else { return tokens }
    return tokens / (factor * factor)
  }
}

extension Generator {
  /// A generator with the processor's tokens.
  public init(_ model: LlavaModel, _ processor: Processor) {
    self.init(model, processor.tokenizer, endTokens: processor.endTokens, padToken: processor.padToken)
  }
}
