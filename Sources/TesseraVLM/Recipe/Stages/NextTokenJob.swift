private import Foundation
internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData
internal import TesseraTracking

/// Pretraining, alignment and fine-tuning: the next token.
final class NextTokenJob: StageJob {
  let task: NextTokenTask
  private let run: StageRun
  private let data: StageData
  private let evaluations: [HeldOutSet]

  /// - Parameter steps: steps that the data is laid out for; nil for the stage's own.
  init(_ run: StageRun, steps: Int? = nil) throws {
    self.run = run
    let stage = run.stage
    let checkpoint = try Checkpoint(run.start)
    let model =
      try stage.lora?.model(checkpoint, stage.plan, seed: run.seed)
      ?? LlavaModel(checkpoint, type: .float32, writable: true)
    let processor = try Processor(run.start, model.config)
    var data = try run.openData(processor)
    evaluations = try stage.evaluations.map { try run.heldOut($0, data) }
    data.overlaps = try run.overlaps(data.sources, data.validation + evaluations.map(\.content))
    self.data = data
    let feed = try SampleFeed(
      data.sources, data.builder, run.feedOptions(steps: steps), fixedSize: data.isFixedSize)
    task = try NextTokenTask(model, stage.plan, feed)
    task.checkpointsGradients = stage.checkpointsGradients
    task.sideFiles = SideFiles(from: run.start)
    task.base = stage.lora == nil ? nil : checkpoint
  }

  private var memory: TrainingMemory { run.memory(task.parameters, task.model, base: task.base) }

  var facts: [StageFacts] {
    let adapter = task.model.adapter.map {
      StageFacts(title: "adapter", facts: [["adapter", "\($0)"], ["memory", "\(memory)"]])
    }
    return run.facts(data) + (adapter.map { [$0] } ?? [])
  }

  func look() throws {
    run.tell(task.selection)
    if let adapter = task.model.adapter { run.say("adapter: \(adapter)") }
    run.say("memory: \(memory); what a step computes comes on top, and is measured now")
    try tellPreflight()
  }

  private func tellPreflight() throws {
    let preflight = try Preflight(task)
    let pixels =
      preflight.pixelGradientNorm.map { "\(Float($0))" }
      ?? "is looked at in the first step with pictures (the first has none)"
    if preflight.pixelGradientNorm == nil {
      task.pixelCheck = { [run] in
        run.say("‖∂loss/∂pixels‖ \(Float($0)) in the first batch with pictures")
      }
    }
    let share = (preflight.learnedShare * 1000).rounded() / 10
    run.say(
      "before step 1: loss \(Float(preflight.loss)); ‖∂loss/∂pixels‖ \(pixels); \(share) % of tokens are learned"
    )
    run.tellMemory()
  }

  func callbacks(_ output: StageOutput) throws -> [any TrainingCallback] {
    let (stage, total) = (run.stage, run.stage.trainer.schedule.steps)
    var callbacks: [any TrainingCallback] = []
    if !data.validation.isEmpty {
      let set = try HeldOutLoss(
        data.validation, data.builder, samples: stage.feed.microSamples ?? stage.feed.samplesPerStep,
        threads: run.whole.recipe.loaderThreads, fixedSize: data.isFixedSize, group: run.whole.group)
      let validation = Validation(
        stage: stage.name, every: stage.validateEvery, total: total, log: output.log, board: output.board
      ) { [task] in try Validation.Finding(set.measure(task.model, autocast: stage.trainer.autocast)) }
      validation.say = output.note
      callbacks.append(validation)
    }
    if let recipe = stage.evaluations.first, let evaluator = evaluations.first?.evaluator {
      let answers = SampleAnswers(
        stage: stage.name, every: stage.validateEvery, total: total, model: task.model,
        evaluator: evaluator.sampled(recipe.samples), log: output.log, board: output.board)
      answers.say = output.note
      callbacks.append(answers)
    }
    return callbacks
  }

  func evaluate(_ log: RunLog?) throws {
    guard !evaluations.isEmpty else { return }
    let majority = MajorityBaseline(of: data.sources.compactMap(\.records))
    for var set in evaluations {
      set.majority = majority
      try run.append(set.measure(task.model, say: run.say).table.rows, table: set.name, to: log)
    }
  }

  func export() throws { try run.export(task, task.model, base: task.base) }
}

extension StageRun {
  /// Writes the model that a stage trained, or its adapter and, unless the recipe says otherwise, the merged model.
  func export(_ task: some TrainingTask, _ model: LlavaModel, base: Checkpoint?) throws {
    if let lora = stage.lora {
      try model.exportAdapter(to: adapterFolder, base: base)
      say("adapter written to \(adapterFolder)")
      guard lora.merges else { return }
    }
    try task.export(to: modelFolder)
    say("model written to \(modelFolder)")
  }

  /// A held-out set that is asked and whose loss is looked at.
  func heldOut(_ recipe: EvaluationRecipe, _ data: StageData) throws -> HeldOutSet {
    var set = try HeldOutSet(
      recipe.name,
      source(recipe.source, data.builder, fixed: data.fixedSize, isHeldOut: true, compares: false),
      data.builder,
      isFixedSize: data.isFixedSize)
    set.evaluator?.maximumAnswer = recipe.maximumAnswer
    set.evaluator?.batch = recipe.batch
    set.isControlled = recipe.controls
    set.autocast = stage.trainer.autocast
    set.threads = whole.recipe.loaderThreads
    set.group = whole.group
    return set
  }

  /// Says what is trained and what is not.
  func tell(_ selection: ParameterPlan.Selection) {
    let frozen = selection.frozen.map { "\($0.name) (\($0.count))" }.joined(separator: ", ")
    say("trained: \(selection.trainedCount) parameters; frozen: \(frozen.isEmpty ? "nothing" : frozen)")
    if !selection.unreached.isEmpty {
      let count = selection.unreached.reduce(0) { $0 + $1.count }
      say(
        "  behind the last layer that is used, saved as they are: \(count) parameters (\(selection.unreached[0].name) …)"
      )
    }
  }

  /// What the stage needs on this rank besides what its steps compute.
  func memory(_ parameters: [NamedParameter], _ model: LlavaModel, base: Checkpoint?) -> TrainingMemory {
    TrainingMemory(
      parameters, model, base: base, shares: stage.trainer.shardsOptimizer ? whole.group.size : 1)
  }

  /// Says what memory the first step's way there and back took.
  func tellMemory() {
    let memory = ProcessMemory.resident()
    say(
      "memory: \(TrainingMemory.words(memory.peak)) at the most so far, the first step's way there and back included; "
        + "this machine has \(TrainingMemory.words(Int(clamping: ProcessInfo.processInfo.physicalMemory)))")
  }
}
