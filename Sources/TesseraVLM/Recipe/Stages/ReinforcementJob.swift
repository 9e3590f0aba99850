private import Foundation
internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData
internal import TesseraText
internal import TesseraTracking

/// Reinforcement learning: PPO, GRPO or RLOO.
final class ReinforcementJob: StageJob {
  let task: ReinforcementTask
  private let run: StageRun
  private let recipe: ReinforcementRecipe
  private let processor: Processor
  private let questions: [Question]
  private let maker: RolloutMaker
  private let reward: any Reward
  /// The reward models among the rewards.
  private let learned: [LearnedReward]
  private let start: Checkpoint
  private let heldOut: Evaluator
  private let evaluations: [HeldOutSet]

  init(_ run: StageRun) throws {
    self.run = run
    let stage = run.stage
    guard let recipe = stage.reinforcement else {
      preconditionFailure("a stage of reinforcement learning without settings")
    }
    self.recipe = recipe
    start = try Checkpoint(run.start)
    guard start.rewardHead == nil else {
      throw TesseraError(
        .invalidInput(
          operation: "the policy", expected: "a model that answers, such as an SFT stage's",
          got: "a reward model (it has score.weight)"),
        path: run.start)
    }
    let policy =
      try stage.lora?.model(start, stage.plan, seed: run.seed)
      ?? LlavaModel(start, type: .float32, writable: true)
    processor = try Processor(run.start, policy.config)
    questions = try stage.data.flatMap { try Question.all(of: run.whole.resolve($0).open(), open: true) }
    guard !questions.isEmpty else {
      throw TesseraError(
        .invalidInput(
          operation: "reinforcement learning", expected: "a prompt",
          got: "none in \(stage.data.map(\.path).joined(separator: ", "))"))
    }
    if recipe.rewards.contains(where: { $0.kind == .exact }),
      let open = questions.first(where: \.reference.isEmpty)
    {
      throw TesseraError(
        .invalidInput(
          operation: "the reward exact", expected: "an answer to compare with in every prompt",
          got: "none in \(open.name)"))
    }
    var options = recipe.options
    options.rollouts.seed = run.seed
    options.microSamples = stage.feed.microSamples
    let parts = try recipe.rewards.map { try Self.reward($0, run) }
    let group = run.whole.group
    reward = DealtReward(
      base: parts.count == 1 && parts[0].weight == 1 ? parts[0].reward : RewardMix(parts), group: group)
    learned = parts.compactMap { $0.reward as? LearnedReward }
    let banned = Generator(policy, processor).banned
    func model(_ model: LlavaModel) -> PolicyModel {
      PolicyModel(model.withStableLogProbabilities, temperature: options.rollouts.temperature, banned: banned)
    }
    // With an adapter the reference is the policy without it; else the directory's weights once more, mapped.
    let reference = try LlavaModel(start, type: .float32)
    let value = options.algorithm == .ppo ? try Self.value(recipe, run) : nil
    maker = RolloutMaker(
      questions: questions, processor: processor, policy: model(policy), reference: model(reference),
      value: value,
      reward: reward, options: options.rollouts, estimate: options.estimate, group: group)
    task = try ReinforcementTask(
      policy, stage.plan, maker, value: value, options, language: Self.language(recipe, run, processor))
    task.checkpointsGradients = stage.checkpointsGradients
    task.sideFiles = SideFiles(from: run.start)
    task.base = stage.lora == nil ? nil : start
    let data = StageData(
      builder: SampleBuilder(processor), fixedSize: try processor.fixedSize(), sources: [], validation: [])
    var (sets, asked): ([HeldOutSet], [Evaluator]) = ([], [])
    for evaluation in stage.evaluations {
      let prompts = try Question.all(of: run.whole.resolve(evaluation.source).open(), open: true)
      if prompts.contains(where: { !$0.reference.isEmpty }) {
        sets.append(try run.heldOut(evaluation, data))
        asked += [sets[sets.count - 1].evaluator].compactMap { $0 }
      } else {
        // Nothing to compare with: the meter alone looks at them.
        asked.append(try Evaluator(prompts, processor))
      }
    }
    evaluations = sets
    var held = try asked.first ?? Evaluator(questions, processor)
    held.maximumAnswer = options.rollouts.maximumAnswer
    held.group = group
    heldOut = held.sampled(recipe.lookPrompts, batch: options.rollouts.batch)
  }

  // MARK: what the recipe names

  private static func reward(_ source: ReinforcementRecipe.RewardSource, _ run: StageRun) throws
    -> (reward: any Reward, weight: Double)
  {
    switch source.kind {
    case .exact: return (ExactMatchReward(), source.weight)
    case .program(let command, let patience):
      return (ProgramReward(command, patience: patience), source.weight)
    case .learned(let path):
      let directory = run.rewardDirectory(path)
      let model = try RewardModel(Checkpoint(directory), type: .float32)
      return (LearnedReward(model, try Processor(directory, model.trunk.config)), source.weight)
    }
  }

  /// The value model: a reward model's weights, or the policy's with a head that expects nothing.
  private static func value(_ recipe: ReinforcementRecipe, _ run: StageRun) throws -> RewardModel {
    let learned = recipe.rewards.compactMap(\.directory)
    if let path = recipe.value ?? learned.first {
      return try RewardModel(Checkpoint(run.rewardDirectory(path)), type: .float32, writable: true)
    }
    let trunk = try LlavaModel(Checkpoint(run.start), type: .float32, writable: true)
    return RewardModel(trunk, head: TorchTensor.zeros([1, trunk.config.text.hiddenSize]))
  }

  private static func language(_ recipe: ReinforcementRecipe, _ run: StageRun, _ processor: Processor) throws
    -> SampleFeed<TokenBatch>?
  {
    guard !recipe.language.isEmpty else { return nil }
    let builder = SampleBuilder(processor)
    let fixed = try processor.fixedSize()
    let sources = try recipe.language.map {
      try TrainingSource.open(run.whole.resolve($0), builder, fixed: fixed)
    }
    var options = FeedOptions(steps: run.stage.trainer.schedule.steps)
    options.samplesPerStep = recipe.options.rollouts.prompts
    options.seed = run.seed
    options.rank = run.whole.group.place
    options.threads = run.whole.recipe.loaderThreads
    return try SampleFeed(sources, builder, options, fixedSize: fixed != nil)
  }

  // MARK: before the first step

  var facts: [StageFacts] {
    let options = task.options
    return [
      StageFacts(
        title: "reinforcement learning",
        facts: [
          ["algorithm", options.algorithm.rawValue], ["reward", reward.name],
          ["prompts", "\(questions.count)"],
          ["answers of an iteration", "\(options.rollouts.prompts) prompts × \(options.rollouts.samples)"],
          ["optimiser steps of an iteration", "\(options.stepsPerIteration)"],
          ["temperature", "\(options.rollouts.temperature)"], ["KL weight", "\(options.divergence.value)"],
        ])
    ]
  }

  func look() throws {
    run.tell(task.selection)
    let options = task.options
    run.say(
      "\(options.algorithm.rawValue): \(questions.count) prompts, \(options.rollouts.prompts) × \(options.rollouts.samples) answers "
        + "and \(options.stepsPerIteration) optimiser steps an iteration; reward: \(reward.name)")
    if run.stage.evaluations.isEmpty {
      run.say("warning: nothing is held out (`evaluate`): the meter looks at prompts that are trained on")
    }
    run.say(
      "memory: \(run.memory(task.parameters, task.policy, base: nil)); the reference's weights are mapped"
    )
    try tellSight()
    run.tellMemory()
  }

  /// Says how far what each model gives moves with the pictures.
  ///
  /// - Throws: `invalidInput` where one does not see them.
  private func tellSight() throws {
    guard let question = questions.firstIndex(where: { !$0.pictures.isEmpty }) else {
      return run.say("no prompt has a picture")
    }
    let words = questions[question].reference
    let ids = processor.tokenizer.encode(words.isEmpty ? "a" : words, addSpecialTokens: false)
    let rollout = Rollout(
      question: question, ids: ids + processor.endTokens.prefix(1), text: words, isStopped: true)
    let texts = try maker.texts([rollout])
    func norm(_ name: String, _ output: ([TorchTensor]) throws -> TorchTensor) throws -> String {
      let value = try texts.gradientNorm(output)
      guard value > 0, value.isFinite else {
        throw TesseraError(
          .invalidInput(
            operation: "the \(name)", expected: "something that moves with the pictures (‖∂out/∂pixels‖ > 0)",
            got: "\(value): it does not see them"))
      }
      return "\(name) \(Float(value))"
    }
    func sum(_ policy: PolicyModel) -> ([TorchTensor]) throws -> TorchTensor {
      { pixels in
        var seen = texts
        seen.pixels = pixels
        return PolicyModel.own(try policy.distributions(seen), seen).sum()
      }
    }
    var parts = [try norm("policy", sum(maker.policy))]
    if let reference = maker.reference { parts.append(try norm("reference", sum(reference))) }
    if let value = maker.value {
      // A new head is 0, and so is every gradient through it: what it will look at is the trunk's states.
      let isNew = value.head.square().sum().item == 0
      parts.append(
        try norm("value") { pixels in
          var seen = texts
          seen.pixels = pixels
          return try isNew ? value.trunk.hidden(seen).sum() : value.values(seen).sum()
        } + (isNew ? " (its trunk; the head is new)" : ""))
    }
    for learned in learned {
      let reply = Evaluator.Reply(questions[question], answer: words, isStopped: true)
      let (scored, places) = try learned.texts([reply])
      let value = try learned.model.pixelGradientNorm(scored, places: places) ?? 0
      guard value > 0, value.isFinite else {
        throw TesseraError(
          .invalidInput(
            operation: "the reward model", expected: "scores that move with the pictures", got: "\(value)"))
      }
      parts.append("reward \(Float(value))")
    }
    run.say("‖∂out/∂pixels‖: \(parts.joined(separator: ", "))")
  }

  func callbacks(_ output: StageOutput) throws -> [any TrainingCallback] {
    let total = run.stage.trainer.schedule.steps
    let meter = try RewardMeter(
      stage: run.stage.name, recipe, task, heldOut, reward, total: total, log: output.log, board: output.board
    )
    meter.say = output.note
    let answers = SampleAnswers(
      stage: run.stage.name, every: recipe.lookEvery * task.options.stepsPerIteration, total: total,
      model: task.policy, evaluator: heldOut.sampled(run.stage.evaluations.first?.samples ?? 6),
      log: output.log,
      board: output.board)
    answers.say = output.note
    return [meter, answers]
  }

  // MARK: afterwards

  var keepsBest: Bool { true }

  func restoreStart() throws {
    let weights = try LlavaModel(start, type: .float32)
    noGrad {
      for parameter in task.selection.trained {
        // An adapter begins as nothing: its second matrices are 0.
        if let weight = weights.parameters[parameter.name] {
          _ = parameter.tensor.copy(from: weight)
        } else if parameter.name.contains("lora_B") {
          _ = parameter.tensor.fill(0)
        }
      }
    }
  }

  func evaluate(_ log: RunLog?) throws {
    for set in evaluations {
      try run.append(set.measure(task.policy, say: run.say).table.rows, table: set.name, to: log)
    }
  }

  func export() throws { try run.export(task, task.policy, base: task.base) }
}

extension StageRun {
  /// A reward model's directory: that of an earlier stage of the name, or the path.
  func rewardDirectory(_ path: String) -> String {
    let stage = "\(whole.folder)/\(path)/model"
    if whole.recipe.stages.contains(where: { $0.kind == .reward && $0.name == path }) { return stage }
    return whole.resolve(path)
  }
}

extension TokenBatch {
  /// ‖∂out/∂pixels‖.
  func gradientNorm(_ output: ([TorchTensor]) throws -> TorchTensor) throws -> Double {
    try withGrad {
      let leaves = pixels.map { $0.clone().requiringGrad() }
      let gradients = TorchTensor.gradients(of: [try output(leaves)], by: leaves)
      return noGrad { gradients.reduce(0.0) { $0 + ($1?.square().sum().item ?? 0) }.squareRoot() }
    }
  }
}
