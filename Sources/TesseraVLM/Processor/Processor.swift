internal import TesseraCodecs
internal import TesseraCore
internal import TesseraData
public import TesseraText
public import TesseraTransforms

/// What stands between people and a model: tokenizer, chat template and the pictures' preparation of a directory.
///
/// It does what transformers' `AutoProcessor` does: the same ids for the same words, the same numbers for the same
/// pictures.
public struct Processor: PromptMaker {
  public let config: LlavaConfig
  private var words: TextProcessor
  /// How a picture becomes the tower's numbers.
  public let images: Pipeline
  /// The file that says so, for errors.
  let imagesFile: String

  /// Reads what stands beside a model's weights.
  ///
  /// - Throws: `io` for a file that must be there, `corrupt`, `unsupported`, `invalidPipeline`, `invalidInput` where
  ///   the tokenizer and the config disagree on the picture's token, or the processor and the config on how many of
  ///   them a picture becomes.
  public init(_ path: String, _ config: LlavaConfig) throws {
    self.config = config
    words = try TextProcessor(path, config.text, imageToken: config.imageToken)
    let files = ProcessorFiles(path)
    (images, imagesFile) = try files.images()
    try files.checkTokens(config)
  }

  public var path: String { words.path }
  public var tokenizer: Tokenizer { words.tokenizer }
  /// The directory's own template, or Vicuna's where it has none.
  public var template: ChatTemplate {
    get { words.template }
    set { words.template = newValue }
  }
  public var hasOwnTemplate: Bool { words.hasOwnTemplate }
  public var tokens: ChatTokens { words.tokens }
  public var generation: GenerationSettings { words.generation }
  public var endTokens: [Int] { words.endTokens }
  public var padToken: Int? { words.padToken }

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

  /// What is to be said of a picture whose size is not the tower's: position embeddings are interpolated, where
  /// transformers refuses. Nil for one of the config's size.
  public func remark(_ picture: TorchTensor) -> String? {
    let side = config.vision.imageSize
    let (height, width) = (picture.size(1), picture.size(2))
    guard height != side || width != side else { return nil }
    return "\(imagesFile) makes pictures of \(width) × \(height) pixels "
      + "(\(config.imageTokens(height: height, width: width)) tokens), and vision_config.image_size of "
      + "\(path)/config.json is \(side) (\(config.imageTokens) tokens): position embeddings are interpolated"
  }

  // MARK: prompts

  /// A prompt of text in which each picture's token stands once.
  ///
  /// - Parameters:
  ///   - pixels: the pictures, in the order of their places.
  /// - Throws: `invalidInput` where the text has more or fewer places than there are pictures, or the tokenizer gives
  ///   an id that the model has no row for.
  public func prompt(_ text: String, pixels: [TorchTensor] = []) throws -> Prompt {
    try prompt(words.ids(text), pixels)
  }

  /// A conversation's prompt, which ends where the next answer begins.
  ///
  /// - Throws: as for text; what the template throws, with its file.
  public func prompt(_ messages: [ChatMessage], pixels: [TorchTensor] = []) throws -> Prompt {
    try prompt(words.render(messages), pixels: pixels)
  }

  /// Puts each picture's many tokens where its one stands.
  private func prompt(_ ids: [Int], _ pixels: [TorchTensor]) throws -> Prompt {
    let marks = ids.count { $0 == config.imageToken }
    guard marks == pixels.count else {
      throw TesseraError(
        .invalidInput(
          operation: "the prompt",
          expected:
            "\(tokens.image) (image_token_index \(config.imageToken)) once for each of \(pixels.count) pictures",
          got: "\(marks) times"),
        path: "\(path)/config.json")
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
          expected:
            "\(config.vision.channels) channels, and sides of \(unit) pixels or more (\(reason); config.json's "
            + "image_size is \(config.vision.imageSize), its patch_size \(patch))",
          got: "a picture of \(picture.shape) after preprocessing"),
        path: imagesFile)
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
