internal import TesseraCore

/// A decoder alone: transformers' `LlamaForCausalLM`, `Qwen2ForCausalLM` or `MistralForCausalLM`, with the same logits.
public struct LanguageModel: GenerativeModel {
  public let config: TextConfig
  public let parameters: ModelParameters
  public let decoder: Decoder

  public var text: TextConfig { config }
  public var imageToken: Int? { nil }

  /// A model of parameters, which it shares.
  public init(_ config: TextConfig, _ parameters: ModelParameters) {
    (self.config, self.parameters) = (config, parameters)
    decoder = Decoder(config, parameters)
  }

  /// Opens a directory of a decoder.
  ///
  /// - Parameters: as of `LlavaModel.init`.
  /// - Throws: what `ModelParameters` throws; `invalidInput` for a directory of another kind.
  public init(
    _ checkpoint: Checkpoint, type: TorchType? = nil, device: TorchDevice = .cpu, writable: Bool = false
  ) throws {
    guard case .language(let config) = checkpoint.config else {
      throw TesseraError(
        .invalidInput(
          operation: "a language model", expected: "a Llama, Qwen2 or Mistral directory",
          got: "a \(checkpoint.config.kindName)"),
        path: checkpoint.path)
    }
    self.init(config, try ModelParameters(checkpoint, type: type, device: device, writable: writable))
  }

  public func imageFeatures(_ pixels: TorchTensor) throws -> TorchTensor {
    throw TesseraError(
      .invalidInput(
        operation: "a picture", expected: "a vision-language model",
        got: "a \(config.kind.rawValue) decoder, which sees none"))
  }

  /// Logits at every place of texts of one length.
  ///
  /// - Shape: `[B, T, V]`.
  /// - Parameters: as of `Decoder.hidden`.
  /// - Throws: `invalidInput` for ids beyond the embedding's rows.
  public func logits(
    _ ids: [[Int]], padding: [Int]? = nil, cache: KeyValueCache? = nil, checkpointing: Bool = false
  ) throws -> TorchTensor {
    decoder.logits(
      decoder.hidden(
        try decoder.embeddings(ids), padding: padding, cache: cache, checkpointing: checkpointing))
  }
}
