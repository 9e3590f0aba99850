internal import TesseraCore

/// What always giving each category's most frequent reference would score: what one reaches who neither sees nor reads.
public struct MajorityMetric: Metric {
  public static let name = "always the most frequent answer"

  private var references: [String: [String: Int]] = [:]

  public init() {}

  public mutating func add(_ reply: Evaluator.Reply) {
    references[reply.question.category ?? "", default: [:]][reply.question.reference, default: 0] += 1
  }

  /// The share over all, and that of each category where there are several; neither has controls.
  ///
  /// - Throws: `invalidInput` for no replies.
  public func scores() throws -> [MetricScore] {
    let groups = references.sorted { $0.key < $1.key }.map { category, counts in
      (category: category, right: counts.values.max() ?? 0, count: counts.values.reduce(0, +))
    }
    let whole = groups.reduce((right: 0, count: 0)) { ($0.right + $1.right, $0.count + $1.count) }
    guard whole.count > 0 else {
      throw TesseraError(.invalidInput(operation: Self.name, expected: "at least one answer", got: "none"))
    }
    var scores = [MetricScore(Self.name, Double(whole.right) / Double(whole.count))]
    if groups.count > 1 {
      scores += groups.map {
        MetricScore(Self.name, category: $0.category, Double($0.right) / Double($0.count), count: $0.count)
      }
    }
    for index in scores.indices { scores[index].isControlled = false }
    return scores
  }
}
