/// 1 for an answer that is its reference, 0 for any other.
public struct ExactMatchReward: Reward {
  public let name = "exact match"

  public init() {}

  public func scores(_ replies: [Evaluator.Reply]) -> [Double] { replies.map { $0.isRight ? 1 : 0 } }
}
