// Shapes: B texts, T tokens, P pictures, M tokens of a picture, C channels, D width of the decoder.

/// A model that answers are written with: a decoder, with eyes (`LlavaModel`) or without (`LanguageModel`).
public protocol GenerativeModel: Sendable {
  /// The decoder's config.
  var text: TextConfig { get }
  var decoder: Decoder { get }
  /// The id that stands for a picture's tokens; nil where the model sees none.
  var imageToken: Int? { get }

  /// Pictures as the decoder's tokens.
  ///
  /// - Shape: `[P, C, height, width]` → `[P, M, D]`.
  /// - Throws: `invalidInput` for a model that sees none.
  func imageFeatures(_ pixels: TorchTensor) throws -> TorchTensor
}

extension GenerativeModel {
  /// The type that the decoder computes in.
  public var type: TorchType { decoder.embedding.type }
  /// Where the model lies.
  public var device: TorchDevice { decoder.embedding.device }
}

extension LlavaModel: GenerativeModel {
  public var text: TextConfig { config.text }
  public var imageToken: Int? { config.imageToken }
}
