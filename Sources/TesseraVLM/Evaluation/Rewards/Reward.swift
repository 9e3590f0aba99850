internal import TesseraCore

/// How good an answer to a prompt with pictures is, as one number: one's own rule or model plugs in by this protocol.
///
/// More is better; the unit is the reward's own. `Evaluator` averages it (`MeanReward`) and chooses among drawn answers
/// by it (`BestOfN`).
public protocol Reward: Sendable {
  /// What tables and logs call it.
  var name: String { get }

  /// The scores of replies, a finite number each, in their order.
  ///
  /// Replies of several questions may come together, so that a learned reward can score them in one batch; the score
  /// of one must not depend on the others. A reply's question has the turns before the answer and their pictures.
  ///
  /// - Throws: what is wrong with a reply, such as a picture that cannot be read.
  func scores(_ replies: [Evaluator.Reply]) throws -> [Double]
}

extension Reward {
  /// The scores, and that they are what was promised.
  ///
  /// - Throws: what the reward throws; `invalidInput` for another number of scores, or one that is not finite.
  package func checkedScores(_ replies: [Evaluator.Reply]) throws -> [Double] {
    let scores = try scores(replies)
    guard scores.count == replies.count else {
      throw TesseraError(
        .invalidInput(
          operation: "the reward '\(name)'", expected: "\(replies.count) scores, one a reply",
          got: "\(scores.count)"))
    }
    if let index = scores.firstIndex(where: { !$0.isFinite }) {
      throw TesseraError(
        .invalidInput(operation: "the reward '\(name)'", expected: "a finite score", got: "\(scores[index])"),
        path: replies[index].question.name)
    }
    return scores
  }
}
