private import Foundation
internal import TesseraCore
internal import TesseraData
internal import TesseraTracking

/// One stage of a run: from a model directory to the next.
final class StageRun {
  let whole: RecipeRun
  var stage: StageRecipe
  /// The directory that the stage begins with.
  let start: String
  let number: Int
  let folder: String
  /// Where the trained model is, once the stage is done.
  var modelFolder: String { "\(folder)/model" }
  /// Where the adapter is, of a stage that trains one.
  var adapterFolder: String { "\(folder)/adapter" }

  init(_ run: RecipeRun, _ stage: StageRecipe, number: Int, model: String) {
    (whole, self.stage, self.number, start) = (run, stage, number, model)
    folder = "\(run.folder)/\(stage.name)"
  }

  /// What a stage that is done left behind, as one line; nil where it is not done.
  func finished() throws -> String? {
    let isMerged = stage.lora?.merges ?? true
    let (last, mark) = isMerged ? (modelFolder, "config.json") : (adapterFolder, PEFTConfig.name)
    return try FileIO.exists("\(last)/\(mark)") ? last : nil
  }

  /// What chance of the stage starts from.
  var seed: UInt64 { whole.recipe.seed &+ UInt64(number) }

  func say(_ text: String) { whole.say("\(stage.name): \(text)") }

  /// Runs to the end; gives the step where someone stopped it, nil where it is done.
  func run() throws -> Int? {
    if whole.isDry, let missing = missing {
      say("\(missing) is made by an earlier stage, or before this one: it cannot be looked at yet")
      return nil
    }
    try whole.group.lead { try makePreferences() }
    return switch stage.kind {
    case .pretrain, .align, .sft: try run(NextTokenJob(self))
    case .reward: try run(RewardJob(self))
    case .dpo: try run(PreferenceJob(self))
    case .rl: try run(ReinforcementJob(self))
    }
  }

  /// What the stage needs that a run makes and that is not there yet.
  private var missing: String? {
    let made = stage.makes.first {
      !$0.path.hasPrefix("/") && FileIO.size("\(whole.folder)/\($0.path)") == nil
    }?.path
    let rewards = stage.reinforcement?.rewards ?? []
    let directories = rewards.compactMap { source -> String? in
      guard case .learned(let path) = source.kind else { return nil }
      return rewardDirectory(path)
    }
    let inFolder = directories.first {
      $0.hasPrefix(whole.folder + "/") && FileIO.size("\($0)/config.json") == nil
    }
    return made ?? inFolder
  }

  private func run(_ job: some StageJob) throws -> Int? {
    try whole.group.lead { try job.look() }
    if whole.isDry { return nil }
    try whole.group.lead {
      try FileIO.makeFolder(folder)
      try StageFacts.write(job.facts, to: "\(folder)/facts.json")
    }
    return try train(job)
  }

  // MARK: training

  private func train(_ job: some StageJob) throws -> Int? {
    let group = whole.group
    let trainer = try Trainer(job.task, stage.trainer, group: group)
    let training = try TrainingRun(trainer, folder: folder, settings: settings(), keep: stage.keep)
    training.say = { [whole, stage] in whole.say("\(stage.name): \($0)") }
    training.checkpointEvery = stage.checkpointEvery
    let step = try training.resume()?.state.step
    if let step { say("goes on after step \(step)") }
    let notes = group.isLeader ? try openNotes(after: step) : nil
    // Where rank 0 could not open them, the others end here too.
    try group.lead {}
    // Counted from where this process begins.
    let last = whole.maximumSteps.map { (step ?? 0) + $0 }
    training.shouldStop = { [whole] in
      whole.shouldStop() || (last.map { trainer.completedSteps >= $0 } ?? false)
    }
    let output =
      notes?.output ?? StageOutput(log: nil, board: nil) { _ in }
    let steps = notes.map { [$0.steps] } ?? []
    training.callbacks = try steps + job.callbacks(output)
    let ending = try training.run()
    steps.forEach(tell)
    if case .stopped(let step) = ending { return step }
    if job.keepsBest { try keepBest(training, job) }
    try job.evaluate(output.log)
    try group.lead {
      try keepOrigin()
      try job.export()
    }
    return nil
  }

  /// The stage's log, TensorBoard's file and the line for people.
  ///
  /// - Parameter step: the step that the stage goes on after; nil where it begins.
  private func openNotes(after step: Int?) throws -> (steps: StepLog, output: StageOutput) {
    try FileIO.makeFolder(folder)
    try whole.keepRecipe()
    try AtomicFile.write(Array(whole.recipe.yaml.utf8), to: "\(folder)/recipe.yaml")
    // What was looked at before a step that is lost may have been looked at with other settings.
    if step == nil { try FileIO.removeAll("\(folder)/log.jsonl") }
    let log = try RunLog("\(folder)/log.jsonl", resumingAfter: .init(stage: stage.name, step: step ?? 0))
    // Made here, for an error of ours if there is no room for it.
    try FileIO.makeFolder("\(folder)/tensorboard")
    let board = try TensorBoardWriter(folder: "\(folder)/tensorboard", resumingAfter: step)
    let total = stage.trainer.schedule.steps
    let progress = TrainingProgress(
      stage: stage.name, total: total, startingAfter: step ?? 0, every: stage.logEvery)
    let steps = StepLog(
      stage: stage.name, total: total, every: stage.logEvery, log: log, board: board, progress: progress,
      waitsFor: waitsFor)
    return (steps, StageOutput(log: log, board: board) { [stage] in progress.note("\(stage.name): \($0)") })
  }

  /// Brings the weights back to the best step's.
  private func keepBest<Job: StageJob>(_ training: TrainingRun<Job.Task>, _ job: Job) throws {
    guard let best = training.best else { return }
    if let step = try training.restoreBest() {
      say("step \(step) did best on the held-out prompts: its weights are kept")
    } else if best.step == 0 {
      try job.restoreStart()
      say("no step did better on the held-out prompts than what the stage began with: that is kept")
    }
  }

  /// What decides a run's steps: what a checkpoint must have been made with.
  private func settings() throws -> String {
    try (beginning + ["steps in all: \(stage.trainer.schedule.steps)"] + decisiveLines()).joined(
      separator: "\n")
  }

  /// What a step waits for before its first batch.
  private var waitsFor: String { stage.kind == .rl ? "rollouts" : "data" }

  private func tell(_ steps: StepLog) {
    let times = steps.times
    guard times.total > 0 else { return }
    let total = max(steps.seconds, times.total)
    let other = total - times.total + times.rest
    func share(_ seconds: Double) -> String { "\((seconds / total * 1000).rounded() / 10) %" }
    say(
      "\(Int((Double(steps.tokens) / times.total).rounded())) tokens/s, \(Int((Double(steps.images) / times.total).rounded())) images/s; "
        + "time: \(waitsFor == "data" ? "data wait" : waitsFor) \(share(times.data)), forward \(share(times.forward)), backward \(share(times.backward)), "
        + (whole.group.isShared ? "waiting for other ranks \(share(times.exchange)), " : "")
        + "optimiser \(share(times.optimizer)), other (validation, answers, log, checkpoints) \(share(other))"
    )
  }

  /// Appends the rows of tables, where there is a log; what an evaluation that was cut off had written already, at the last checkpoint's step, is
  /// not written twice.
  func append(_ rows: [EvaluationTable.Row], table: String, to log: RunLog?) throws {
    guard let log else { return }
    let known = Set(try RunLog.entries(of: log.path).filter { $0.kind == .evaluation }.map(\.line))
    for row in rows {
      let entry = LogEntry.evaluation(
        row, table: table, stage: stage.name, step: stage.trainer.schedule.steps)
      if !known.contains(entry.line) { try log.append(entry) }
    }
    try log.sync()
  }
}
