import ArgumentParser
import TesseraVLM

/// `tessera-vlm pretrain`: one stage by flags.
struct PretrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain",
    abstract: "Train the decoder on text, as a stage of its own.",
    discussion: """
      Trains the decoder on text (.txt, a folder of them, records with text): every token is learned, in blocks of \
      --max-length tokens (default: the model's positions). Pictures take no part. \
      The resolved recipe stays in the run's folder, beside the stage's own with its log and, at the end, model/. The \
      same command goes on where it was stopped.
      """)

  @OptionGroup(title: "The stage") var stage: StageOptions

  @OptionGroup(title: "The run") var options: RunOptions

  @OptionGroup(title: "Learning-rate search") var search: RateSearchOptions

  func run() throws {
    try options.perform(stage.resolved(.pretrain, options.overrides), search: search)
  }
}
