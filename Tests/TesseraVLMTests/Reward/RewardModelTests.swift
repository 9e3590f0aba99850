import Foundation
import TestSupport
import Tessera
import TesseraCore
import TesseraText
import TesseraVLM
import Testing

@Suite("A reward model") struct RewardModelTests {
  /// A model with its samples, each a row; the last token is scored.
  private func tiny(_ type: TorchType = .float64) throws -> (RewardModel, TinySamples) {
    let samples = try TinySamples(type: type)
    return (RewardModel(samples.model, seed: 4), samples)
  }

  private func scores(_ model: RewardModel, _ samples: TinySamples, _ range: Range<Int>) throws -> [Double] {
    let batch = samples.batch(range)
    let length = batch.ids[0].count
    let places = samples.samples[range].enumerated().map { $0 * length + $1.ids.count - 1 }
    return try model.scores(batch, places: places)
  }

  @Test("scores an answer the same alone, in any batch and behind any padding")
  func isIndependent() throws {
    let (model, samples) = try tiny()
    let together = try scores(model, samples, 0..<6)
    #expect(Set(together).count == 6)
    for row in 0..<6 {
      let alone = try scores(model, samples, row..<row + 1)[0]
      #expect(abs(alone - together[row]) < 1e-10, "row \(row): \(alone), \(together[row])")
    }
    #expect(abs(try scores(model, samples, 1..<4)[1] - together[2]) < 1e-10)
    // Another place is another score: the comparison can fail.
    let batch = samples.batch(0..<1)
    #expect(try model.scores(batch, places: [batch.ids[0].count - 2]) != [together[0]])
  }

  @Test("sees the pictures, and another picture gives another score")
  func sees() throws {
    let (model, samples) = try tiny()
    var batch = samples.batch(0..<1)
    let places = [batch.ids[0].count - 1]
    let norm = try #require(try model.pixelGradientNorm(batch, places: places))
    #expect(norm > 0)
    let before = try model.scores(batch, places: places)
    let values = try noGrad { try model.values(batch).array(of: Double.self) }
    batch.pixels = [samples.batch(3..<4).pixels[0]]
    #expect(try model.scores(batch, places: places) != before)
    // As a value model too: what is expected from each token on.
    let others = try noGrad { try model.values(batch).array(of: Double.self) }
    #expect(zip(values, others).allSatisfy { $0 != $1 } && values.count == batch.targets.count)
    // Text alone has no picture to move with.
    let text = samples.batch(1..<2)
    #expect(try model.pixelGradientNorm(text, places: [3]) == nil)
  }

  @Test("gives texts that share a picture what they get with a copy each")
  func shares() throws {
    let (model, samples) = try tiny()
    let one = samples.samples[0]
    var other = one
    other.ids[other.ids.count - 2] = 7
    let picture = samples.pixels[0]
    let copies = TokenBatch(
      [one, other, one], pixels: [TorchTensor.stack([picture, picture, picture])], padToken: 0)
    let shared = TokenBatch(
      [one, other, one], pixels: [TorchTensor.stack([picture])], padToken: 0,
      shared: .init(first: [0, 0, 0], counts: [one.imageSpans[0].range.count]))
    let places = (0..<3).map { $0 * one.ids.count + one.ids.count - 1 }
    let (a, b) = (try model.scores(copies, places: places), try model.scores(shared, places: places))
    #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-12 } && a[0] != a[1])
  }

  @Test("is written as a LLaVA directory with its head, mean and deviation, and read back")
  func isWritten() throws {
    let samples = try TinySamples(type: .float32)
    var model = RewardModel(samples.model, seed: 9)
    (model.mean, model.deviation) = (0.75, 2.5)
    let folder = try TemporaryFolder()
    try model.write(to: folder.path + "/model")
    let checkpoint = try Checkpoint(folder.path + "/model")
    let read = try RewardModel(checkpoint)
    #expect(read.mean == 0.75 && read.deviation == 2.5)
    let batch = samples.batch(0..<1)
    let places = [batch.ids[0].count - 1]
    #expect(try read.scores(batch, places: places) == model.scores(batch, places: places))
    let raw = try noGrad { try model.rawScores(batch, places: places).item }
    #expect(abs(try read.scores(batch, places: places)[0] - (raw - 0.75) / 2.5) < 1e-6)
    // The trunk is a LLaVA like any other.
    let trunk = try LlavaModel(checkpoint)
    #expect(checkpoint.ignored.map(\.name) == ["score.weight"])
    #expect(trunk.parameters.all.count == model.trunk.parameters.all.count)
    // A directory without a head is none.
    try model.trunk.write(to: folder.path + "/trunk")
    #expect(throws: TesseraError.self) { try RewardModel(Checkpoint(folder.path + "/trunk")) }
  }
}

@Suite("The loss of pairs") struct PairLossTests {
  private func batch(_ groups: [RankedBatch.Group], rows: Int) -> RankedBatch {
    let texts = (0..<rows).map {
      TokenizedSample(ids: [1, 2 + $0], isLearned: [false, true], imageSpans: [])
    }
    return RankedBatch(
      texts: TokenBatch(texts, pixels: [], padToken: 0), places: (0..<rows).map { 2 * $0 + 1 },
      lengths: Array(repeating: 1, count: rows), groups: groups)
  }

  private func group(_ rows: Range<Int>, _ ranks: [Int], margins: [Double]? = nil) -> RankedBatch.Group {
    RankedBatch.Group(
      rows: rows, ranks: ranks, margins: margins ?? ranks.map { _ in 0 }, bytes: ranks.map { _ in 1 })
  }

  @Test("equals PyTorch's in value and gradient")
  func golden() throws {
    let golden = try Golden("reinforcement")
    let test = try #require(try golden.cases.first { try $0.string("kind") == "pairs" })
    let scores = TorchTensor(try golden.doubles("scores"), shape: [6]).requiringGrad()
    var loss = PairLoss()
    (loss.margin, loss.centring) = (try test.double("margin"), try test.double("centring"))
    let value = loss(
      scores, batch([group(0..<2, [0, 1]), group(2..<4, [0, 1]), group(4..<6, [0, 1])], rows: 6))
    #expect(abs(value.item - (try test.double("loss"))) < 1e-12)
    value.backward()
    expectClose(
      try #require(scores.grad), TorchTensor(try golden.doubles(try test.string("gradient")), shape: [6]),
      within: 1e-12)
  }

  @Test("of several answers is the mean over all pairs of different ranks, worked by hand")
  func ranked() {
    var loss = PairLoss()
    loss.centring = 0
    let scores = TorchTensor([2.0, 1, 0], shape: [3])
    func softplus(_ x: Double) -> Double { log(1 + exp(x)) }
    let all = loss(scores, batch([group(0..<3, [0, 1, 2])], rows: 3)).item
    #expect(abs(all - (softplus(-1) + softplus(-2) + softplus(-1)) / 3) < 1e-12)
    // Two of one rank are not compared.
    let some = loss(scores, batch([group(0..<3, [0, 1, 1])], rows: 3)).item
    #expect(abs(some - (softplus(-1) + softplus(-2)) / 2) < 1e-12)
    // A margin of the data moves the lead that is asked for.
    let wide = loss(scores, batch([group(0..<2, [0, 1], margins: [0, 0.5])], rows: 3)).item
    #expect(abs(wide - softplus(-0.5)) < 1e-12)
  }
}

@Suite("Scored pairs") struct PairScoresTests {
  private func pair(_ lead: Double, _ extra: Int = 0, _ category: String? = nil) -> PairEvaluator.ScoredPair {
    PairEvaluator.ScoredPair(lead: lead, extraBytes: extra, category: category)
  }

  @Test("are counted, by category, by length alone and by confidence")
  func counted() throws {
    let scores = try PairScores([
      pair(2, 3, "a"), pair(-1, 2, "a"), pair(0, 1, "b"), pair(3, -1, "b"),
    ])
    #expect(scores.accuracy == 0.625)
    #expect(scores.byCategory == ["a": 0.5, "b": 0.75])
    #expect(scores.lengthOnly == 0.75)
    #expect(scores.bins.reduce(0) { $0 + $1.pairs } == 4)
    // Sure and right is well calibrated; sure and wrong is not.
    #expect(try PairScores([pair(9), pair(8)]).calibrationError < 0.01)
    #expect(try PairScores([pair(-9), pair(-8)]).calibrationError > 0.99)
    #expect(throws: TesseraError.self) { try PairScores([]) }
  }
}

@Suite("Changed answers") struct AttributeWordsTests {
  @Test("differ from the right one in one attribute")
  func one() {
    let words = AttributeWords.shapes
    let changed = words.corruptions(of: "a small red circle left of a large green bar")
    // 5 colours, less `green` and `red` themselves, 3 shapes, a size, a relation; never a pair that training does not show.
    #expect(changed.contains("a large red circle left of a large green bar"))
    #expect(changed.contains("a small red circle above a large green bar"))
    #expect(changed.contains("a small red bar left of a large green bar"))
    #expect(
      !changed.contains {
        $0.contains("red triangle") || $0.contains("blue circle") || $0.contains("purple bar")
      })
    #expect(
      Set(changed).count == changed.count && !changed.contains("a small red circle left of a large green bar")
    )
    let parts = "a small red circle left of a large green bar".split(separator: " ")
    for text in changed where !text.contains("above") {
      let other = text.split(separator: " ")
      #expect(zip(parts, other).count { $0 != $1 } == 1 && other.count == parts.count, "\(text)")
    }
  }

  @Test("of whole answers stay whole answers, and held-out pairs may be changed into others")
  func whole() {
    let words = AttributeWords.shapes
    #expect(words.corruptions(of: "above") == ["left", "right", "below"])
    #expect(words.corruptions(of: "yes") == ["no"])
    #expect(words.corruptions(of: "nothing") == [])
    // The right answer has such a pair itself: then others are fair.
    #expect(words.corruptions(of: "a red triangle").contains("a red square"))
    #expect(words.corruptions(of: "a red triangle").contains("a purple triangle"))
  }

  @Test("come of a file, whose faults are told")
  func file() throws {
    let words = try AttributeWords(json: Array(#"{"words": [["cat", "dog"]]}"#.utf8), file: "w.json")
    #expect(words.corruptions(of: "a cat, no catalogue") == ["a dog, no catalogue"])
    for text in [
      "{}", #"{"words": [["cat"]]}"#, #"{"words": "cat"}"#, #"{"words": [["cat", "cat"]]}"#, "[1", "7",
    ] {
      #expect(throws: TesseraError.self, "\(text)") {
        try AttributeWords(json: Array(text.utf8), file: "w.json")
      }
    }
  }
}
