import ArgumentParser
import Foundation
import Tessera
import TesseraData
import TesseraTerminal
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

  func run() throws {
    if let threads { TorchRuntime.threads = threads }
    let text = String(decoding: try FileIO.read(recipe, limit: 1 << 22), as: UTF8.self)
    let overrides = settings.map { setting -> (place: String, value: String) in
      let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(parts[0]), String(parts[1]))
    }
    let resolved = try Recipe(yaml: text, file: recipe, overrides: overrides)
    let folder = output ?? "runs/\(resolved.name)"
    let run = RecipeRun(resolved, folder: folder)
    run.say = { Talk.say($0) }
    run.isDry = dryRun
    run.maximumSteps = maxSteps
    let watch = CancelWatch()
    defer { watch.stop() }
    run.shouldStop = { watch.isCancelled }
    let began = ProcessInfo.processInfo.systemUptime
    let ending = try run.run()
    let minutes = (ProcessInfo.processInfo.systemUptime - began) / 60
    switch ending {
    case .done: Talk.say("done in \((minutes * 10).rounded() / 10) minutes: \(folder)")
    case .stopped(let stage, let step):
      Talk.say("stopped after step \(step) of \(stage), which is saved; give the same command again to go on")
    }
  }
}
