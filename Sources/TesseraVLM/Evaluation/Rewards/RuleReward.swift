/// A rule in one's own words: a function of one reply.
///
///     let brief = RuleReward("brief") { reply in reply.isStopped && reply.answer.count <= 40 ? 1 : 0 }
public struct RuleReward: Reward {
  public let name: String
  private let rule: @Sendable (Evaluator.Reply) throws -> Double

  /// - Parameters:
  ///   - name: what tables and logs call it.
  ///   - rule: an answer's score; more is better, and it must be finite.
  public init(_ name: String, _ rule: @escaping @Sendable (Evaluator.Reply) throws -> Double) {
    (self.name, self.rule) = (name, rule)
  }

  public func scores(_ replies: [Evaluator.Reply]) throws -> [Double] { try replies.map(rule) }
}
