import ArgumentParser
import TesseraVLM

/// `tessera-vlm align`: one stage by flags.
struct AlignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "align",
    abstract: "Train the projector on pictures with captions, as a stage of its own.",
    discussion: """
      Trains the projector; tower and decoder stay as they are, unless --train names them. Rate 1e-3, one pass and no \
      decay are LLaVA-1.5's; it takes 256 samples a step (--batch 256), where 32 are the default here. \
      The resolved recipe stays in the run's folder, beside the stage's own with its log and, at the end, model/. The \
      same command goes on where it was stopped.
      """)

  @OptionGroup(title: "The stage") var stage: StageOptions

  @OptionGroup(title: "The run") var options: RunOptions

  @OptionGroup(title: "Learning-rate search") var search: RateSearchOptions

  func run() throws {
    try options.perform(stage.resolved(.align, options.overrides), search: search)
  }
}
