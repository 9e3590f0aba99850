/// A sample as a model takes it: ids, what is learned, where pictures stand.
public struct TokenizedSample: Sendable, Equatable {
  /// The place of a picture.
  public struct ImageSpan: Sendable, Equatable {
    /// Which of the sample's pictures.
    public var image: Int
    /// Its tokens among the ids.
    public var range: Range<Int>

    public init(image: Int, range: Range<Int>) {
      self.image = image
      self.range = range
    }
  }

  public var ids: [Int]
  /// Whether the loss counts the token at a place. **Shape**: that of `ids`; shifting by one is the trainer's work.
  public var isLearned: [Bool]
  public var imageSpans: [ImageSpan]
  /// Tokens that the overflow policy cut off.
  public var cutTokens: Int

  public init(ids: [Int], isLearned: [Bool], imageSpans: [ImageSpan], cutTokens: Int = 0) {
    precondition(ids.count == isLearned.count, "\(ids.count) ids, \(isLearned.count) flags")
    self.ids = ids
    self.isLearned = isLearned
    self.imageSpans = imageSpans
    self.cutTokens = cutTokens
  }

  public var learnedCount: Int { isLearned.count { $0 } }
  /// The share of tokens that the loss counts.
  public var learnedShare: Double { ids.isEmpty ? 0 : Double(learnedCount) / Double(ids.count) }
}

/// What became of a sample.
public enum SampleOutcome: Sendable, Equatable {
  case sample(TokenizedSample)
  /// Left out, as its policy says; its length in tokens.
  case dropped(length: Int)
}
