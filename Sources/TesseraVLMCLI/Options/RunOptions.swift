import ArgumentParser
import Foundation
import Tessera
import TesseraTerminal
import TesseraVLM

/// What `run` and the commands of one stage have in common: where a run goes, and how far.
struct RunOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The run's folder (default: runs/ and the recipe's name).", valueName: "folder"))
  var output: String?

  @Option(
    name: .customLong("set"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A value that counts more than the recipe's, such as stages[0].steps=100; may be repeated.",
      valueName: "place=value"))
  var settings: [String] = []

  @Option(help: ArgumentHelp("Stop after so many steps; the same command goes on.", valueName: "n"))
  var maxSteps: Int?

  @Flag(help: "Look at data, model and the first step, and train nothing.")
  var dryRun = false

  @Option(help: ArgumentHelp("Threads that compute (default: one a core).", valueName: "n"))
  var threads: Int?

  func validate() throws {
    if let maxSteps, maxSteps < 1 { throw ValidationError("--max-steps must be 1 or more, got \(maxSteps)") }
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more, got \(threads)") }
    for setting in settings where !setting.contains("=") {
      throw ValidationError("--set must be place=value, got '\(setting)'")
    }
  }

  /// `--set`, as places and values.
  var overrides: [(place: String, value: String)] {
    settings.map { setting in
      let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(parts[0]), String(parts[1]))
    }
  }

  /// A recipe file's text.
  static func text(of path: String) throws -> String {
    String(decoding: try FileIO.read(path, limit: 1 << 22), as: UTF8.self)
  }

  /// Does what a recipe says, and tells how it ended.
  ///
  /// - Parameter search: the search for a learning rate that takes the training's place; nil to train.
  func perform(_ recipe: TesseraVLM.Recipe, search: RateSearchOptions? = nil) throws {
    if let threads { TorchRuntime.threads = threads }
    let folder = output ?? "runs/\(recipe.name)"
    let run = RecipeRun(recipe, folder: folder)
    run.say = { Talk.say($0) }
    run.isDry = dryRun
    run.maximumSteps = maxSteps
    let watch = CancelWatch(
      [SIGINT, SIGTERM],
      notice:
        "tessera-vlm: stopping after the step at hand, or what comes before or behind the steps; once more ends at once"
    )
    defer { watch.stop() }
    run.shouldStop = { watch.isCancelled }
    if let search, let stage = search.stage { return try search.perform(run, stage: stage) }
    let began = ProcessInfo.processInfo.systemUptime
    let ending = try run.run()
    let minutes = (ProcessInfo.processInfo.systemUptime - began) / 60
    switch ending {
    case .done: Talk.say("done in \((minutes * 10).rounded() / 10) minutes: \(folder)")
    case .stopped(let stage, let step):
      Talk.say("stopped after step \(step) of \(stage), which is saved; give the same command again to go on")
      // So that a script does not take it for done.
      if let status = watch.exitStatus { throw ExitCode(status) }
    }
  }
}
