internal import TesseraText

/// The mean CIDEr-D of all answers, 0...10, its weights from the references of these replies.
public struct CIDErMetric: Metric {
  public static let name = "CIDEr-D"

  private var answers: [String] = []
  private var references: [[String]] = []

  public init() {}

  public mutating func add(_ reply: Evaluator.Reply) {
    answers.append(reply.answer)
    references.append([reply.question.reference])
  }

  /// - Throws: `invalidInput` for no replies.
  public func scores() throws -> [MetricScore] {
    [MetricScore(Self.name, try CIDEr(answers, references: references).score, .score(decimals: 2))]
  }
}
