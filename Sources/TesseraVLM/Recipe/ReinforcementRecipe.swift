internal import TesseraCore
public import TesseraCorpora

/// What a stage of reinforcement learning has besides what every stage has.
public struct ReinforcementRecipe: Sendable {
  /// A reward, and what it weighs in the sum.
  public struct RewardSource: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
      /// A reward model's directory.
      case learned(String)
      /// 1 for the reference, 0 for all else.
      case exact
      /// A program of the user's, and the seconds that it may take to answer.
      case program(String, patience: Double)
    }

    public var kind: Kind
    public var weight: Double

    /// A reward model's directory, or the name of its stage; nil for another reward.
    var directory: String? { if case .learned(let path) = kind { path } else { nil } }
  }

  public var options: ReinforcementOptions
  public var rewards: [RewardSource]
  /// Where the value model of PPO begins: a reward model's directory; nil for the learned reward's, or the policy with a new
  /// head.
  public var value: String?
  /// Iterations from one look at the held-out prompts to the next.
  public var lookEvery: Int
  /// Held-out prompts of a look.
  public var lookPrompts: Int
  /// Looks without a new best of the true score, while the reward is at its best, after which the training ends; 0 for never.
  public var patience: Int
  /// The mean divergence of an answer, in nats, over which the training ends; nil for no bound.
  public var divergenceBudget: Double?
  /// Other data for PPO-ptx.
  public var language: [CorpusSource]

  init(_ node: RecipeNode) throws {
    var options = ReinforcementOptions(try node.word("algorithm", ReinforcementOptions.Algorithm.grpo))
    let rollouts = try node.section("rollouts")
    options.rollouts.prompts = try rollouts.int("prompts", options.rollouts.prompts)
    options.rollouts.samples = try rollouts.int("samples", options.rollouts.samples)
    options.rollouts.temperature = try rollouts.number("temperature", 1)
    options.rollouts.maximumAnswer = try rollouts.int("max_answer", 48)
    options.rollouts.batch = try rollouts.int("batch", options.rollouts.batch)
    options.rollouts.cutOffScore = try rollouts.number("cut_off_score")
    options.epochs = try node.int("epochs", options.epochs)
    options.minibatches = try node.int("minibatches", 1)
    let kl = try node.section("kl")
    let weight = try kl.number("weight", options.divergence.value)
    options.divergence = KLWeight(
      weight, target: try kl.number("target"), horizon: try kl.number("horizon", 10_000))
    options.estimate = try kl.word("estimate", options.estimate)
    divergenceBudget = try kl.number("budget")
    let clip = try node.number("clip", 0.2)
    (options.ppo.clip, options.grpo.clip, options.rloo.clip) = (clip, clip, clip)
    switch options.algorithm {
    case .ppo:
      options.ppo.valueClip = try node.number("value_clip", 0.2)
      options.ppo.valueWeight = try node.number("value_weight", 0.1)
      options.discount = try node.number("gamma", 1)
      options.decay = try node.number("lambda", 0.95)
      options.whitens = try node.flag("whiten", true)
      value = try node.text("value_model")
    case .grpo:
      options.grpo.clipHigh = try node.number("clip_high")
      options.scalesGroups = try node.flag("scale_groups", true)
    case .rloo: break
    }
    if let ptx = try node.mapping("language") {
      options.languageWeight = try ptx.number("weight", 27.8)
      guard options.languageWeight > 0, options.languageWeight.isFinite else {
        throw ptx.wrong("weight", "above 0", "\(options.languageWeight)")
      }
      language = try ptx.list("data", textAs: "path").map(StageRecipe.source)
      guard !language.isEmpty else { throw ptx.wrong("data", "a list of data sets", "none") }
    } else {
      language = []
    }
    rewards = try node.list("rewards", textAs: "kind").map(Self.reward)
    guard !rewards.isEmpty else {
      throw node.wrong("rewards", "a list of rewards (exact, learned, program)", "none")
    }
    let look = try node.section("look")
    lookEvery = try look.int("every", 10)
    lookPrompts = try look.int("prompts", 200)
    patience = try look.int("patience", 4)
    self.options = options
    try check(node, rollouts, kl, look)
  }

  private static func reward(_ node: RecipeNode) throws -> RewardSource {
    enum Word: String, CaseIterable { case exact, learned, program }
    let weight = try node.number("weight", 1)
    guard weight.isFinite else { throw node.wrong("weight", "a number", "\(weight)") }
    switch try node.word("kind", Word.exact) {
    case .exact: return RewardSource(kind: .exact, weight: weight)
    case .learned:
      guard let path = try node.text("directory") else {
        throw node.wrong("directory", "a reward model's directory, or the name of a reward stage", "nothing")
      }
      return RewardSource(kind: .learned(path), weight: weight)
    case .program:
      guard let command = try node.text("command") else {
        throw node.wrong("command", "what the shell starts", "nothing")
      }
      let patience = try node.number("patience", 600)
      guard patience > 0, patience.isFinite else {
        throw node.wrong("patience", "seconds, above 0", "\(patience)")
      }
      return RewardSource(kind: .program(command, patience: patience), weight: weight)
    }
  }

  private func check(_ node: RecipeNode, _ rollouts: RecipeNode, _ kl: RecipeNode, _ look: RecipeNode) throws
  {
    let samples = options.algorithm == .ppo ? 1 : 2
    for (node, key, value, least) in [
      (rollouts, "prompts", options.rollouts.prompts, 1),
      (rollouts, "samples", options.rollouts.samples, samples),
      (rollouts, "max_answer", options.rollouts.maximumAnswer, 1),
      (rollouts, "batch", options.rollouts.batch, 1),
      (node, "epochs", options.epochs, 1), (node, "minibatches", options.minibatches, 1),
      (look, "every", lookEvery, 1), (look, "prompts", lookPrompts, 1), (look, "patience", patience, 0),
    ] where value < least {
      throw node.wrong(key, "\(least) or more", "\(value)")
    }
    let answers = options.rollouts.prompts * options.rollouts.samples
    guard options.minibatches <= answers else {
      throw node.wrong(
        "minibatches", "at most the \(answers) answers of an iteration", "\(options.minibatches)")
    }
    let temperature = options.rollouts.temperature
    guard temperature > 0, temperature.isFinite else {
      throw rollouts.wrong("temperature", "above 0", "\(temperature)")
    }
    for (key, value) in [
      ("weight", options.divergence.value), ("target", options.divergence.target ?? 1),
      ("horizon", options.divergence.horizon), ("budget", divergenceBudget ?? 1),
    ] where !(value >= 0 && value.isFinite) || (value == 0 && key != "weight") {
      throw kl.wrong(key, key == "weight" ? "0 or more" : "above 0", "\(value)")
    }
    guard options.divergence.target == nil || options.divergence.value > 0 else {
      throw kl.wrong("weight", "above 0 beside a `target`: the weight is multiplied", "0")
    }
    for (key, value, range, words) in [
      ("clip", options.ppo.clip, 1e-9...0.999_999, "above 0 and below 1"),
      ("clip_high", options.grpo.clipHigh ?? 1, 1e-9...1e9, "above 0"),
      ("value_clip", options.ppo.valueClip, 1e-9...1e9, "above 0"),
      ("value_weight", options.ppo.valueWeight, 0...1e9, "0 or more"),
      ("gamma", options.discount, 0...1, "0...1"), ("lambda", options.decay, 0...1, "0...1"),
    ] where !range.contains(value) {
      throw node.wrong(key, words, "\(value)")
    }
  }
}
