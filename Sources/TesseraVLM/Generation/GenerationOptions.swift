internal import TesseraCore

/// How answers are drawn. The defaults take the likeliest token each time.
///
/// Applied in transformers' order: penalty, temperature, top-k, top-p, min-p.
public struct GenerationOptions: Sendable, Hashable {
  /// The most tokens of an answer.
  public var maxNewTokens = 256
  /// What logits are divided by before a token is drawn; 0 takes the likeliest.
  public var temperature = 0.0
  /// Only so many of the likeliest tokens are drawn from; nil for all.
  public var topK: Int?
  /// Only the likeliest tokens that have this probability together; 1 for all.
  public var topP = 1.0
  /// Only tokens at least this times as likely as the likeliest; 0 for all.
  public var minP = 0.0
  /// Divides (if positive) or multiplies (if negative) the logits of tokens that stand in prompt or answer; 1 for none.
  public var repetitionPenalty = 1.0
  /// An answer ends before the one of these texts that is complete first.
  public var stopStrings: [String] = []
  /// What chance starts from: equal seeds give equal answers, whatever stands in the batch's other rows. Each row draws
  /// its own numbers, so that a prompt given twice is answered in two ways.
  public var seed: UInt64 = 0
  /// Whether keys and values of earlier tokens are kept instead of computed again. Greedy answers do not depend on it,
  /// wherever the two likeliest tokens' logits are further apart than rounding.
  public var usesCache = true
  /// Whether answers come with their tokens' log-probabilities.
  public var keepsLogProbabilities = false

  public init() {}

  /// - Throws: `invalidArgument` with the option's name, what is allowed and what was given.
  public func validate() throws {
    func check(_ isRight: Bool, _ name: String, _ expected: String, _ got: Any) throws {
      guard isRight else {
        throw TesseraError(.invalidArgument(name: name, expected: expected, got: "\(got)"))
      }
    }
    try check(maxNewTokens > 0, "max-new-tokens", "at least 1", maxNewTokens)
    try check(temperature >= 0 && temperature.isFinite, "temperature", "0 or more", temperature)
    try check(topK.map { $0 > 0 } ?? true, "top-k", "at least 1", topK ?? 0)
    try check(topP > 0 && topP <= 1, "top-p", "above 0 and at most 1", topP)
    try check(minP >= 0 && minP < 1, "min-p", "0 or more, below 1", minP)
    try check(
      repetitionPenalty > 0 && repetitionPenalty.isFinite, "repetition-penalty", "above 0", repetitionPenalty)
    try check(!stopStrings.contains(""), "stop", "a text that is not empty", "''")
    if temperature == 0 && (topK != nil || topP < 1 || minP > 0) {
      throw TesseraError(
        .invalidArgument(
          name: "temperature", expected: "above 0 where top-k, top-p or min-p are given", got: "0 (greedy)"))
    }
  }
}
