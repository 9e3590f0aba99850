/// What a model answered.
public struct Answer: Sendable {
  /// Why it ended.
  public enum End: String, Sendable, Hashable {
    /// The model said so, by a token that ends a text.
    case endToken = "end token"
    case stopString = "stop string"
    /// The most tokens were reached.
    case length
    /// Whoever listened had enough.
    case cancelled
  }

  /// The new tokens, the one that ended it included.
  public var ids: [Int] = []
  /// Their text without special tokens, up to a stop string.
  public var text = ""
  public var end = End.length
  /// For each token how far the likeliest logit was above the second.
  public var gaps: [Double] = []
  /// For each token log π of it, of the whole distribution that it was drawn from: after ban, penalty and temperature, before
  /// top-k, top-p and min-p. Only where the options ask for it.
  public var logProbabilities: [Double] = []

  /// Tokens whose choice rounding could change: the two likeliest are closer than 1e-4.
  public var nearTies: Int { gaps.count { $0 < 1e-4 } }
}

/// How long it took.
public struct GenerationTimes: Sendable, Hashable {
  /// Tokens of the prompts, pictures' included, without padding; those that a cache had already are not counted.
  public var promptTokens = 0
  public var newTokens = 0
  /// Seconds until the first token was chosen.
  public var firstToken = 0.0
  /// Seconds from the first token to the last.
  public var decode = 0.0

  /// Tokens after the first, of all answers, for each second.
  public var tokensPerSecond: Double { decode > 0 ? Double(newTokens - 1) / decode : 0 }
}
