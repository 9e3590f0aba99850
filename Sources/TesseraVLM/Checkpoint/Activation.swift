/// The function between two linear layers, by the name that a config gives it.
public enum Activation: String, Sendable, Hashable, CaseIterable {
  /// `x · σ(1.702 x)` (CLIP's).
  case quickGELU = "quick_gelu"
  /// `x · Φ(x)`, by the error function.
  case gelu
  /// GELU by its tanh formula (SigLIP's).
  case geluTanh = "gelu_pytorch_tanh"
  /// `x · σ(x)` (Llama's).
  case silu
  case relu

  /// Other names of the same functions.
  private static let synonyms: [String: Activation] = ["swish": .silu, "gelu_new": .geluTanh]

  /// Every name that is known, for messages.
  static let names = allCases.map(\.rawValue) + synonyms.keys.sorted()

  /// The function of a name; nil for one that is not known.
  public init?(name: String) {
    guard let found = Self(rawValue: name) ?? Self.synonyms[name] else { return nil }
    self = found
  }
}
