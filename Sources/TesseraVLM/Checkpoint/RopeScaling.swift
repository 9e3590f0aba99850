/// How the angles of rotary position embeddings are stretched for longer texts.
public enum RopeScaling: Sendable, Hashable {
  case none
  /// Every frequency divided by the factor.
  case linear(factor: Double)
  /// Llama 3.1's: low frequencies are divided, high ones kept, those between blended.
  case llama3(factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalPositions: Int)
}
