private import Foundation
internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData
internal import TesseraText
internal import TesseraTracking

/// One stage of a run: from a model directory to the next.
final class StageRun {
  let whole: RecipeRun
  private(set) var stage: StageRecipe
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

  /// What a stage works with, opened and looked through.
  struct Opened {
    let task: NextTokenTask
    let sources: [TrainingSource]
    let validation: [TrainingSource]
    let evaluations: [HeldOutSet]
    let builder: SampleBuilder
    let isFixedSize: Bool
    /// What of the held-out sets is trained on as well, in words.
    let overlaps: [String]
  }

  /// Runs to the end; gives the step where someone stopped it, nil where it is done.
  func run() throws -> Int? {
    let opened = try open()
    tell(opened.task)
    try tellPreflight(opened.task)
    if whole.isDry { return nil }
    try FileIO.makeFolder(folder)
    let adapter = opened.task.model.adapter.map {
      StageFacts(
        title: "adapter", facts: [["adapter", "\($0)"], ["memory", "\(TrainingMemory(opened.task))"]])
    }
    try StageFacts.write(facts(opened) + (adapter.map { [$0] } ?? []), to: "\(folder)/facts.json")
    return try train(opened)
  }

  /// - Parameter steps: steps that the data is laid out for; nil for the stage's own.
  func open(steps: Int? = nil) throws -> Opened {
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
    let validation = try stage.validation.map { try source($0, builder, fixed: fixed, isHeldOut: true) }
    let evaluations = try stage.evaluations.map { try heldOut($0, builder, fixed: fixed) }
    let overlaps = try overlaps(sources, validation + evaluations.map(\.content))
    var options = stage.feed
    options.steps = steps ?? options.steps
    options.seed = seed
    options.threads = whole.recipe.loaderThreads
    let feed = try SampleFeed(sources, builder, options, fixedSize: fixed != nil)
    let task = try NextTokenTask(model, stage.plan, feed)
    task.checkpointsGradients = stage.checkpointsGradients
    task.sideFiles = SideFiles(from: start)
    task.base = stage.lora == nil ? nil : checkpoint
    return Opened(
      task: task, sources: sources, validation: validation, evaluations: evaluations, builder: builder,
      isFixedSize: fixed != nil, overlaps: overlaps)
  }

  func say(_ text: String) { whole.say("\(stage.name): \(text)") }

  // MARK: data

  private func source(
    _ source: CorpusSource, _ builder: SampleBuilder, fixed: Size?, isHeldOut: Bool = false
  ) throws -> TrainingSource {
    let source = whole.resolve(source)
    let isBlocks = try stage.kind == .pretrain && source.resolvedFormat() == .text
    return try .open(
      source, builder, fixed: fixed,
      blocks: isBlocks ? stage.maximumLength ?? builder.processor.config.text.maxPositions : nil,
      shortens: isHeldOut, stops: stage.feed.errorPolicy == .stop)
  }

  private func heldOut(_ recipe: EvaluationRecipe, _ builder: SampleBuilder, fixed: Size?) throws
    -> HeldOutSet
  {
    var set = try HeldOutSet(
      recipe.name, source(recipe.source, builder, fixed: fixed, isHeldOut: true), builder,
      isFixedSize: fixed != nil)
    set.evaluator?.maximumAnswer = recipe.maximumAnswer
    set.evaluator?.batch = recipe.batch
    set.isControlled = recipe.controls
    set.autocast = stage.trainer.autocast
    set.threads = whole.recipe.loaderThreads
    return set
  }

  /// Warns of held-out samples that are trained on.
  private func overlaps(_ sources: [TrainingSource], _ heldOut: [TrainingSource]) throws -> [String] {
    func named(_ sources: [TrainingSource]) -> [OverlapCheck.Named] {
      sources.compactMap { source in source.records.map { (source.name, $0) } }
    }
    let (trained, held) = (named(sources), named(heldOut))
    guard !trained.isEmpty, !held.isEmpty else { return [] }
    let began = ProcessInfo.processInfo.systemUptime
    let found = try OverlapCheck(heldOut: held, threads: whole.recipe.loaderThreads).warnings(
      against: trained)
    let seconds = ((ProcessInfo.processInfo.systemUptime - began) * 10).rounded() / 10
    for line in found { say("warning: \(line)") }
    if found.isEmpty {
      say("held-out data and training data have no sample in common (compared in \(seconds) s)")
    }
    return found
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
  private func facts(_ opened: Opened) -> [StageFacts] {
    let overlaps = opened.overlaps.map {
      StageFacts(title: "held-out and training data", facts: [], warning: $0)
    }
    let faults = opened.sources.compactMap { source -> StageFacts? in
      guard case .records(_, let census) = source.content else { return nil }
      return Self.warning(of: census, source.name).map {
        StageFacts(title: source.name, facts: [], warning: $0)
      }
    }
    return overlaps + faults
      + opened.sources.map { source in
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
        if let warning = Self.warning(of: census, source.name) { say("warning: \(warning)") }
      }
    }
  }

  /// Samples that are trained on though something is wrong with them; nil for none.
  private static func warning(of census: SampleCensus, _ name: String) -> String? {
    guard !census.faults.isEmpty else { return nil }
    let shown = census.faults.prefix(3).map { "sample \($0.index): \($0.fault)" }.joined(separator: "; ")
    return
      "\(name): \(census.faults.count) samples are trained on as they are, but something is wrong with them (\(shown)); "
      + "tessera-vlm validate tells of all"
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
    say("memory: \(TrainingMemory(task)); what a step computes comes on top, and is measured now")
  }

  private func tellPreflight(_ task: NextTokenTask) throws {
    let preflight = try Preflight(task)
    let pixels =
      preflight.pixelGradientNorm.map { "\(Float($0))" }
      ?? "is looked at in the first step with pictures (the first has none)"
    if preflight.pixelGradientNorm == nil {
      task.pixelCheck = { [weak self] in
        self?.say("‖∂loss/∂pixels‖ \(Float($0)) in the first batch with pictures")
      }
    }
    let share = (preflight.learnedShare * 1000).rounded() / 10
    say(
      "before step 1: loss \(Float(preflight.loss)); ‖∂loss/∂pixels‖ \(pixels); \(share) % of tokens are learned"
    )
    let memory = ProcessMemory.resident()
    say(
      "memory: \(TrainingMemory.words(memory.peak)) at the most so far, the first step's way there and back included; "
        + "this machine has \(TrainingMemory.words(Int(clamping: ProcessInfo.processInfo.physicalMemory)))")
  }

  // MARK: training

  private func train(_ opened: Opened) throws -> Int? {
    let task = opened.task
    let trainer = try Trainer(task, stage.trainer)
    let training = try TrainingRun(trainer, folder: folder, settings: settings(), keep: stage.keep)
    training.say = { [whole, stage] in whole.say("\(stage.name): \($0)") }
    training.checkpointEvery = stage.checkpointEvery
    try FileIO.makeFolder(folder)
    let resumed = try training.resume()
    let step = resumed?.state.step ?? 0
    if resumed != nil { say("goes on after step \(step)") }
    try whole.keepRecipe()
    try AtomicFile.write(Array(whole.recipe.yaml.utf8), to: "\(folder)/recipe.yaml")
    // Counted from where this process begins.
    let last = whole.maximumSteps.map { step + $0 }
    training.shouldStop = { [whole] in
      whole.shouldStop() || (last.map { trainer.completedSteps >= $0 } ?? false)
    }
    let log = try RunLog("\(folder)/log.jsonl", resumingAfter: .init(stage: stage.name, step: step))
    // Made here, for an error of ours if there is no room for it.
    try FileIO.makeFolder("\(folder)/tensorboard")
    let board = try TensorBoardWriter(
      folder: "\(folder)/tensorboard", resumingAfter: resumed.map(\.state.step))
    let total = stage.trainer.schedule.steps
    let progress = TrainingProgress(
      stage: stage.name, total: total, startingAfter: step, every: stage.logEvery)
    let note: (String) -> Void = { [stage] in progress.note("\(stage.name): \($0)") }
    let steps = StepLog(
      stage: stage.name, total: total, every: stage.logEvery, log: log, board: board, progress: progress)
    training.callbacks = [steps]
    if !opened.validation.isEmpty {
      let set = try HeldOutLoss(
        opened.validation, opened.builder, samples: stage.feed.microSamples ?? stage.feed.samplesPerStep,
        threads: whole.recipe.loaderThreads, fixedSize: opened.isFixedSize)
      let validation = Validation(
        stage: stage.name, every: stage.validateEvery, total: total, model: task.model, set: set,
        autocast: stage.trainer.autocast, log: log, board: board)
      validation.say = note
      training.callbacks.append(validation)
    }
    if let recipe = stage.evaluations.first, let evaluator = opened.evaluations.first?.evaluator {
      let answers = SampleAnswers(
        stage: stage.name, every: stage.validateEvery, total: total, model: task.model,
        evaluator: evaluator.sampled(recipe.samples), log: log, board: board)
      answers.say = note
      training.callbacks.append(answers)
    }
    let ending = try training.run()
    tell(steps)
    if case .stopped(let step) = ending { return step }
    try evaluate(opened, log)
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
    let total = max(steps.seconds, times.total)
    let other = total - times.total + times.rest
    func share(_ seconds: Double) -> String { "\((seconds / total * 1000).rounded() / 10) %" }
    say(
      "\(Int((Double(steps.tokens) / times.total).rounded())) tokens/s, \(Int((Double(steps.images) / times.total).rounded())) images/s; "
        + "time: data wait \(share(times.data)), forward \(share(times.forward)), backward \(share(times.backward)), "
        + "optimiser \(share(times.optimizer)), other (validation, answers, log, checkpoints) \(share(other))"
    )
  }

  // MARK: evaluation

  private func evaluate(_ opened: Opened, _ log: RunLog) throws {
    guard !opened.evaluations.isEmpty else { return }
    let step = stage.trainer.schedule.steps
    // What an evaluation that was cut off had written already, at the last checkpoint's step, is not written twice.
    let known = Set(try RunLog.entries(of: log.path).filter { $0.kind == .evaluation }.map(\.line))
    let majority = MajorityBaseline(of: opened.sources.compactMap(\.records))
    for var set in opened.evaluations {
      set.majority = majority
      for row in try set.measure(opened.task.model, say: say).table.rows {
        let entry = LogEntry.evaluation(row, table: set.name, stage: stage.name, step: step)
        if !known.contains(entry.line) { try log.append(entry) }
      }
    }
    try log.sync()
  }
}
