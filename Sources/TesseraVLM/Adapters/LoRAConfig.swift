/// How a low-rank adapter is made: y = xWᵀ + b + s·(xAᵀ)Bᵀ with A `[r, in]`, B `[out, r]` (Hu et al. 2021).
///
/// The settings are PEFT's `LoraConfig`, under our names. Where a module is named, its name is the one that transformers
/// 4.57 has in memory: `model.language_model.layers.0.self_attn.q_proj`.
public struct LoRAConfig: Sendable, Hashable {
  /// A setting for the modules whose name ends in what a regular expression matches, from a dot on.
  public struct Override<Value: Sendable & Hashable>: Sendable, Hashable {
    public let pattern: String
    public let value: Value

    public init(_ pattern: String, _ value: Value) { (self.pattern, self.value) = (pattern, value) }
  }

  /// r: rows of A and columns of B.
  public var rank = 8
  /// α: what is learnt is scaled by α/r.
  public var alpha = 16.0
  /// Whether it is scaled by α/√r instead (rank-stabilised, Kalajdzievski 2023).
  public var usesRootScaling = false
  /// Which linear layers get an adapter.
  public var targets = LoRATargets.parts([.language])
  /// Other ranks for some of them; of several that match the first counts.
  public var rankPattern: [Override<Int>] = []
  /// Other alphas for some of them.
  public var alphaPattern: [Override<Double>] = []
  /// Modules that are trained whole and saved with the adapter, by the end of their names: `multi_modal_projector`.
  public var modulesToSave: [String] = []
  /// The share of inputs that PEFT left out while it trained. Read and kept; to train needs 0.
  public var dropout = 0.0

  public init() {}

  /// What the product of B and A is scaled by.
  func scale(rank: Int, alpha: Double) -> Double {
    alpha / (usesRootScaling ? Double(rank).squareRoot() : Double(rank))
  }
}
