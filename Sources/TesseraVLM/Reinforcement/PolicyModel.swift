internal import TesseraCore
internal import TesseraText

// Shapes: N tokens of all answers, one answer behind another; V rows of the vocabulary; D width of the decoder.

/// Log-probabilities of answers' tokens as reinforcement learning needs them: at the temperature of sampling, and without the
/// tokens that are never drawn, in numerator and denominator.
public struct PolicyModel: Sendable {
  public let model: LlavaModel
  /// What logits are divided by.
  public let temperature: Double
  /// Whether a token is never drawn, `[V]` bool.
  private let banned: TorchTensor

  /// - Parameter banned: tokens that sampling never draws.
  public init(_ model: LlavaModel, temperature: Double, banned: Set<Int>) {
    (self.model, self.temperature) = (model, temperature)
    let flags = (0..<model.config.text.vocabularySize).map { banned.contains($0) }
    self.banned = TorchTensor(flags, shape: [flags.count]).to(device: model.device)
  }

  /// log π of every token of the vocabulary at the places that predict an answer's token.
  ///
  /// - Shape: `[N, V]`; −∞ where a token is banned.
  /// - Throws: as `LlavaModel.embeddings`.
  public func distributions(_ batch: TokenBatch, checkpointing: Bool = false) throws -> TorchTensor {
    let logits = try model.logits(batch, checkpointing: checkpointing)
    let wide = logits.type == .float64 ? logits : logits.to(.float32)
    return (wide.maskedFill(banned, -Double.infinity) / temperature).logSoftmax(-1)
  }

  /// log π of the answers' own tokens.
  ///
  /// - Shape: `[N, V]` → `[N]`.
  public static func own(_ distributions: TorchTensor, _ batch: TokenBatch) -> TorchTensor {
    let targets = TorchTensor(batch.targets.map { Int64($0) }, shape: [batch.targets.count, 1])
    return distributions.gather(-1, targets.to(device: distributions.device)).reshape(-1)
  }

  /// The mean over tokens of −Σ π log π, in nats.
  static func entropy(_ distributions: TorchTensor) -> Double {
    let probabilities = distributions.exp()
    let terms = TorchTensor.where(
      probabilities .> 0.0, probabilities * distributions, probabilities.zerosLike())
    return -terms.sum().item / Double(max(1, distributions.size(0)))
  }
}

extension RewardModel {
  /// What is expected at the places that predict an answer's token, normalised: the model as a value model.
  ///
  /// - Shape: `[N]`.
  /// - Throws: as `LlavaModel.embeddings`.
  package func values(_ batch: TokenBatch, checkpointing: Bool = false) throws -> TorchTensor {
    let hidden = try trunk.hidden(batch, checkpointing: checkpointing)
    return (hidden.linear(head).reshape(-1) - mean) / deviation
  }
}

extension TokenizedSample {
  /// A prompt with an answer, whose tokens are the ones that are learned.
  package init(_ prompt: Prompt, answer: [Int]) {
    self.init(
      ids: prompt.ids + answer,
      isLearned: Array(repeating: false, count: prompt.ids.count)
        + Array(repeating: true, count: answer.count),
      imageSpans: prompt.imageSpans.enumerated().map { TokenizedSample.ImageSpan(image: $0, range: $1) })
  }
}
