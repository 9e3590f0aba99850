internal import TesseraCore

/// What the best of several drawn answers is worth, where a reward says which is best.
///
/// It is looked at before a model is trained against a reward: where choosing by the reward does not raise the share of
/// right answers, training against it will not either (VLM trainers call it the best-of-n curve).
public struct BestOfN: Sendable, Hashable {
  /// What choosing among so many draws gives.
  public struct Point: Sendable, Hashable {
    /// Draws that are chosen from: the first ones of each question.
    public var draws: Int
    /// The mean score of the chosen answers.
    public var reward: Double
    /// The share of the chosen answers that are their reference, 0...1.
    public var exactMatch: Double
  }

  /// For 1, 2, 4 … draws and for all.
  public let points: [Point]

  /// - Parameters:
  ///   - draws: the replies to each question, as many for each; of equal scores the first is chosen.
  ///   - reward: what chooses.
  /// - Throws: `invalidInput` for no questions, no draws, or not as many for each; what the reward throws.
  public init(_ draws: [[Evaluator.Reply]], by reward: any Reward) throws {
    guard let count = draws.first?.count, count > 0, draws.allSatisfy({ $0.count == count }) else {
      let got = Set(draws.map(\.count)).sorted().map(String.init).joined(separator: ", ")
      throw TesseraError(
        .invalidInput(
          operation: "the best of several answers", expected: "questions with as many draws each",
          got: got.isEmpty ? "none" : got))
    }
    let flat = try reward.checkedScores(draws.flatMap { $0 })
    let scores = draws.indices.map { Array(flat[$0 * count..<($0 + 1) * count]) }
    points = Self.sizes(count).map { size in
      var (sum, right) = (0.0, 0)
      for (replies, scores) in zip(draws, scores) {
        // The first of the highest, unlike `max`, which gives the last.
        let best = scores[..<size].indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
        sum += scores[best]
        right += replies[best].isRight ? 1 : 0
      }
      let total = Double(draws.count)
      return Point(draws: size, reward: sum / total, exactMatch: Double(right) / total)
    }
  }

  /// The name under which a point of a reward's curve is logged.
  static func metric(_ point: Point) -> String { "\(metricHead)\(point.draws) by score" }

  private static let metricHead = "right answers, best of "

  /// The number of draws of a logged point; nil for any other metric.
  static func draws(ofMetric metric: String) -> Int? {
    guard metric.hasPrefix(metricHead), metric.hasSuffix(" by score") else { return nil }
    return Int(metric.dropFirst(metricHead.count).prefix { $0.isNumber })
  }

  /// 1, 2, 4 … below the count, and the count.
  private static func sizes(_ count: Int) -> [Int] {
    sequence(first: 1) { $0 * 2 }.prefix { $0 < count } + [count]
  }
}

extension Evaluator {
  /// Draws several answers to each question and lets a reward choose.
  ///
  /// - Parameters:
  ///   - count: draws for each question, 1 or more.
  ///   - model: what answers.
  ///   - reward: what chooses.
  ///   - temperature: what logits are divided by before a token is drawn, above 0.
  ///   - seed: what chance starts from; equal seeds give equal draws.
  /// - Throws: `invalidArgument` for count and temperature; what pictures, the model and the reward throw.
  public func bestOf(
    _ count: Int, _ model: LlavaModel, by reward: any Reward, temperature: Double = 1, seed: UInt64 = 0
  ) throws -> BestOfN {
    try BestOfN(draws(count, model, temperature: temperature, seed: seed), by: reward)
  }

  /// Several answers to each question, drawn at random: question by question, as many for each.
  ///
  /// - Parameters:
  ///   - progress: called after each batch with the questions that are answered; the others are as of `bestOf`.
  /// - Throws: as `bestOf`.
  public func draws(
    _ count: Int, _ model: LlavaModel, temperature: Double = 1, seed: UInt64 = 0,
    progress: (Int) -> Void = { _ in }
  ) throws -> [[Reply]] {
    guard count > 0 else {
      throw TesseraError(.invalidArgument(name: "draws", expected: "at least 1", got: "\(count)"))
    }
    guard temperature > 0 else {
      throw TesseraError(
        .invalidArgument(
          name: "temperature", expected: "above 0, or all draws are the same", got: "\(temperature)"))
    }
    let generator = Generator(model, processor)
    var options = GenerationOptions()
    (options.temperature, options.maxNewTokens) = (temperature, maximumAnswer)
    // All draws of a question in one batch: its prompt goes through the model once.
    let size = max(1, batch / count)
    let said = try group.deal((questions.count + size - 1) / size) { number -> [Said] in
      let range = number * size..<min((number + 1) * size, questions.count)
      var seeds = RandomStream(seed: seed, sample: UInt64(range.lowerBound), operation: 0x6472_6177)
      options.seed = seeds.next64()
      let prompts = try range.flatMap { repeatElement(try prompt($0, .real), count: count) }
      defer { progress(range.upperBound) }
      return try generator.answer(prompts, options).answers.map(Said.init)
    }
    let all = Array(said.joined())
    return questions.enumerated().map { number, question in
      all[number * count..<(number + 1) * count].map { $0.reply(to: question) }
    }
  }
}
