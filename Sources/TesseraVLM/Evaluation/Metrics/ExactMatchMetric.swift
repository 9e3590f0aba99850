internal import TesseraCore

/// The share of answers that are their reference, over all and by category.
public struct ExactMatchMetric: Metric {
  /// What the shares are called.
  public static let name = "exact match"

  private var groups: [String: (right: Int, count: Int)] = [:]

  public init() {}

  public mutating func add(_ reply: Evaluator.Reply) {
    let group = groups[reply.question.category ?? ""] ?? (0, 0)
    groups[reply.question.category ?? ""] = (group.right + (reply.isRight ? 1 : 0), group.count + 1)
  }

  /// The share over all, and that of each category where there are several.
  ///
  /// - Throws: `invalidInput` for no replies.
  public func scores() throws -> [MetricScore] {
    let whole = groups.values.reduce((right: 0, count: 0)) { ($0.right + $1.right, $0.count + $1.count) }
    guard whole.count > 0 else {
      throw TesseraError(.invalidInput(operation: Self.name, expected: "at least one answer", got: "none"))
    }
    let score = MetricScore(Self.name, Double(whole.right) / Double(whole.count))
    guard groups.count > 1 else { return [score] }
    return [score]
      + groups.sorted { $0.key < $1.key }.map { category, group in
        MetricScore(
          Self.name, category: category, Double(group.right) / Double(group.count), count: group.count)
      }
  }
}
