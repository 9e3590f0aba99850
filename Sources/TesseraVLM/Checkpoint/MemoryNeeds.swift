public import TesseraCore

/// How large a model is: parameters by part, and bytes for what is done with it.
///
/// Weights, caches, gradients and the optimiser's state are counted; what a step computes on the way is not.
public struct MemoryNeeds: Sendable, Hashable {
  /// Parameters of each part.
  public let parameters: [ParameterSpec.Part: Int]
  /// Numbers that a KV cache keeps for a token: a key and a value for each of the layers' shared heads.
  public let cachedNumbers: Int

  /// Counts a model.
  public init(_ config: LlavaConfig) {
    self.init(ExpectedParameters.llava(config), config.text)
  }

  /// Counts whatever a directory holds.
  public init(_ config: ModelConfig) {
    switch config {
    case .llava(let config): self.init(config)
    case .vision(let config): self.init(ExpectedParameters.vision(config), nil)
    case .language(let config): self.init(ExpectedParameters.language(config), config)
    }
  }

  private init(_ specs: [ParameterSpec], _ text: TextConfig?) {
    parameters = specs.reduce(into: [:]) { $0[$1.part, default: 0] += $1.count }
    cachedNumbers = text.map { 2 * $0.layers * $0.keyValueHeads * $0.headSize } ?? 0
  }

  /// All parameters.
  public var total: Int { parameters.values.reduce(0, +) }

  /// Bytes of the weights in a type.
  public func weightBytes(_ type: DataType) -> Int { total * type.byteCount }

  /// Bytes that a KV cache takes for a token.
  public func cacheBytesPerToken(_ type: DataType) -> Int { cachedNumbers * type.byteCount }

  /// Bytes to answer with: weights, and a cache of so many tokens.
  public func inferenceBytes(_ type: DataType, tokens: Int) -> Int {
    weightBytes(type) + cacheBytesPerToken(type) * tokens
  }

  /// Bytes to train with AdamW: for every parameter its weight, and for each that is trained a gradient and two
  /// moments, all float32 (mixed precision keeps its master weights in float32 too).
  ///
  /// - Parameter trained: the parts that learn.
  public func trainingBytes(trained: Set<ParameterSpec.Part> = Set(ParameterSpec.Part.allCases)) -> Int {
    let learning = parameters.reduce(0) { $0 + (trained.contains($1.key) ? $1.value : 0) }
    return 4 * (total + 3 * learning)
  }
}
