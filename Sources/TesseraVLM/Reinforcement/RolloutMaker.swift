internal import TesseraCore
internal import TesseraData
internal import TesseraText

/// How rollouts are made.
public struct RolloutOptions: Sendable, Hashable {
  /// Prompts of an iteration.
  public var prompts = 24
  /// Answers drawn to each.
  public var samples = 8
  /// What logits are divided by, when drawing and when training.
  public var temperature = 1.0
  /// Tokens of an answer at most.
  public var maximumAnswer = 48
  /// Answers that are drawn, or scored, together.
  public var batch = 64
  /// What an answer that was cut off scores instead of its reward; nil for its reward.
  public var cutOffScore: Double?
  public var seed: UInt64 = 0

  public init() {}
}

/// Lets a policy answer prompts, and finds what its answers are worth.
struct RolloutMaker {
  let questions: [Question]
  let processor: Processor
  let policy: PolicyModel
  /// Where the policy began; nil where nothing holds it there.
  let reference: PolicyModel?
  /// What is expected from each token on; nil for algorithms without.
  let value: RewardModel?
  let reward: any Reward
  let options: RolloutOptions
  /// How the distance from the reference is estimated.
  let estimate: KLEstimate
  /// The processes that draw together, batch by batch in turn; the rollouts are the same for any number.
  var group = ProcessGroup.alone

  /// What tells the prompts from others.
  var digest: String {
    var digest = Digest()
    for question in questions {
      for text in [question.name, question.words, question.reference] { digest.update(text) }
    }
    return digest.hex()
  }

  /// The prompts of an iteration: all questions once in an order of chance, then once more in another.
  private func places(_ iteration: Int) -> [Int] {
    var places: [Int] = []
    var position = iteration * options.prompts
    while places.count < options.prompts {
      let (epoch, first) = position.quotientAndRemainder(dividingBy: questions.count)
      let last = min(questions.count, first + options.prompts - places.count)
      places += Self.order(of: questions.count, through: last, seed: options.seed, epoch: epoch)[first..<last]
      position += last - first
    }
    return places
  }

  /// The first elements of a permutation that hangs on seed and epoch alone; those behind `last` are in no order yet.
  private static func order(of count: Int, through last: Int, seed: UInt64, epoch: Int) -> [Int] {
    var random = RandomStream(seed: seed, epoch: UInt64(epoch), operation: 0x726F_6C6C)
    var order = Array(0..<count)
    for place in 0..<min(last, count - 1) { order.swapAt(place, random.integer(in: place...count - 1)) }
    return order
  }

  /// The rollouts of an iteration, prompt by prompt, with everything but advantages.
  ///
  /// - Throws: what pictures, models and the reward throw.
  func make(iteration: Int) throws -> (rollouts: [Rollout], summary: RolloutSummary) {
    let asked = places(iteration).flatMap { Array(repeating: $0, count: options.samples) }
    let parts = try group.deal((asked.count + options.batch - 1) / options.batch) { number -> Part in
      let start = number * options.batch
      let range = start..<min(start + options.batch, asked.count)
      var drawn = try draw(Array(asked[range]), iteration: iteration, chunk: number)
      let found = try look(&drawn.rollouts)
      var part = Part(
        rollouts: drawn.rollouts, entropy: found.entropy, divergence: found.divergence, tokens: found.tokens)
      for (rollout, sampled) in zip(drawn.rollouts, drawn.sampled) {
        part.gap = max(part.gap, zip(rollout.old, sampled).reduce(0) { max($0, abs($1.0 - $1.1)) })
      }
      return part
    }
    var rollouts = parts.flatMap(\.rollouts)
    let tokens = max(1, parts.reduce(0) { $0 + $1.tokens })
    try score(&rollouts)
    let count = Double(max(1, rollouts.count))
    let groups = stride(from: 0, to: rollouts.count, by: options.samples).map {
      Set(rollouts[$0..<min($0 + options.samples, rollouts.count)].map(\.score)).count
    }
    func mean(_ number: (Rollout) -> Double) -> Double { rollouts.reduce(0) { $0 + number($1) } / count }
    let summary = RolloutSummary(
      answers: rollouts.count, reward: mean(\.score), truth: mean(\.truth), divergence: mean(\.divergence),
      tokenDivergence: parts.reduce(0) { $0 + $1.divergence } / Double(tokens),
      entropy: parts.reduce(0) { $0 + $1.entropy } / Double(tokens),
      length: mean { Double($0.ids.count) }, stopRate: mean { $0.isStopped ? 1 : 0 },
      evenGroups: Double(groups.count { $0 == 1 }) / Double(max(1, groups.count)),
      samplingGap: parts.map(\.gap).max() ?? 0)
    return (rollouts, summary)
  }

  /// Answers that were drawn together, and sums over their tokens.
  private struct Part: Codable {
    var rollouts: [Rollout]
    var entropy: Double
    var divergence: Double
    var tokens: Int
    /// How far log-probabilities of sampling and of training were from each other at the most.
    var gap = 0.0
  }

  /// Draws an answer to each of some questions.
  private func draw(_ asked: [Int], iteration: Int, chunk: Int) throws -> (
    rollouts: [Rollout], sampled: [[Double]]
  ) {
    var known: (place: Int, prompt: Prompt)?
    let prompts = try asked.map { place -> Prompt in
      if let known, known.place == place { return known.prompt }
      let prompt = try prompt(questions[place])
      known = (place, prompt)
      return prompt
    }
    var drawing = GenerationOptions()
    drawing.maxNewTokens = options.maximumAnswer
    drawing.temperature = options.temperature
    drawing.keepsLogProbabilities = true
    var seeds = RandomStream(
      seed: options.seed, epoch: UInt64(iteration), sample: UInt64(chunk), operation: 0x6472_6177)
    drawing.seed = seeds.next64()
    let answers = try Generator(policy.model, processor).answer(prompts, drawing).answers
    let rollouts = zip(asked, answers).map { place, answer in
      Rollout(question: place, ids: answer.ids, text: answer.text, isStopped: answer.end == .endToken)
    }
    return (rollouts, answers.map(\.logProbabilities))
  }

  private func prompt(_ question: Question) throws -> Prompt {
    do {
      return try processor.prompt(
        question.messages, pixels: question.pictures.map { try processor.pixels($0) })
    } catch let error as TesseraError { throw error.with(path: question.name) }
  }

  /// Log-probabilities and values as the training computes them. Gives sums over tokens.
  private func look(_ rollouts: inout [Rollout]) throws -> (entropy: Double, divergence: Double, tokens: Int)
  {
    let batch = try texts(rollouts)
    let lengths = rollouts.map(\.ids.count)
    func cut(_ values: TorchTensor) -> [[Double]] {
      let all = values.array(of: Double.self)
      var start = 0
      return lengths.map { length in
        defer { start += length }
        return Array(all[start..<start + length])
      }
    }
    return try noGrad {
      let distributions = try policy.distributions(batch)
      let own = PolicyModel.own(distributions, batch)
      for (row, old) in cut(own).enumerated() { rollouts[row].old = old }
      var divergence = 0.0
      if let reference {
        let others = try reference.distributions(batch)
        let theirs = PolicyModel.own(others, batch)
        for (row, values) in cut(theirs).enumerated() { rollouts[row].reference = values }
        let estimates =
          estimate == .exact
          ? estimate(distributions, reference: others) : estimate(own, reference: theirs)
        for (row, values) in cut(estimates).enumerated() { rollouts[row].divergences = values }
        divergence = KLEstimate.k3(own, reference: theirs).sum().item
      }
      if let value {
        for (row, values) in try cut(value.values(batch)).enumerated() { rollouts[row].values = values }
      }
      let tokens = lengths.reduce(0, +)
      return (PolicyModel.entropy(distributions) * Double(tokens), divergence, tokens)
    }
  }

  /// Rollouts with their prompts as texts whose answers are learned. Answers to one question that follow one another stand
  /// in one text behind it.
  func texts(_ rollouts: [Rollout]) throws -> TokenBatch {
    var shelf = PictureShelf(processor)
    var (samples, first): ([TokenizedSample], [Int]) = ([], [])
    var known: (question: Int, prompt: Prompt, first: Int)?
    for rollout in rollouts {
      if known?.question != rollout.question {
        let question = questions[rollout.question]
        let range = try shelf.add(question.pictures)
        let prompt = try processor.prompt(question.messages, pixels: Array(shelf.pixels[range]))
        known = (rollout.question, prompt, range.lowerBound)
      }
      guard let known else { continue }
      samples.append(TokenizedSample(known.prompt, answer: rollout.ids))
      first.append(known.first)
    }
    return TokenBatch(
      samples, pixels: shelf.groups, padToken: processor.padToken ?? 0,
      shared: TokenBatch.SharedPictures(first: first, counts: shelf.counts),
      branching: rollouts.map(\.question).runs)
  }

  /// Rewards, and whether answers are right.
  private func score(_ rollouts: inout [Rollout]) throws {
    let replies = rollouts.map {
      Evaluator.Reply(questions[$0.question], answer: $0.text, isStopped: $0.isStopped)
    }
    for (row, score) in try reward.checkedScores(replies).enumerated() {
      let isCutOff = !rollouts[row].isStopped
      rollouts[row].score = isCutOff ? options.cutOffScore ?? score : score
      rollouts[row].truth = replies[row].isRight ? 1 : 0
    }
  }
}
