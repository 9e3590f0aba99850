import ArgumentParser
import Tessera
import TesseraVLM

extension ReinforcementOptions.Algorithm: ExpressibleByArgument {}

/// `tessera-vlm rl`: one stage by flags.
struct RLCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rl",
    abstract: "Let a model answer prompts and learn from what its answers score, as a stage of its own.",
    discussion: """
      --data is questions about pictures (their answers are needed for --reward exact, and for the true score; without them \
      the best step is the one of the highest held-out reward); --reward is \
      exact (1 for the reference, 0 for all else), a reward model's directory, or program:COMMAND, which reads JSON lines \
      {"id", "prompt", "images", "completion", "reference", "stopped"} and answers each with {"id", "reward"}, flushed \
      (Python: print(…, flush=True)); repeated, their sum. Answers are drawn at --temperature; the step's log-probabilities are at the same. The first --evaluate is looked \
      at every --look-every iterations: the reward beside the true score. The training ends early where the two part, or the \
      budget of divergence is spent, and the best step by the true score is what model/ gets. Other settings \
      (PPO's γ, λ and value model, PPO-ptx, adaptive KL) are a recipe's: --set stages[0].rl.lambda=0.9.
      """)

  @OptionGroup(title: "The stage") var stage: StageOptions

  @Option(help: "ppo, grpo or rloo (default: grpo).")
  var algorithm: ReinforcementOptions.Algorithm?

  @Option(
    help: ArgumentHelp(
      "exact, a reward model's directory or program:COMMAND; may be repeated.", valueName: "reward"))
  var reward: [String] = []

  @Option(help: ArgumentHelp("Prompts of an iteration (default: 24).", valueName: "n"))
  var prompts: Int?

  @Option(help: ArgumentHelp("Answers drawn to each (default: 8).", valueName: "n"))
  var samples: Int?

  @Option(help: ArgumentHelp("What logits are divided by (default: 1).", valueName: "t"))
  var temperature: Double?

  @Option(help: ArgumentHelp("Tokens of an answer at most (default: 48).", valueName: "n"))
  var maxAnswer: Int?

  @Option(
    help: ArgumentHelp(
      "What the distance from the start weighs (default: ppo and rloo 0.05, grpo 0).", valueName: "β"))
  var kl: Double?

  @Option(
    help: ArgumentHelp("Divergence of an answer, in nats, over which the training ends.", valueName: "nats"))
  var klBudget: Double?

  @Option(
    help: ArgumentHelp(
      "Iterations from one look at held-out prompts to the next (default: 10).", valueName: "n"))
  var lookEvery: Int?

  @OptionGroup(title: "The run") var options: RunOptions

  func validate() throws {
    if stage.recipe == nil && reward.isEmpty {
      throw ValidationError("--reward is needed, or a --recipe that has one")
    }
    for word in reward where word == "program:" { throw ValidationError("--reward program: needs a command") }
    if stage.recipe == nil && stage.steps == nil { throw ValidationError("--steps is needed") }
    // What a feed of samples has, and rollouts have otherwise or not.
    for (flag, isGiven, instead) in [
      ("--batch", stage.batch != nil, "an iteration has --prompts times --samples answers"),
      ("--batch-tokens", stage.batchTokens != nil, "an iteration has --prompts times --samples answers"),
      ("--packing", stage.packing != nil, "answers to one prompt share its text already"),
      (
        "--epochs", stage.epochs != nil,
        "--steps counts; passes over an iteration are --set stages[0].rl.epochs"
      ),
      ("--max-length", stage.maxLength != nil, "answers are bounded by --max-answer"),
      ("--overflow", stage.overflow != nil, "answers are bounded by --max-answer"),
      ("--validation", !stage.validation.isEmpty, "the first --evaluate is what is looked at"),
      ("--validate-every", stage.validateEvery != nil, "--look-every says it"),
      ("--bf16", stage.bf16, "log-probabilities need float32"),
    ] where isGiven {
      throw ValidationError("\(flag) is not for rl: \(instead)")
    }
    for word in reward where word != "exact" && !word.hasPrefix("program:") && stage.recipe == nil {
      try Self.checkDirectory(word)
    }
  }

  func run() throws {
    var places: [(place: String, value: String)] = []
    func set(_ place: String, _ value: (some Any)?) {
      if let value { places.append(("stages[0].\(place)", "\(value)")) }
    }
    set("rl.algorithm", algorithm?.rawValue)
    if !reward.isEmpty { set("rl.rewards", Self.list(reward)) }
    set("rl.rollouts.prompts", prompts)
    set("rl.rollouts.samples", samples)
    set("rl.rollouts.temperature", temperature)
    set("rl.rollouts.max_answer", maxAnswer)
    set("rl.kl.weight", kl)
    set("rl.kl.budget", klBudget)
    set("rl.look.every", lookEvery)
    try options.perform(stage.resolved(.rl, places + options.overrides))
  }

  /// Says what was probably meant where there is no model.
  private static func checkDirectory(_ path: String) throws {
    func isModel(_ path: String) -> Bool { FileIO.size("\(path)/config.json") != nil }
    guard !isModel(path) else { return }
    let near = ["\(path)/model", "\(path)/reward/model"].first(where: isModel)
    throw ValidationError(
      "--reward must be exact, program:COMMAND or a reward model's directory, got '\(path)'"
        + (near.map { "; there is one at \($0)" } ?? ", where there is no config.json"))
  }

  /// Rewards as a list of the recipe.
  private static func list(_ words: [String]) -> String {
    let members = words.map { word -> String in
      let program = "program:"
      if word == "exact" { return "{kind: exact}" }
      if word.hasPrefix(program) {
        return "{kind: program, command: \(StageOptions.quoted(String(word.dropFirst(program.count))))}"
      }
      return "{kind: learned, directory: \(StageOptions.quoted(word))}"
    }
    return "[\(members.joined(separator: ", "))]"
  }
}
