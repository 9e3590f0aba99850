import ArgumentParser
import TesseraVLM

/// `tessera-vlm sft`: one stage by flags.
struct SFTCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sft",
    abstract: "Fine-tune on conversations about pictures, as a stage of its own.",
    discussion: """
      Trains projector and decoder on the answers; the tower stays as it is, unless --train names it. Rate 2e-5, one \
      pass and no decay are LLaVA-1.5's; it takes 128 samples a step (--batch 128), where 32 are the default here. \
      The resolved recipe stays in the run's folder, beside the stage's own with its log and, at the end, model/. The \
      same command goes on where it was stopped.
      """)

  @OptionGroup(title: "The stage") var stage: StageOptions

  @OptionGroup(title: "The run") var options: RunOptions

  @OptionGroup(title: "Learning-rate search") var search: RateSearchOptions

  func run() throws {
    try options.perform(stage.resolved(.sft, options.overrides), search: search)
  }
}
