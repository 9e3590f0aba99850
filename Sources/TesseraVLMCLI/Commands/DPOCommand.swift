import ArgumentParser
import TesseraVLM

extension PreferenceLoss.Kind: ExpressibleByArgument {}

/// `tessera-vlm dpo`: one stage by flags.
struct DPOCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dpo",
    abstract: "Let a model learn from preferences without a reward model, as a stage of its own.",
    discussion: """
      --data is preferences, as reward takes them: the better answer becomes likelier than the worse one, measured from \
      what --model gives both (dpo, ipo) or by the token (simpo). --validation is preferences too; --evaluate is questions, \
      whose answers are compared at the end. The directory that the stage begins with is the reference; with an adapter \
      (--set stages[0].lora.rank=16) it is the model without it.
      """)

  @OptionGroup(title: "The stage") var stage: StageOptions

  @Option(help: "dpo, ipo or simpo (default: dpo).")
  var loss: PreferenceLoss.Kind?

  @Option(help: ArgumentHelp("β (default: 0.1; simpo 2).", valueName: "β"))
  var beta: Double?

  @Option(
    help: ArgumentHelp(
      "Of dpo: the share of pairs that may be the wrong way round (default: 0).", valueName: "share"))
  var labelSmoothing: Double?

  @Option(help: ArgumentHelp("Of simpo: γ (default: 0.5).", valueName: "γ"))
  var margin: Double?

  @OptionGroup(title: "The run") var options: RunOptions

  @OptionGroup(title: "Learning-rate search") var search: RateSearchOptions

  func run() throws {
    var places: [(place: String, value: String)] = []
    func set(_ place: String, _ value: (some Any)?) {
      if let value { places.append(("stages[0].dpo.\(place)", "\(value)")) }
    }
    set("loss", loss?.rawValue)
    set("beta", beta)
    set("label_smoothing", labelSmoothing)
    set("margin", margin)
    try options.perform(stage.resolved(.dpo, places + options.overrides), search: search)
  }
}
