import TestSupport
import Tessera
import TesseraCorpora
import TesseraVLM
import Testing

/// A reward that gives whatever it was given.
private struct Fixed: Reward {
  let name = "fixed"
  let given: [Double]
  func scores(_ replies: [Evaluator.Reply]) -> [Double] { given }
}

@Suite("rewards plug into an evaluation")
struct RewardTests {
  @Test("the mean of a reward is a metric beside the others")
  func mean() throws {
    let brief = RuleReward("brief") { $0.isStopped ? 1 / Double($0.answer.count) : -1 }
    let replies = [
      Replies.reply("red", to: "red"), Replies.reply("blue", to: "red"),
      Replies.reply("a bar", to: "a bar", isStopped: false),
    ]
    let scores = try EvaluationScores(replies, [MeanReward(ExactMatchReward()), MeanReward(brief)])
    #expect(scores["reward (exact match)"] == 2.0 / 3)
    let mean = (1.0 / 3 + 1.0 / 4 - 1) / 3
    #expect(abs((scores["reward (brief)"] ?? 0) - mean) < 1e-12)
    #expect(throws: TesseraError.self) { try EvaluationScores([], [MeanReward(brief)]) }
  }

  @Test("scores that are too few or not finite are errors that name the reward and the question")
  func wrong() throws {
    let replies = [Replies.reply("red", to: "red"), Replies.reply("blue", to: "red")]
    let few = #expect(throws: TesseraError.self) {
      try EvaluationScores(replies, [MeanReward(Fixed(given: [1]))])
    }
    #expect(few?.description.contains("'fixed'") == true && few?.description.contains("2 scores") == true)
    let odd = #expect(throws: TesseraError.self) {
      try EvaluationScores(replies, [MeanReward(Fixed(given: [1, .nan]))])
    }
    #expect(odd?.description.contains("of red") == true && odd?.description.contains("nan") == true)
    #expect(throws: TesseraError.self) { try BestOfN([], by: ExactMatchReward()) }
    #expect(throws: TesseraError.self) { try BestOfN([[], []], by: ExactMatchReward()) }
    #expect(throws: TesseraError.self) { try BestOfN([replies, [replies[0]]], by: ExactMatchReward()) }
  }

  @Test("the best of n is the first of the highest scores among the first n")
  func best() throws {
    // Five draws each for two questions.
    let draws = [
      ["blue", "green", "red", "red", "white"].map { Replies.reply($0, to: "red") },
      ["a bar", "a", "b", "c", "a circle"].map { Replies.reply($0, to: "a bar") },
    ]
    let exact = try BestOfN(draws, by: ExactMatchReward())
    #expect(exact.points.map(\.draws) == [1, 2, 4, 5])
    #expect(exact.points.map(\.exactMatch) == [0.5, 0.5, 1, 1])
    #expect(exact.points.map(\.reward) == exact.points.map(\.exactMatch))
    // A reward that likes long answers chooses others: its scores go up, the truth does not.
    let long = try BestOfN(draws, by: RuleReward("long") { Double($0.answer.count) })
    #expect(long.points.map(\.reward) == [4.5, 5, 5, 6.5])
    #expect(long.points.map(\.exactMatch) == [0.5, 0.5, 0.5, 0])
    // Of equal scores the first: a constant reward chooses the first draw.
    let flat = try BestOfN(draws, by: RuleReward("flat") { _ in 0 })
    #expect(flat.points.map(\.exactMatch) == [0.5, 0.5, 0.5, 0.5])
  }

  @Test("a model's drawn answers hang on the seed, and choosing by the truth never makes them worse")
  func live() throws {
    let path = Repository.path("samples/vlm/shapes/model")
    let model = try LlavaModel(Checkpoint(path))
    let scenes = ShapesDataset(seed: 5, split: .validation, count: 12, task: .captions)
    var evaluator = try Evaluator(scenes, Processor(path, model.config))
    evaluator.maximumAnswer = 24
    evaluator.batch = 5
    let first = try evaluator.bestOf(4, model, by: ExactMatchReward(), temperature: 2, seed: 1)
    #expect(first == (try evaluator.bestOf(4, model, by: ExactMatchReward(), temperature: 2, seed: 1)))
    let rights = first.points.map(\.exactMatch)
    #expect(rights == rights.sorted() && rights.count == 3)
    // Words of many lengths are drawn: the sum of their lengths tells two seeds apart.
    let long = RuleReward("long") { Double($0.answer.count) }
    let a = try evaluator.bestOf(1, model, by: long, temperature: 2, seed: 1)
    let b = try evaluator.bestOf(1, model, by: long, temperature: 2, seed: 2)
    #expect(a != b)
    #expect(throws: TesseraError.self) {
      try evaluator.bestOf(2, model, by: ExactMatchReward(), temperature: 0)
    }
    #expect(throws: TesseraError.self) { try evaluator.bestOf(0, model, by: ExactMatchReward()) }
    evaluator.metrics = [StopRateMetric(), MeanReward(ExactMatchReward())]
    let scores = try evaluator.scores(model)
    #expect(scores.values.map(\.name) == ["stop rate", "reward (exact match)"])
  }
}
