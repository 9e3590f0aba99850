internal import TesseraCore

// Shapes: B texts, T tokens, D width of the decoder.

/// How good an answer is, learned from preferences: a vision-language model whose state at the answer's last token a linear
/// head makes a number of (Ouyang et al. 2022, section 3.5).
///
/// Its directory is a LLaVA's with `score.weight` besides, so that the trunk loads in stock transformers; `reward_mean` and
/// `reward_std` in its config bring the scores of the reference policy's answers to mean 0 and standard deviation 1.
public struct RewardModel: Sendable {
  public let trunk: LlavaModel
  /// `[1, D]`.
  public let head: TorchTensor
  /// What is taken from the head's number.
  public var mean = 0.0
  /// What the rest is divided by; above 0.
  public var deviation = 1.0

  /// The head's name in the files.
  static let headName = "score.weight"

  public init(_ trunk: LlavaModel, head: TorchTensor, mean: Double = 0, deviation: Double = 1) {
    precondition(head.shape == [1, trunk.config.text.hiddenSize], "a head of shape \(head.shape)")
    (self.trunk, self.head, self.mean, self.deviation) = (trunk, head, mean, deviation)
  }

  /// A trunk with a head that has learned nothing: normal with variance 1/(D + 1) (Stiennon et al. 2020).
  ///
  /// - Parameter seed: equal seeds give equal heads.
  public init(_ trunk: LlavaModel, seed: UInt64) {
    let width = trunk.config.text.hiddenSize
    let deviation = (1 / Double(width + 1)).squareRoot()
    var random = RandomStream(seed: seed, operation: 0x7265_7764)
    let values = (0..<width).map { _ in Float(random.normal() * deviation) }
    self.init(
      trunk,
      head: TorchTensor(values, shape: [1, width]).to(trunk.decoder.embedding.type, device: trunk.device))
  }

  /// The head's numbers, not normalised: they lead back to the parameters.
  ///
  /// - Shape: `[B]`.
  /// - Parameters:
  ///   - places: the place, among the B·T, whose state is scored: one a text. It is told, not found, and a causal decoder
  ///     never looks behind it: a score hangs on neither padding nor the other texts.
  ///   - pixels: instead of the texts' own, such as leaves whose gradient is wanted.
  ///   - checkpointing: whether layers are computed once more on the way back, to need less memory.
  /// - Throws: as `LlavaModel.embeddings`.
  public func rawScores(
    _ texts: TokenBatch, places: [Int], pixels: [TorchTensor]? = nil, checkpointing: Bool = false
  ) throws -> TorchTensor {
    try trunk.hidden(texts, places: places, checkpointing: checkpointing, pixels: pixels)
      .linear(head).reshape(-1)
  }

  /// The scores, normalised.
  ///
  /// - Throws: as `rawScores`.
  public func scores(_ texts: TokenBatch, places: [Int]) throws -> [Double] {
    try noGrad {
      try rawScores(texts, places: places).array(of: Double.self).map { ($0 - mean) / deviation }
    }
  }

  /// How far scores move with the pictures: ‖∂(Σ scores)/∂pixels‖; nil for texts without pictures.
  ///
  /// 0 means that the model does not see them.
  public func pixelGradientNorm(_ texts: TokenBatch, places: [Int]) throws -> Double? {
    guard !texts.pixels.isEmpty else { return nil }
    return try withGrad {
      let pixels = texts.pixels.map { $0.to(trunk.type).clone().requiringGrad() }
      let sum = try rawScores(texts, places: places, pixels: pixels).sum()
      let gradients = TorchTensor.gradients(of: [sum], by: pixels)
      return noGrad { gradients.reduce(0.0) { $0 + ($1?.square().sum().item ?? 0) }.squareRoot() }
    }
  }
}
