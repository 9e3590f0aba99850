import ArgumentParser
import Tessera
import TesseraVLM

/// `tessera-vlm run`: a recipe from its data to its last stage.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Train a model as a recipe says: data, tokenizer, stages, evaluation.",
    discussion: """
      What is done already is not done again, and a stage that was stopped (ctrl-C, a crash, kill -9) goes on from its \
      newest checkpoint when the same command is given again.
      """)

  @ArgumentParser.Argument(help: ArgumentHelp("The recipe.", valueName: "file.yaml"))
  var recipe: String

  @OptionGroup var options: RunOptions

  @OptionGroup(title: "Learning-rate search") var search: RateSearchOptions

  func run() throws {
    let resolved = try Recipe(
      yaml: RunOptions.text(of: recipe), file: recipe, overrides: options.overrides)
    try options.perform(resolved, search: search)
  }
}
