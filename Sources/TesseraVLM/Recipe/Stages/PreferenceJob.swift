internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData
internal import TesseraTracking

/// DPO, IPO or SimPO: the policy learns from preferences itself.
final class PreferenceJob: StageJob {
  let task: PreferenceTask
  private let run: StageRun
  private let data: StageData
  private let evaluations: [HeldOutSet]

  /// - Parameter steps: steps that the data is laid out for; nil for the stage's own.
  init(_ run: StageRun, steps: Int? = nil) throws {
    self.run = run
    let stage = run.stage
    guard let recipe = stage.preference else {
      preconditionFailure("a stage of preferences without its settings")
    }
    let start = try Checkpoint(run.start)
    let policy =
      try stage.lora?.model(start, stage.plan, seed: run.seed)
      ?? LlavaModel(start, type: .float32, writable: true)
    let processor = try Processor(run.start, policy.config)
    var data = try run.openData(processor)
    evaluations = try stage.evaluations.map { try run.heldOut($0, data) }
    data.overlaps = try run.overlaps(data.sources, data.validation + evaluations.map(\.content))
    self.data = data
    let feed = try SampleFeed(
      ranking: data.sources, data.builder, run.feedOptions(steps: steps), fixedSize: data.isFixedSize)
    task = try PreferenceTask(
      policy, stage.plan, reference: recipe.loss.usesReference ? LlavaModel(start, type: .float32) : nil,
      banned: Generator(policy, processor).banned, recipe.loss, feed)
    task.checkpointsGradients = stage.checkpointsGradients
    task.sideFiles = SideFiles(from: run.start)
    task.base = stage.lora == nil ? nil : start
  }

  var facts: [StageFacts] { run.facts(data) }

  func look() throws {
    run.tell(task.selection)
    run.say(
      "\(task.objective.kind.rawValue), β \(Float(task.objective.beta)); memory: "
        + "\(run.memory(task.parameters, task.policy, base: nil)); the reference's weights are mapped")
    let position = try task.position()
    guard let step = try task.nextStep(), let batch = step.batches.first else {
      throw TesseraError(
        .invalidInput(operation: "the run", expected: "a step of which a sample can be read", got: "none"))
    }
    let norm = try task.pixelGradientNorm(batch)
    if let norm, !(norm > 0 && norm.isFinite) {
      throw TesseraError(
        .invalidInput(
          operation: "the run",
          expected: "answers whose probability moves with the pictures (‖∂log π/∂pixels‖ > 0)",
          got: "\(norm): the model would learn without seeing"))
    }
    let loss = try noGrad { try task.loss(batch).item } / Double(batch.groups.count)
    guard loss.isFinite else {
      throw TesseraError(.invalidInput(operation: "the run", expected: "a finite loss", got: "\(loss)"))
    }
    run.say(
      "before step 1: loss \(Float(loss)) per prompt; ‖∂log π/∂pixels‖ \(norm.map { "\(Float($0))" } ?? "– (no pictures)"); "
        + "\(batch.pairs.count) pairs in \(batch.groups.count) prompts of the first batch")
    run.tellMemory()
    try task.restore(position)
  }

  func callbacks(_ output: StageOutput) throws -> [any TrainingCallback] {
    var callbacks: [any TrainingCallback] = []
    let (stage, total) = (run.stage, run.stage.trainer.schedule.steps)
    if !data.validation.isEmpty {
      let sets = data.validation.map { run.pairs($0.name, $0, data) }
      let validation = Validation(
        stage: stage.name, every: stage.validateEvery, total: total, log: output.log, board: output.board
      ) { [task] in
        Validation.Finding(try PairScores(sets.flatMap { try $0.pairs(by: task.impliedScores) }))
      }
      validation.say = output.note
      callbacks.append(validation)
    }
    if let recipe = stage.evaluations.first, let evaluator = evaluations.first?.evaluator {
      let answers = SampleAnswers(
        stage: stage.name, every: stage.validateEvery, total: total, model: task.policy,
        evaluator: evaluator.sampled(recipe.samples), log: output.log, board: output.board)
      answers.say = output.note
      callbacks.append(answers)
    }
    return callbacks
  }

  func evaluate(_ log: RunLog?) throws {
    for set in evaluations {
      try run.append(set.measure(task.policy, say: run.say).table.rows, table: set.name, to: log)
    }
  }

  func export() throws { try run.export(task, task.policy, base: task.base) }
}
