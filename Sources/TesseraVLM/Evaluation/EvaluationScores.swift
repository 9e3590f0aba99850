internal import TesseraCore

/// What answers are worth, as the metrics say.
public struct EvaluationScores: Sendable, Hashable {
  public var questions: Int
  /// The metrics' numbers, one after another.
  public var values: [MetricScore]

  /// - Throws: what the metrics throw for no answers; `invalidInput` for two numbers of one name and category.
  public init(
    _ replies: [Evaluator.Reply], _ metrics: [any Metric<Evaluator.Reply>] = Evaluator.standardMetrics
  ) throws {
    questions = replies.count
    values = []
    var known: Set<[String?]> = []
    for metric in metrics {
      for score in try metric.scores(of: replies) {
        guard known.insert([score.name, score.category]).inserted else {
          let words = score.category.map { "'\(score.name)' of '\($0)'" } ?? "'\(score.name)'"
          throw TesseraError(
            .invalidInput(
              operation: "an evaluation", expected: "metrics of different names", got: "\(words) twice"))
        }
        values.append(score)
      }
    }
  }

  /// A metric's number; nil where it was not measured.
  public subscript(_ name: String, category category: String? = nil) -> Double? {
    values.first { $0.name == name && $0.category == category }?.value
  }

  /// The share of answers that are the reference, character by character but for white space at the ends.
  public var exactMatch: Double { self[ExactMatchMetric.name] ?? .nan }
  /// 0...100.
  public var bleu: Double { self[BLEUMetric.name] ?? .nan }
  public var cider: Double { self[CIDErMetric.name] ?? .nan }
  /// The share of answers that the model ended itself.
  public var stopRate: Double { self[StopRateMetric.name] ?? .nan }
  /// What always giving each category's most frequent answer would score.
  public var majority: Double { self[MajorityMetric.trainingName] ?? self[MajorityMetric.name] ?? .nan }
  /// Exact match by category.
  public var byCategory: [String: Double] {
    let known = values.filter { $0.name == ExactMatchMetric.name }
    return Dictionary(
      uniqueKeysWithValues: known.compactMap { score in score.category.map { ($0, score.value) } })
  }
}
