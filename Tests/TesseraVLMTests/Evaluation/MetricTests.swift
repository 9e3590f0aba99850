import TestSupport
import Tessera
import TesseraText
import TesseraVLM
import Testing

/// A metric of one's own: how many words an answer has.
private struct MeanLength: Metric {
  private var (words, count) = (0, 0)

  mutating func add(_ reply: Evaluator.Reply) {
    words += reply.answer.split(separator: " ").count
    count += 1
  }

  func scores() -> [MetricScore] {
    [MetricScore("words", Double(words) / Double(max(1, count)), .score(decimals: 1))]
  }
}

/// A metric whose replies are not texts.
private struct MeanMiss: Metric {
  private var misses: [Double] = []
  mutating func add(_ reply: (said: Double, right: Double)) { misses.append(abs(reply.said - reply.right)) }
  func scores() -> [MetricScore] {
    [MetricScore("miss", misses.reduce(0, +) / Double(max(1, misses.count)), .loss(decimals: 2))]
  }
}

@Suite("metrics plug into an evaluation")
struct MetricTests {
  @Test("the built-in ones are the texts' metrics, by name and by category")
  func standard() throws {
    let replies = Replies.some
    let scores = try EvaluationScores(replies)
    let answers = replies.map(\.answer)
    let references = replies.map { [$0.question.reference] }
    #expect(scores.questions == 6)
    #expect(scores.values.count == 9)
    #expect(scores.exactMatch == 4.0 / 6)
    #expect(try scores.exactMatch == ExactMatch.score(answers, references: references))
    #expect(scores.byCategory == ["colour": 0.75, "scene": 0.5])
    // Always 'red' is right three times of four; each scene is described once.
    #expect(scores.majority == 4.0 / 6)
    #expect(scores[MajorityMetric.name, category: "scene"] == 0.5)
    #expect(
      scores.values.filter { !$0.isControlled }.map(\.name) == Array(repeating: MajorityMetric.name, count: 3)
    )
    #expect(scores.values.filter { $0.category == "scene" }.map(\.count) == [2, 2])
    #expect(try scores.bleu == BLEU(answers, references: references).score)
    #expect(try scores.cider == CIDEr(answers, references: references).score)
    #expect(scores.stopRate == 5.0 / 6)
    #expect(scores.bleu > 0 && scores.bleu < 100)
    #expect(scores["nothing"] == nil && scores[ExactMatchMetric.name, category: "shape"] == nil)
  }

  @Test("one category alone is no category")
  func oneCategory() throws {
    let scores = try EvaluationScores(Array(Replies.some.prefix(4)))
    #expect(scores.byCategory.isEmpty && scores.exactMatch == 0.75)
  }

  @Test("one's own stands beside them, and keeps nothing from one evaluation to the next")
  func own() throws {
    let metrics = Evaluator.standardMetrics + [MeanLength()]
    for _ in 0..<2 {
      let scores = try EvaluationScores(Replies.some, metrics)
      #expect(scores["words"] == 14.0 / 6)
      #expect(scores.values.last?.format == .score(decimals: 1))
      #expect("\(scores)".contains("words 2.3") && "\(scores)".contains("exact match 66.7 %"))
    }
    #expect(try MeanMiss().scores(of: [(said: 1, right: 3), (said: 2, right: 2)]).first?.value == 1)
    let few = try EvaluationScores(Replies.some, [StopRateMetric()])
    #expect(few.exactMatch.isNaN && few.values.count == 1)
  }

  @Test("no replies and two numbers of one name are errors")
  func wrong() throws {
    for metric in Evaluator.standardMetrics {
      #expect(throws: TesseraError.self) { try EvaluationScores([], [metric]) }
    }
    let error = #expect(throws: TesseraError.self) {
      try EvaluationScores(Replies.some, [StopRateMetric(), MeanLength(), StopRateMetric()])
    }
    #expect(error?.description.contains("'stop rate' twice") == true)
  }
}
