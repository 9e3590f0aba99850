internal import TesseraCore
internal import TesseraTracking

/// Watches whether a reward still means what it should: the reward and the true score of held-out answers side by side, with
/// divergence, entropy, length and stop rate of the rollouts.
///
/// It ends the training where the two part, or the budget of divergence is spent, and tells which step did best by the true
/// score.
package final class RewardMeter: TrainingCallback {
  private let stage: String
  private let recipe: ReinforcementRecipe
  private let task: ReinforcementTask
  private let evaluator: Evaluator
  private let reward: any Reward
  /// Nil on ranks that write none.
  private let log: RunLog?
  private let board: TensorBoardWriter?
  /// The last step, after which there is a look in any case.
  private let total: Int
  /// Whether the held-out prompts have references: else the reward is what is best by.
  private let hasTruth: Bool
  /// Gets a line for people at each look.
  var say: (String) -> Void = { _ in }
  /// The looks of this and of earlier processes, in order.
  private(set) var looks: [Look] = []
  /// Rollouts of the iteration that the last step began; nil where it began none.
  private var pending: (iteration: Int, summary: RolloutSummary)?

  /// What a look at held-out answers came to.
  package struct Look: Equatable, Codable {
    package var step: Int
    package var reward: Double
    package var truth: Double
    package var stopRate: Double
    package var length: Double

    package init(step: Int, reward: Double, truth: Double, stopRate: Double = 1, length: Double = 0) {
      (self.step, self.reward, self.truth) = (step, reward, truth)
      (self.stopRate, self.length) = (stopRate, length)
    }

    /// Two standard errors of a share of so many answers.
    func margin(_ count: Int) -> Double { 2 * (truth * (1 - truth) / Double(max(1, count))).squareRoot() }
  }

  init(
    stage: String, _ recipe: ReinforcementRecipe, _ task: ReinforcementTask, _ evaluator: Evaluator,
    _ reward: any Reward, total: Int, log: RunLog?, board: TensorBoardWriter?
  ) throws {
    (self.stage, self.recipe, self.task, self.evaluator) = (stage, recipe, task, evaluator)
    (self.reward, self.total, self.log, self.board) = (reward, total, log, board)
    hasTruth = evaluator.questions.contains { !$0.reference.isEmpty }
    task.onRollouts = { [weak self] iteration, summary in self?.pending = (iteration, summary) }
    looks = try evaluator.group.lead {
      try log.map { try RunLog.entries(of: $0.path).compactMap(Look.init) } ?? []
    }
  }

  package func begin(completed: Int) throws {
    guard completed == 0, looks.isEmpty else { return }
    try look(step: 0)
  }

  package var startingLoss: Double? {
    looks.first { $0.step == 0 }.map { -(hasTruth ? $0.truth : $0.reward) }
  }

  package func step(_ record: StepRecord) throws -> StepFindings {
    var isSpent = false
    if let (iteration, summary) = pending {
      pending = nil
      try write(summary, iteration: iteration, step: record.step)
      if let budget = recipe.divergenceBudget, summary.divergence > budget {
        isSpent = true
        try end(
          "the budget of divergence is spent: \(Float(summary.divergence)) nats an answer, allowed are \(Float(budget))",
          step: record.step)
      }
    }
    let steps = recipe.lookEvery * task.options.stepsPerIteration
    // What a training ends with is looked at too, or nobody would know whether it is the best.
    guard record.step % steps == 0 || record.step == total || isSpent else { return StepFindings() }
    return try findings(at: record.step)
  }

  /// Looks, and ends the training where reward and true score part.
  private func findings(at step: Int) throws -> StepFindings {
    let now = try look(step: step)
    if let reason = Self.parting(looks, patience: recipe.patience, prompts: evaluator.questions.count),
      hasTruth
    {
      try end(reason, step: step)
    }
    // Smaller is better there.
    return StepFindings(validationLoss: -(hasTruth ? now.truth : now.reward))
  }

  /// Why the training should end; nil where it should go on.
  ///
  /// The reward has not fallen below what it was at the best true score, and the true score has stayed more than two standard
  /// errors below its best for so many looks.
  package static func parting(_ looks: [Look], patience: Int, prompts: Int) -> String? {
    guard patience > 0, let best = looks.max(by: { $0.truth < $1.truth }),
      let place = looks.firstIndex(of: best), looks.count - place > patience
    else { return nil }
    let since = looks[(looks.count - patience)...]
    let hasParted = since.allSatisfy {
      $0.truth < best.truth - best.margin(prompts) && $0.reward >= best.reward
    }
    guard hasParted, let last = since.last else { return nil }
    func percent(_ share: Double) -> Double { (share * 1000).rounded() / 10 }
    return
      "reward and true score have parted: the reward rose from \(Float(best.reward)) to \(Float(last.reward)), "
      + "while the true score fell from \(percent(best.truth)) to \(percent(last.truth)) % in \(patience) looks"
  }

  @discardableResult
  private func look(step: Int) throws -> Look {
    let replies = try evaluator.replies(task.policy)
    let scores = try zip(replies, reward.checkedScores(replies)).map { reply, score in
      reply.isStopped ? score : task.options.rollouts.cutOffScore ?? score
    }
    let count = Double(max(1, replies.count))
    let look = Look(
      step: step, reward: scores.reduce(0, +) / count, truth: Double(replies.count(where: \.isRight)) / count,
      stopRate: Double(replies.count(where: \.isStopped)) / count,
      length: replies.reduce(0) { $0 + Double($1.answer.utf8.count) } / count)
    looks.append(look)
    try log?.append(look.entry(stage: stage, hasTruth: hasTruth))
    try board?.scalars(
      [("\(stage)/held_out_reward", look.reward), ("\(stage)/held_out_stop_rate", look.stopRate)]
        + (hasTruth ? [("\(stage)/held_out_true_score", look.truth)] : []), step: step)
    say(
      "step \(step): held-out reward \(Float(look.reward)), \(words(look.truth)) of \(replies.count), "
        + "stop rate \((look.stopRate * 1000).rounded() / 10) %")
    return look
  }

  private func words(_ truth: Double) -> String {
    hasTruth ? "true score \((truth * 1000).rounded() / 10) %" : "no answers to compare with"
  }

  private func write(_ summary: RolloutSummary, iteration: Int, step: Int) throws {
    let truth = hasTruth ? [(name: "true_score", value: summary.truth)] : []
    let numbers: [(name: String, value: Double)] =
      [("reward", summary.reward)] + truth + [
        ("kl", summary.divergence),
        ("kl_token", summary.tokenDivergence), ("entropy", summary.entropy), ("length", summary.length),
        ("stop_rate", summary.stopRate), ("even_groups", summary.evenGroups),
        ("kl_weight", task.divergenceWeight),
        ("sampling_gap", summary.samplingGap),
      ]
    try log?.append(
      LogEntry(
        .rollout, stage: stage, step: step,
        [("iteration", .int(iteration)), ("answers", .int(summary.answers))]
          + numbers.map { ($0.name, .number($0.value)) }))
    try board?.scalars(numbers.map { ("\(stage)/rollout_\($0.name)", $0.value) }, step: step)
    say(
      "iteration \(iteration): reward \(Float(summary.reward)), \(hasTruth ? words(summary.truth) + ", " : "")"
        + "KL \(Float(summary.divergence)), entropy \(Float(summary.entropy)), \(Float(summary.length)) tokens an answer"
    )
  }

  private func end(_ reason: String, step: Int) throws {
    task.end(reason)
    try log?.append(
      LogEntry(
        .event, stage: stage, step: step, [(LogField.message, .text(reason)), (LogField.isWarning, true)]))
    say("the training ends: \(reason)")
  }
}

extension RewardMeter.Look {
  fileprivate func entry(stage: String, hasTruth: Bool) -> LogEntry {
    LogEntry(
      .look, stage: stage, step: step,
      [("reward", .number(reward))] + (hasTruth ? [("true_score", .number(truth))] : [])
        + [("stop_rate", .number(stopRate)), ("length", .number(length))])
  }

  /// The look of a log's line; nil for another.
  init?(_ entry: LogEntry) {
    guard entry.kind == .look, let reward = entry["reward"]?.number,
      let stopRate = entry["stop_rate"]?.number, let length = entry["length"]?.number
    else { return nil }
    // Prompts without answers have no true score.
    let truth = entry["true_score"]?.number ?? 0
    self.init(step: entry.step, reward: reward, truth: truth, stopRate: stopRate, length: length)
  }
}
