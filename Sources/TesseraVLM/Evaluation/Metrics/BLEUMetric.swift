internal import TesseraText

/// BLEU-4 of all answers as one corpus, 0...100, as sacrebleu computes it.
public struct BLEUMetric: Metric {
  public static let name = "BLEU-4"

  private var answers: [String] = []
  private var references: [[String]] = []

  public init() {}

  public mutating func add(_ reply: Evaluator.Reply) {
    answers.append(reply.answer)
    references.append([reply.question.reference])
  }

  /// - Throws: `invalidInput` for no replies.
  public func scores() throws -> [MetricScore] {
    [MetricScore(Self.name, try BLEU(answers, references: references).score, .score(decimals: 1))]
  }
}
