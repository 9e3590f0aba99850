internal import TesseraCore
public import TesseraCorpora
internal import TesseraData
public import TesseraText

/// One stage of a run.
public struct StageRecipe: Sendable {
  /// What is learned, and what from, by default.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Language pretraining: text, the decoder.
    case pretrain
    /// Image–caption pretraining: the projector.
    case align
    /// Fine-tuning on conversations: projector and decoder.
    case sft
    /// A reward model from preferences: projector, decoder and a head.
    case reward
    /// Reinforcement learning from rewards: projector and decoder.
    case rl
    /// DPO and its kin from preferences: projector and decoder.
    case dpo
  }

  public var name: String
  public var kind: Kind
  public var data: [CorpusSource]
  public var validation: [CorpusSource]
  public var plan: ParameterPlan
  /// The adapter that is trained instead of the model; nil for none.
  public var lora: LoRARecipe?
  public var trainer: TrainerOptions
  public var feed: FeedOptions
  /// Passes over the data, where steps were not named; nil where they were.
  public var epochs: Double?
  public var maximumLength: Int?
  public var overflow: OverflowPolicy
  public var checkpointsGradients: Bool
  public var checkpointEvery: Int
  public var keep: Int
  public var logEvery: Int
  /// Steps from one look at the held-out loss to the next; 0 for none but at the end.
  public var validateEvery: Int
  public var evaluations: [EvaluationRecipe]
  /// Preferences that are made before a reward stage or one of DPO.
  public var makes: [PreferenceMakingRecipe] = []
  /// What a reward stage has besides; nil for the others.
  public var reward: RewardRecipe?
  /// What a stage of DPO has besides; nil for the others.
  public var preference: PreferenceRecipe?
  /// What a stage of reinforcement learning has besides; nil for the others.
  public var reinforcement: ReinforcementRecipe?
  /// The stage with every default written out.
  public var yaml = ""

  init(_ node: RecipeNode, number: Int) throws {
    kind = try node.word("stage", .sft)
    name = try node.text("name", kind.rawValue)
    guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) }),
      name.first != "."
    else {
      throw node.wrong("name", "letters, digits, '-', '_' and '.'", "'\(name)'")
    }
    data = try node.list("data", textAs: "path").map(Self.source)
    // Reinforcement learning has prompts and no texts: what is of texts is no key there.
    let hasTexts = kind != .rl
    validation = hasTexts ? try node.list("validation", textAs: "path").map(Self.source) : []
    guard !data.isEmpty else { throw node.wrong("data", "a list of data sets", "none") }
    lora = try node.mapping("lora").map(LoRARecipe.init)
    if lora != nil, kind == .reward {
      throw node.wrong("lora", "nothing in a reward stage, which trains the model itself", "an adapter")
    }
    plan = try Self.plan(node.section("train"), kind, lora)
    let steps = try node.int("steps")
    epochs = try node.number("epochs")
    if let epochs, !hasTexts {
      throw node.wrong("epochs", "nothing: rollouts are counted in `steps`", "\(epochs)")
    }
    guard (steps == nil) != (epochs == nil) else {
      let expected = hasTexts ? "the one of `steps` and `epochs`" : "the optimiser's steps"
      throw node.wrong("steps", expected, steps == nil ? "none" : "both")
    }
    if let epochs, !(epochs > 0 && epochs.isFinite) { throw node.wrong("epochs", "above 0", "\(epochs)") }
    trainer = try Self.trainer(
      node.section("optimizer"), steps: steps, rate: lora == nil ? Self.rate(kind) : 2e-4, node)
    feed = try Self.feed(node.section("batch"), steps: steps ?? 1, kind)
    maximumLength = hasTexts ? try node.int("max_length") : nil
    overflow = hasTexts ? try node.word("overflow", .error) : .error
    checkpointsGradients = try node.flag("gradient_checkpointing", false)
    trainer.shardsOptimizer = try node.flag("shard_optimizer", false)
    let errors: ErrorPolicyName = hasTexts ? try node.word("bad_pictures", .stop) : .stop
    feed.errorPolicy = errors == .stop ? .stop : errors == .skip ? .skip : .substitute
    checkpointEvery = try node.int("checkpoint_every", 500)
    keep = try node.int("keep", 2)
    logEvery = try node.int("log_every", 10)
    validateEvery = hasTexts ? try node.int("validate_every", 0) : 0
    let compares = kind == .reward
    evaluations = try node.list("evaluate", textAs: "path").map {
      try EvaluationRecipe($0, compares: compares)
    }
    if comparesAnswers {
      makes = try node.list("make", textAs: "path").map(PreferenceMakingRecipe.init)
    }
    if kind == .reward { reward = try RewardRecipe(node.section("reward")) }
    if kind == .dpo { preference = try PreferenceRecipe(node.section("dpo")) }
    if kind == .rl {
      reinforcement = try ReinforcementRecipe(node.section("rl"))
      // Rollouts are drawn in float32: log-probabilities of two precisions would be compared.
      if trainer.autocast != nil {
        throw try node.section("optimizer").wrong(
          "bf16", "false in a stage of reinforcement learning", "true")
      }
    }
    yaml = node.yaml()
    for (key, value, least) in [
      ("checkpoint_every", checkpointEvery, 1), ("keep", keep, 1), ("log_every", logEvery, 1),
      ("validate_every", validateEvery, 0), ("max_length", maximumLength ?? 2, 2),
    ] where value < least {
      throw node.wrong(key, "\(least) or more", "\(value)")
    }
    var names: Set<String> = []
    for set in evaluations where !names.insert(set.name).inserted {
      throw node.wrong("evaluate", "sets of different names (`name`)", "'\(set.name)' twice")
    }
  }

  /// Whether the stage learns from better and worse answers.
  var comparesAnswers: Bool { kind == .reward || kind == .dpo }

  enum ErrorPolicyName: String, CaseIterable { case stop, skip, substitute }

  /// Sets the steps, once the data is known.
  mutating func setSteps(_ steps: Int) {
    trainer.schedule.steps = steps
    if let share = trainer.warmupShare { trainer.schedule.warmup = Int((share * Double(steps)).rounded(.up)) }
    feed.steps = steps
  }

  static func source(_ node: RecipeNode) throws -> CorpusSource {
    guard let path = try node.text("path") else { throw node.wrong("path", "a file or folder", "nothing") }
    var source = CorpusSource(path)
    source.format = try node.word("format", of: CorpusFormat.self)
    source.images = try node.text("images")
    source.weight = try node.number("weight")
    source.limit = try node.int("limit")
    source.name = try node.text("name")
    source.split = try node.word("split", .file)
    if let weight = source.weight, !(weight > 0 && weight.isFinite) {
      throw node.wrong("weight", "above 0", "\(weight)")
    }
    if let limit = source.limit, limit < 1 { throw node.wrong("limit", "1 or more", "\(limit)") }
    return source
  }

  // MARK: parts

  private static func plan(_ node: RecipeNode, _ kind: Kind, _ lora: LoRARecipe?) throws -> ParameterPlan {
    var plan = ParameterPlan()
    switch kind {
    case .pretrain: (plan.vision, plan.projector) = (.frozen, .frozen)
    case .align: (plan.vision, plan.decoder) = (.frozen, .frozen)
    case .sft, .reward, .rl, .dpo: plan.vision = .frozen
    }
    if lora != nil { (plan.vision, plan.projector, plan.decoder) = (.frozen, .frozen, .frozen) }
    plan.vision = try part(node, "vision", plan.vision)
    plan.projector = try part(node, "projector", plan.projector)
    plan.decoder = try part(node, "decoder", plan.decoder)
    try lora?.check(plan, node)
    return plan
  }

  /// `true`, `false`, or the share of the learning rate.
  private static func part(_ node: RecipeNode, _ key: String, _ standard: ParameterPlan.Part) throws
    -> ParameterPlan.Part
  {
    let words = ["true": 1.0, "yes": 1, "false": 0, "no": 0, "frozen": 0]
    let value = try node.text(key, standard.isTrained ? "\(standard.learningRateScale)" : "frozen")
    guard let scale = words[value] ?? Double(value), scale >= 0, scale.isFinite else {
      throw node.wrong(key, "true, false, or a share of the learning rate", "'\(value)'")
    }
    return ParameterPlan.Part(isTrained: scale > 0, learningRateScale: scale)
  }

  /// The learning rate of a kind, by default.
  private static func rate(_ kind: Kind) -> Double {
    switch kind {
    case .pretrain, .align: 1e-3
    case .sft: 2e-5
    // Of InstructGPT's 9e-6 and small models' 1e-4 the lower: a large trunk takes no harm.
    case .reward: 1e-5
    case .rl, .dpo: 1e-6
    }
  }

  /// - Parameter steps: nil where they follow from the data.
  private static func trainer(_ node: RecipeNode, steps: Int?, rate: Double, _ stage: RecipeNode) throws
    -> TrainerOptions
  {
    if let steps, steps < 1 { throw stage.wrong("steps", "1 or more", "\(steps)") }
    var options = TrainerOptions(steps: steps ?? .max)
    options.learningRate = try node.number("learning_rate", rate)
    options.schedule.shape = try node.word("schedule", .cosine)
    let warmup = try node.number("warmup", 0.03)
    guard warmup >= 0, warmup < 1e15 else {
      throw node.wrong("warmup", "steps, or a share of them", "\(warmup)")
    }
    options.warmupShare = warmup < 1 ? warmup : nil
    if warmup >= 1 { options.schedule.warmup = Int(warmup) }
    options.schedule.finalShare = try node.number("final", 0)
    options.schedule.decayShare = try node.number("decay", 0.2)
    options.weightDecay = try node.number("weight_decay", 0)
    options.beta1 = try node.number("beta1", options.beta1)
    options.beta2 = try node.number("beta2", options.beta2)
    options.epsilon = try node.number("epsilon", options.epsilon)
    let clip = try node.number("clip", 1)
    options.clip = clip > 0 ? clip : nil
    options.autocast = try node.flag("bf16", false) ? .bfloat16 : nil
    options.badSteps = try node.int("bad_steps", options.badSteps)
    // Found here, with its line, and not when the trainer starts behind the data's minutes.
    do { try options.validate() } catch let error as TesseraError {
      guard case .invalidArgument(let name, let expected, let got) = error.reason else { throw error }
      throw node.wrong(name, expected, got)
    }
    return options
  }

  private static func feed(_ node: RecipeNode, steps: Int, _ kind: Kind) throws -> FeedOptions {
    var options = FeedOptions(steps: steps)
    if kind == .rl {
      // A step's answers are the rollouts'.
      options.microSamples = try node.int("micro_samples")
      if let size = options.microSamples, size < 1 {
        throw node.wrong("micro_samples", "1 or more", "\(size)")
      }
      return options
    }
    options.samplesPerStep = try node.int("samples", options.samplesPerStep)
    options.tokensPerStep = try node.int("tokens")
    options.microSamples = try node.int("micro_samples")
    options.microTokens = try node.int("micro_tokens")
    options.packing = try node.int("packing")
    for (key, value) in [
      ("samples", options.samplesPerStep), ("tokens", options.tokensPerStep ?? 1),
      ("micro_samples", options.microSamples ?? 1), ("micro_tokens", options.microTokens ?? 1),
      ("packing", options.packing ?? 1),
    ] where value < 1 {
      throw node.wrong(key, "1 or more", "\(value)")
    }
    return options
  }
}
