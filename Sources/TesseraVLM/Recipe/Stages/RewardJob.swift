private import Foundation
internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData
internal import TesseraText
package import TesseraTracking

/// A reward model from preferences.
final class RewardJob: StageJob {
  let task: RewardTask
  private let run: StageRun
  private let recipe: RewardRecipe
  private let data: StageData
  private let processor: Processor
  private let evaluations: [(set: PairEvaluator, controls: Bool)]

  /// - Parameter steps: steps that the data is laid out for; nil for the stage's own.
  init(_ run: StageRun, steps: Int? = nil) throws {
    self.run = run
    let stage = run.stage
    guard let recipe = stage.reward else { preconditionFailure("a reward stage without its settings") }
    self.recipe = recipe
    let checkpoint = try Checkpoint(run.start)
    // A directory with a head is gone on with.
    let model =
      if checkpoint.rewardHead != nil {
        try RewardModel(checkpoint, type: .float32, writable: true)
      } else {
        RewardModel(try LlavaModel(checkpoint, type: .float32, writable: true), seed: run.seed)
      }
    processor = try Processor(run.start, model.trunk.config)
    var data = try run.openData(processor)
    var evaluations: [(set: PairEvaluator, controls: Bool)] = []
    for recipe in stage.evaluations {
      let content = try run.source(recipe.source, data.builder, fixed: data.fixedSize, isHeldOut: true)
      var set = run.pairs(recipe.name, content, data)
      set.batch = recipe.batch
      evaluations.append((set, recipe.controls))
    }
    self.evaluations = evaluations
    data.overlaps = try run.overlaps(data.sources, data.validation + evaluations.map(\.set.content))
    self.data = data
    let feed = try SampleFeed(
      ranking: data.sources, data.builder, run.feedOptions(steps: steps), fixedSize: data.isFixedSize)
    task = try RewardTask(model, stage.plan, feed)
    task.pairLoss = recipe.loss
    task.checkpointsGradients = stage.checkpointsGradients
    task.sideFiles = SideFiles(from: run.start)
  }

  var facts: [StageFacts] { run.facts(data) }

  // MARK: before the first step

  func look() throws {
    run.tell(task.selection)
    run.say(
      "head: \(task.model.head.count) weights; memory: \(run.memory(task.parameters, task.model.trunk, base: nil))"
    )
    let position = try task.position()
    guard let step = try task.nextStep(), let batch = step.batches.first else {
      throw TesseraError(
        .invalidInput(operation: "the run", expected: "a step of which a sample can be read", got: "none"))
    }
    let norm = try task.model.pixelGradientNorm(batch.texts, places: batch.places)
    if let norm, !(norm > 0 && norm.isFinite) {
      throw TesseraError(
        .invalidInput(
          operation: "the run", expected: "scores that move with the pictures (‖∂score/∂pixels‖ > 0)",
          got: "\(norm): the model would judge without seeing"))
    }
    let loss = try noGrad { try task.loss(batch).item } / Double(batch.groups.count)
    guard loss.isFinite else {
      throw TesseraError(.invalidInput(operation: "the run", expected: "a finite loss", got: "\(loss)"))
    }
    run.say(
      "before step 1: loss \(Float(loss)) per prompt (a coin: 0.6931 without margin and centring); "
        + "‖∂score/∂pixels‖ \(norm.map { "\(Float($0))" } ?? "– (no pictures)"); "
        + "\(batch.pairs.count) pairs in \(batch.groups.count) prompts of the first batch")
    run.tellMemory()
    try task.restore(position)
  }

  func callbacks(_ output: StageOutput) throws -> [any TrainingCallback] {
    guard !data.validation.isEmpty else { return [] }
    let sets = data.validation.map { run.pairs($0.name, $0, data) }
    let validation = Validation(
      stage: run.stage.name, every: run.stage.validateEvery, total: run.stage.trainer.schedule.steps,
      log: output.log, board: output.board
    ) { [task] in
      Validation.Finding(try PairScores(sets.flatMap { try $0.pairs(task.model) }))
    }
    validation.say = output.note
    return [validation]
  }

  // MARK: afterwards

  func evaluate(_ log: RunLog?) throws {
    let policy = try LlavaModel(Checkpoint(run.start), type: .float32)
    try normalise(policy)
    for (set, controls) in evaluations {
      let sights = controls ? Evaluator.Sight.allCases : [.real]
      var scores: [Evaluator.Sight: PairScores] = [:]
      for sight in sights { scores[sight] = try PairScores(set.pairs(task.model, sight)) }
      let rows = PairScores.rows(scores)
      for line in EvaluationTable(set.name, rows).lines { run.say(line) }
      try run.append(rows, table: set.name, to: log)
    }
    guard let questions = recipe.questions else { return }
    let rows = try judge(policy, run.whole.resolve(questions))
    let title = "the policy's own answers (\(questions.title))"
    for line in EvaluationTable(title, rows).lines { run.say(line) }
    try run.append(rows, table: title, to: log)
  }

  /// Questions that the reference policy is asked: the recipe's, or the training data's prompts.
  private func evaluator(_ source: CorpusSource?, limit: Int) throws -> Evaluator {
    let dataset = try (source ?? run.whole.resolve(run.stage.data[0])).open()
    var evaluator = try Evaluator(dataset, processor)
    evaluator = evaluator.sampled(limit)
    evaluator.batch = 50
    evaluator.group = run.whole.group
    evaluator.maximumAnswer = recipe.maximumAnswer
    return evaluator
  }

  /// The model as it is now, as a reward.
  private var reward: any Reward {
    DealtReward(base: LearnedReward(task.model, processor), group: run.whole.group)
  }

  private func draws(_ evaluator: Evaluator, _ policy: LlavaModel, _ count: Int) throws -> [[Evaluator.Reply]]
  {
    try evaluator.draws(count, policy, temperature: recipe.temperature, seed: run.seed)
  }

  /// Brings the scores of the reference policy's answers to mean 0 and deviation 1.
  private func normalise(_ policy: LlavaModel) throws {
    let evaluator = try evaluator(recipe.questions.map(run.whole.resolve), limit: recipe.normalisingAnswers)
    let count = max(1, recipe.normalisingAnswers / evaluator.questions.count)
    let replies = try draws(evaluator, policy, count).flatMap { $0 }
    task.normalise(mean: 0, deviation: 1)
    let scores = try reward.scores(replies)
    let mean = scores.reduce(0, +) / Double(scores.count)
    let variance = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, scores.count - 1))
    guard variance > 0, variance.isFinite else {
      run.say(
        "warning: all of the reference policy's \(scores.count) answers score alike; the scores stay as they are"
      )
      return
    }
    task.normalise(mean: mean, deviation: variance.squareRoot())
    run.say(
      "the reference policy's \(scores.count) answers score \(Float(mean)) ± \(Float(variance.squareRoot())), which become 0 ± 1"
    )
  }

  /// What choosing among the policy's own answers by the score is worth, and how well its right and wrong answers to one
  /// question are told apart.
  private func judge(_ policy: LlavaModel, _ questions: CorpusSource) throws -> [EvaluationTable.Row] {
    let evaluator = try evaluator(questions, limit: recipe.prompts)
    let draws = try draws(evaluator, policy, recipe.draws)
    let curve = try BestOfN(draws, by: reward)
    let bound = try BestOfN(draws, by: ExactMatchReward())
    var rows: [EvaluationTable.Row] = []
    for (point, best) in zip(curve.points, bound.points) {
      rows.append(
        EvaluationTable.Row(BestOfN.metric(point), count: draws.count, real: point.exactMatch))
      rows.append(
        EvaluationTable.Row(
          "right answers, best of \(best.draws) by the reference", count: draws.count, real: best.exactMatch))
      rows.append(
        EvaluationTable.Row(
          "mean score, best of \(point.draws)", count: draws.count, format: .score(decimals: 3),
          real: point.reward))
    }
    let pairs = try ownPairs(draws)
    if !pairs.isEmpty {
      let scores = try PairScores(pairs)
      rows.append(
        EvaluationTable.Row("pairs of a right and a wrong answer", count: scores.pairs, real: scores.accuracy)
      )
    }
    return rows
  }

  /// Each question's different right and wrong answers, as pairs.
  private func ownPairs(_ draws: [[Evaluator.Reply]]) throws -> [PairEvaluator.ScoredPair] {
    var pairs: [PairEvaluator.ScoredPair] = []
    for replies in draws {
      let stopped = replies.filter(\.isStopped)
      guard let right = stopped.first(where: \.isRight) else { continue }
      var known: Set<String> = []
      let wrong = stopped.filter { !$0.isRight && known.insert($0.answer).inserted }
      guard !wrong.isEmpty else { continue }
      let scores = try reward.scores([right] + wrong)
      pairs += zip(wrong, scores.dropFirst()).map { reply, score in
        PairEvaluator.ScoredPair(
          lead: (scores[0] - score) * task.model.deviation,
          extraBytes: right.answer.utf8.count - reply.answer.utf8.count, weight: 1 / Double(wrong.count))
      }
    }
    return pairs
  }

  func export() throws {
    try task.export(to: run.modelFolder)
    run.say("reward model written to \(run.modelFolder)")
  }
}

extension StageRun {
  /// Preferences that are scored.
  func pairs(_ name: String, _ source: TrainingSource, _ data: StageData) -> PairEvaluator {
    var set = PairEvaluator(name, source, data.builder, isFixedSize: data.isFixedSize)
    set.threads = whole.recipe.loaderThreads
    set.group = whole.group
    return set
  }
}

extension Validation.Finding {
  /// The loss of preferences.
  init(_ scores: PairScores) {
    let share = (scores.accuracy * 1000).rounded() / 10
    self.init(
      loss: scores.loss,
      others: [("pair_accuracy", .number(scores.accuracy)), ("pairs", .int(scores.pairs))],
      words: "validation loss \(Float(scores.loss)) per prompt, \(share) % of \(scores.pairs) pairs right")
  }
}

extension PairScores {
  /// The rows of a table, each number beside its controls.
  package static func rows(_ scores: [Evaluator.Sight: PairScores]) -> [EvaluationTable.Row] {
    guard let real = scores[.real] else { return [] }
    func row(
      _ name: String, category: String? = nil, _ format: EvaluationTable.Format = .share,
      _ value: (PairScores) -> Double?
    ) -> EvaluationTable.Row {
      EvaluationTable.Row(
        name, category: category, count: category == nil ? real.pairs : nil, format: format,
        real: value(real),
        shuffled: scores[.shuffled].flatMap(value), blank: scores[.blank].flatMap(value))
    }
    var rows = [row("pairs whose better answer scores higher") { $0.accuracy }]
    rows += real.byCategory.keys.sorted().map { category in
      row("pairs whose better answer scores higher", category: category) { $0.byCategory[category] }
    }
    rows.append(EvaluationTable.Row("by length alone", count: real.pairs, real: real.lengthOnly))
    rows.append(row("loss per prompt", .loss(decimals: 4)) { $0.loss })
    rows.append(row("calibration error of σ(lead)", .loss(decimals: 3)) { $0.calibrationError })
    rows += real.bins.map { bin in
      let confidence = (bin.confidence * 100).rounded() / 100
      return EvaluationTable.Row(
        "right where σ(|lead|) is about \(confidence)", count: bin.pairs, real: bin.accuracy)
    }
    return rows
  }
}
