import ArgumentParser
import TesseraVLM

/// `tessera-vlm reward`: one stage by flags.
struct RewardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reward",
    abstract: "Train a reward model on preferences, as a stage of its own.",
    discussion: """
      Of two answers to a prompt with pictures the better one learns to score higher. --data is preferences: TRL's \
      (prompt, chosen, rejected, images) or ms-swift's (messages, rejected_response), or `ranked` answers; make-preferences \
      makes some. The trunk is --model, best what sft made; projector, decoder and a head are trained. At the end the \
      scores of the trunk's own answers are brought to mean 0 and deviation 1, the sets of --evaluate are scored beside \
      the same with other pictures, by length alone, and with their calibration; with --questions choosing among the \
      trunk's own answers by the score is measured on the true answers (best of n). model/ is a LLaVA directory with \
      score.weight besides.
      """)

  @OptionGroup(title: "The stage") var stage: StageOptions

  @Option(help: ArgumentHelp("By how much a better answer must score higher (default: 0).", valueName: "m"))
  var margin: Double?

  @Option(
    help: ArgumentHelp(
      "The weight of (r⁺ + r⁻)², which keeps scores about 0 (default: 0.01).", valueName: "λ"))
  var centring: Double?

  @Option(
    help: ArgumentHelp(
      """
      Questions with answers that the trunk draws answers to: for best of n, and to normalise the scores (default: the \
      prompts of --data, and no best of n).
      """, valueName: "file"))
  var questions: String?

  @Option(help: ArgumentHelp("Draws of best of n (default: 16).", valueName: "n"))
  var draws: Int?

  @OptionGroup(title: "The run") var options: RunOptions

  @OptionGroup(title: "Learning-rate search") var search: RateSearchOptions

  func run() throws {
    var places: [(place: String, value: String)] = []
    if let margin { places.append(("stages[0].reward.margin", "\(margin)")) }
    if let centring { places.append(("stages[0].reward.centring", "\(centring)")) }
    if let questions {
      places.append(
        ("stages[0].reward.policy.questions", StageOptions.source(questions, images: stage.images)))
    }
    if let draws { places.append(("stages[0].reward.policy.draws", "\(draws)")) }
    try options.perform(stage.resolved(.reward, places + options.overrides), search: search)
  }
}
