/// A parameter that is trained, and how.
public struct NamedParameter: Sendable {
  /// What checkpoints and reports call it; no two have the same.
  public let name: String
  /// The leaf that the optimiser moves. It requires gradients.
  public let tensor: TorchTensor
  /// What the run's learning rate is multiplied by.
  public var learningRateScale: Double
  /// Whether weight decay takes from it. By default it does from matrices, not from biases, norms and single vectors.
  public var decays: Bool

  public init(
    _ name: String, _ tensor: TorchTensor, learningRateScale: Double = 1, decays: Bool? = nil
  ) {
    self.name = name
    self.tensor = tensor
    self.learningRateScale = learningRateScale
    // A bias is one axis; CLIP's class token too. Tables of embeddings are matrices.
    self.decays = decays ?? (tensor.rank >= 2)
  }
}
