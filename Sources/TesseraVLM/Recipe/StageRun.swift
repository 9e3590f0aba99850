private import Foundation
internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData
internal import TesseraText
internal import TesseraTracking

/// One stage of a run: from a model directory to the next.
final class StageRun {
  private let whole: RecipeRun
  private var stage: StageRecipe
  /// The directory that the stage begins with.
  private let start: String
  private let number: Int
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
    return FileIO.identity("\(last)/\(mark)") != nil ? last : nil
  }

  /// Runs to the end; gives the step where someone stopped it, nil where it is done.
  func run() throws -> Int? {
    let checkpoint = try Checkpoint(start)
    let seed = whole.recipe.seed &+ UInt64(number)
    let model =
      try stage.lora?.model(checkpoint, stage.plan, seed: seed)
      ?? LlavaModel(checkpoint, type: .float32, writable: true)
    let processor = try Processor(start, model.config)
    let builder = SampleBuilder(processor, maximumLength: stage.maximumLength, overflow: stage.overflow)
    let fixed = try processor.fixedSize()
    let sources = try stage.data.map { try source($0, builder, fixed: fixed) }
    try setSteps(sources)
    tell(sources)
    let validation = try stage.validation.map { try source($0, builder, fixed: fixed) }
    var options = stage.feed
    options.seed = seed
    options.threads = whole.recipe.loaderThreads
    let feed = try SampleFeed(sources, builder, options, fixedSize: fixed != nil)
    let task = try NextTokenTask(model, stage.plan, feed)
    task.checkpointsGradients = stage.checkpointsGradients
    task.sideFiles = SideFiles(from: start)
    task.base = stage.lora == nil ? nil : checkpoint
    tell(task)
    try tellPreflight(task)
    if whole.isDry { return nil }
    try FileIO.makeFolder(folder)
    let adapter = model.adapter.map {
      StageFacts(title: "adapter", facts: [["adapter", "\($0)"], ["memory", "\(TrainingMemory(task))"]])
    }
    try StageFacts.write(facts(sources) + (adapter.map { [$0] } ?? []), to: "\(folder)/facts.json")
    return try train(task, validation, builder, fixed: fixed != nil)
  }

  private func say(_ text: String) { whole.say("\(stage.name): \(text)") }

  // MARK: data

  private func source(_ source: CorpusSource, _ builder: SampleBuilder, fixed: Size?) throws -> TrainingSource
  {
    let source = whole.resolve(source)
    let dataset = try source.open()
    guard dataset.count > 0 else {
      throw TesseraError(
        .invalidInput(operation: "the data set '\(source.title)'", expected: "a sample", got: "none"),
        path: source.path)
    }
    if stage.kind == .pretrain, try source.resolvedFormat() == .text {
      let length = stage.maximumLength ?? builder.processor.config.text.maxPositions
      let blocks = try TokenBlocks(
        dataset, builder.processor.tokenizer, endToken: builder.processor.endTokens.first, length: length)
      return TrainingSource(source.title, .blocks(blocks), weight: source.weight ?? Double(blocks.count))
    }
    let tokens = fixed.map { builder.processor.config.imageTokens(height: $0.height, width: $0.width) }
    let census = SampleCensus(dataset, builder, imageTokens: tokens)
    if let failure = census.failures.first, stage.feed.errorPolicy == .stop {
      throw failure.error.with(path: source.path)
    }
    return TrainingSource(
      source.title, .records(dataset, census), weight: source.weight ?? Double(census.kept.count))
  }

  /// Epochs become steps.
  private func setSteps(_ sources: [TrainingSource]) throws {
    guard let epochs = stage.epochs else { return stage.setSteps(stage.feed.steps) }
    let samples = sources.reduce(0) { $0 + $1.lengths.count }
    let tokens = sources.reduce(0) { $0 + $1.lengths.reduce(0, +) }
    let whole =
      stage.feed.tokensPerStep.map { Double(tokens) / Double($0) }
      ?? Double(samples) / Double(stage.feed.samplesPerStep)
    stage.setSteps(max(1, Int((epochs * whole).rounded())))
  }

  /// What the report tells of the data.
  private func facts(_ sources: [TrainingSource]) -> [StageFacts] {
    sources.map { source in
      switch source.content {
      case .blocks(let blocks):
        StageFacts(
          title: source.name,
          facts: [
            ["documents", "\(blocks.documents)"], ["blocks", "\(blocks.count)"],
            ["tokens of a block", "\(blocks.length)"], ["documents left out", "\(blocks.failures.count)"],
          ])
      case .records(_, let census):
        StageFacts(
          title: source.name,
          facts: [
            ["samples", "\(census.kept.count)"], ["pictures", "\(census.images)"],
            ["samples of text alone", "\(census.textOnly)"],
            ["samples with several pictures", "\(census.severalImages)"], ["tokens", "\(census.tokens)"],
            ["share of tokens learned", "\((census.learnedShare * 1000).rounded() / 10) %"],
            ["longest sample, tokens", "\(census.longest)"], ["overflow", "\(census.overflow)"],
            ["left out", "\(census.failures.count)"],
          ])
      }
    }
  }

  private func tell(_ sources: [TrainingSource]) {
    for source in sources {
      switch source.content {
      case .blocks(let blocks):
        say(
          "\(source.name): \(blocks.documents) documents, \(blocks.count) blocks of \(blocks.length) tokens, all learned"
        )
      case .records(_, let census):
        let share = (census.learnedShare * 1000).rounded() / 10
        say(
          "\(source.name): \(census.kept.count) samples, \(census.images) pictures, \(census.textOnly) of text alone; "
            + "\(census.tokens) tokens, \(share) % learned; longest \(census.longest); \(census.overflow)")
        for failure in census.failures.prefix(5) { say("  left out: \(failure.error)") }
        if census.failures.count > 5 { say("  and \(census.failures.count - 5) more") }
      }
    }
  }

  private func tell(_ task: NextTokenTask) {
    let selection = task.selection
    let frozen = selection.frozen.map { "\($0.name) (\($0.count))" }.joined(separator: ", ")
    say("trained: \(selection.trainedCount) parameters; frozen: \(frozen.isEmpty ? "nothing" : frozen)")
    if !selection.unreached.isEmpty {
      let count = selection.unreached.reduce(0) { $0 + $1.count }
      say(
        "  behind the last layer that is used, saved as they are: \(count) parameters (\(selection.unreached[0].name) …)"
      )
    }
    if let adapter = task.model.adapter { say("adapter: \(adapter)") }
    say("memory: \(TrainingMemory(task)); what a step computes comes on top")
  }

  private func tellPreflight(_ task: NextTokenTask) throws {
    let preflight = try Preflight(task)
    let pixels = preflight.pixelGradientNorm.map { "\(Float($0))" } ?? "no pictures in the first step"
    let share = (preflight.learnedShare * 1000).rounded() / 10
    say(
      "before step 1: loss \(Float(preflight.loss)); ‖∂loss/∂pixels‖ \(pixels); \(share) % of tokens are learned"
    )
  }

  // MARK: training

  private func train(
    _ task: NextTokenTask, _ validation: [TrainingSource], _ builder: SampleBuilder, fixed: Bool
  )
    throws -> Int?
  {
    let trainer = try Trainer(task, stage.trainer)
    let training = try TrainingRun(trainer, folder: folder, settings: settings(), keep: stage.keep)
    training.say = { [whole, stage] in whole.say("\(stage.name): \($0)") }
    training.checkpointEvery = stage.checkpointEvery
    let first = whole.maximumSteps.map { trainer.completedSteps + $0 }
    training.shouldStop = { [whole] in
      whole.shouldStop() || (first.map { trainer.completedSteps >= $0 } ?? false)
    }
    try FileIO.makeFolder(folder)
    let resumed = try training.resume()
    let step = resumed?.state.step ?? 0
    if resumed != nil { say("goes on after step \(step)") }
    let log = try RunLog("\(folder)/log.jsonl", resumingAfter: .init(stage: stage.name, step: step))
    // Made here, for an error of ours if there is no room for it.
    try FileIO.makeFolder("\(folder)/tensorboard")
    let board = try TensorBoardWriter(
      folder: "\(folder)/tensorboard", resumingAfter: resumed.map(\.state.step))
    let total = stage.trainer.schedule.steps
    let steps = StepLog(
      stage: stage.name, total: total, every: stage.logEvery, log: log, board: board,
      progress: TrainingProgress(stage: stage.name, total: total, startingAfter: step, every: stage.logEvery))
    training.callbacks = [steps]
    if !validation.isEmpty {
      let set = try HeldOutLoss(
        validation, builder, samples: stage.feed.microSamples ?? stage.feed.samplesPerStep,
        threads: whole.recipe.loaderThreads, fixedSize: fixed)
      training.callbacks.append(
        Validation(
          stage: stage.name, every: stage.validateEvery, total: total, model: task.model, set: set,
          autocast: stage.trainer.autocast, log: log, board: board))
    }
    if let first = stage.evaluations.first {
      let evaluator = try evaluator(first, builder.processor).sampled(first.samples)
      training.callbacks.append(
        SampleAnswers(
          stage: stage.name, every: stage.validateEvery, total: total, model: task.model,
          evaluator: evaluator,
          log: log, board: board))
    }
    let ending = try training.run()
    tell(steps)
    if case .stopped(let step) = ending { return step }
    try evaluate(task.model, builder.processor, log)
    try export(task)
    return nil
  }

  /// Writes what the stage made. The last folder says that the stage is done.
  private func export(_ task: NextTokenTask) throws {
    if let lora = stage.lora {
      try task.exportAdapter(to: adapterFolder)
      say("adapter written to \(adapterFolder)")
      guard lora.merges else { return }
    }
    try task.export(to: modelFolder)
    say("model written to \(modelFolder)")
  }

  /// What decides a run's steps: what a checkpoint must have been made with.
  private func settings() throws -> String {
    // How often something is looked at or kept changes no step.
    let free = ["checkpoint_every:", "validate_every:", "log_every:", "keep:"]
    let origin = start.hasPrefix(whole.folder + "/") ? String(start.dropFirst(whole.folder.count + 1)) : start
    var lines = [
      "begins with: \(origin)", "its weights: \(try Checkpoint(start).sampledDigest())",
      "seed: \(whole.recipe.seed)", "stage \(number + 1)",
      "steps in all: \(stage.trainer.schedule.steps)",
    ]
    lines += stage.yaml.split(separator: "\n").map(String.init).filter { line in
      !free.contains { line.hasPrefix($0) }
    }
    return lines.joined(separator: "\n")
  }

  private func tell(_ steps: StepLog) {
    let times = steps.times
    guard times.total > 0 else { return }
    func share(_ seconds: Double) -> String { "\((seconds / times.total * 1000).rounded() / 10) %" }
    say(
      "\(Int((Double(steps.tokens) / times.total).rounded())) tokens/s, \(Int((Double(steps.images) / times.total).rounded())) images/s; "
        + "time: data wait \(share(times.data)), forward \(share(times.forward)), backward \(share(times.backward)), "
        + "optimiser \(share(times.optimizer)), other \(share(times.rest))")
  }

  // MARK: evaluation

  private func evaluate(_ model: LlavaModel, _ processor: Processor, _ log: RunLog) throws {
    let step = stage.trainer.schedule.steps
    // What an evaluation that was cut off had written already, at the last checkpoint's step, is not written twice.
    let known = Set(try RunLog.entries(of: log.path).filter { $0.kind == .evaluation }.map(\.line))
    for recipe in stage.evaluations {
      let evaluator = try evaluator(recipe, processor)
      let sights = recipe.controls && evaluator.hasPictures ? Evaluator.Sight.allCases : [.real]
      var scores: [Evaluator.Sight: EvaluationScores] = [:]
      for sight in sights {
        let found = try EvaluationScores(evaluator.replies(model, sight))
        scores[sight] = found
        say("\(recipe.name), \(sight.rawValue) pictures: \(found)")
      }
      for row in EvaluationScores.rows(scores) {
        let entry = LogEntry.evaluation(row, table: recipe.name, stage: stage.name, step: step)
        if !known.contains(entry.line) { try log.append(entry) }
      }
    }
    try log.sync()
  }

  private func evaluator(_ recipe: EvaluationRecipe, _ processor: Processor) throws -> Evaluator {
    var evaluator = try Evaluator(whole.resolve(recipe.source).open(), processor)
    evaluator.maximumAnswer = recipe.maximumAnswer
    evaluator.batch = recipe.batch
    return evaluator
  }
}

extension EvaluationScores {
  /// A row for each metric, with its controls.
  static func rows(_ scores: [Evaluator.Sight: EvaluationScores]) -> [EvaluationTable.Row] {
    func row(
      _ name: String, _ format: EvaluationTable.Format, category: String? = nil,
      _ value: (EvaluationScores) -> Double?
    ) -> EvaluationTable.Row {
      EvaluationTable.Row(
        name, category: category, count: category == nil ? scores[.real]?.questions : nil, format: format,
        real: scores[.real].flatMap(value), shuffled: scores[.shuffled].flatMap(value),
        blank: scores[.blank].flatMap(value))
    }
    var rows = [row("exact match", .share) { $0.exactMatch }]
    for category in (scores[.real]?.byCategory.keys.sorted() ?? []) {
      rows.append(row("exact match", .share, category: category) { $0.byCategory[category] })
    }
    rows.append(row("always the most frequent answer", .share) { $0.majority })
    rows.append(row("BLEU-4", .score(decimals: 1)) { $0.bleu })
    rows.append(row("CIDEr-D", .score(decimals: 2)) { $0.cider })
    rows.append(row("stop rate", .share) { $0.stopRate })
    return rows
  }
}

extension EvaluationScores: CustomStringConvertible {
  /// `exact 98.5 % of 400; BLEU 99.1; CIDEr 9.8; stops 100 %; colour 99 %, count 97 %`.
  public var description: String {
    func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
    let groups = byCategory.sorted { $0.key < $1.key }.map { "\($0.key) \(percent($0.value))" }
    return "exact \(percent(exactMatch)) of \(questions) (majority \(percent(majority))); "
      + "BLEU \((bleu * 10).rounded() / 10); CIDEr \((cider * 100).rounded() / 100); stops \(percent(stopRate))"
      + (groups.isEmpty ? "" : "; \(groups.joined(separator: ", "))")
  }
}
