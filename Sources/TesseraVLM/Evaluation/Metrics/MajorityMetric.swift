internal import TesseraCore
internal import TesseraText

/// What always giving each category's most frequent answer would score: what one reaches who neither sees nor reads.
public struct MajorityMetric: Metric {
  /// The name where the most frequent answers are those of the questions themselves.
  public static let name = "always the most frequent answer"
  /// The name where they are those of the data that was trained on.
  public static let trainingName = "always training's most frequent answer"

  private let baseline: MajorityBaseline?
  private var references: [String: [String: Int]] = [:]
  private var right: [String: Int] = [:]

  /// - Parameter baseline: the most frequent answers of the data that is trained on; nil, or of no data, for those of
  ///   the questions.
  public init(_ baseline: MajorityBaseline? = nil) {
    self.baseline = baseline.flatMap { $0.isEmpty ? nil : $0 }
  }

  public mutating func add(_ reply: Evaluator.Reply) {
    let (question, category) = (reply.question, reply.question.category ?? "")
    references[category, default: [:]][question.reference, default: 0] += 1
    if let baseline, ExactMatch.isMatch(baseline.answer(to: question), [question.reference]) {
      right[category, default: 0] += 1
    }
  }

  /// The share over all, and that of each category where there are several; neither has controls.
  ///
  /// - Throws: `invalidInput` for no replies.
  public func scores() throws -> [MetricScore] {
    let name = baseline == nil ? Self.name : Self.trainingName
    let groups = references.sorted { $0.key < $1.key }.map { category, counts in
      (
        category: category, right: baseline == nil ? counts.values.max() ?? 0 : right[category] ?? 0,
        count: counts.values.reduce(0, +)
      )
    }
    let whole = groups.reduce((right: 0, count: 0)) { ($0.right + $1.right, $0.count + $1.count) }
    guard whole.count > 0 else {
      throw TesseraError(.invalidInput(operation: name, expected: "at least one answer", got: "none"))
    }
    var scores = [MetricScore(name, Double(whole.right) / Double(whole.count))]
    if groups.count > 1 {
      scores += groups.map {
        MetricScore(name, category: $0.category, Double($0.right) / Double($0.count), count: $0.count)
      }
    }
    for index in scores.indices { scores[index].isControlled = false }
    return scores
  }
}
