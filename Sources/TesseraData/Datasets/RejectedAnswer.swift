/// An answer that is worse than the one that a conversation ends with.
public struct RejectedAnswer: Sendable, Hashable, Codable {
  /// The words.
  public var text: String
  /// 1 for answers next below the conversation's own; of two answers that of the smaller rank is better, and those of one
  /// rank are not compared.
  public var rank: Int
  /// By how much the conversation's own answer is better at the least, in the reward's unit; 0 where nobody said.
  public var margin: Double

  public init(_ text: String, rank: Int = 1, margin: Double = 0) {
    (self.text, self.rank, self.margin) = (text, rank, margin)
  }
}
