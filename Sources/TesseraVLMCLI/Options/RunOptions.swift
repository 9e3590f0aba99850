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

  @Option(
    help: ArgumentHelp(
      "Threads that compute (default: one a core, shared by the ranks of a machine).", valueName: "n"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Where torchrun, mpirun or srun started several: how long a rank waits for the others (default: 1800).",
      valueName: "seconds"))
  var rankTimeout: Int?

  func validate() throws {
    if let maxSteps, maxSteps < 1 { throw ValidationError("--max-steps must be 1 or more, got \(maxSteps)") }
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more, got \(threads)") }
    if let rankTimeout, rankTimeout < 1 {
      throw ValidationError("--rank-timeout must be 1 or more, got \(rankTimeout)")
    }
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

  /// The processes that train together: those of a launcher, or this one alone.
  private func join() throws -> ProcessGroup {
    if let threads { TorchRuntime.threads = threads }
    guard var meeting = try ProcessGroup.Meeting.ofLauncher() else { return .alone }
    if let rankTimeout { meeting.timeout = .seconds(rankTimeout) }
    if threads == nil, ProcessInfo.processInfo.environment["OMP_NUM_THREADS"] == nil {
      TorchRuntime.threads = max(1, TorchRuntime.threads / meeting.ranksHere)
    }
    if meeting.rank == 0 { Talk.say("waiting for \(meeting.size) ranks at \(meeting.host):\(meeting.port)") }
    return try ProcessGroup(meeting) { Talk.say($0) }
  }

  /// Does what a recipe says, and tells how it ended.
  ///
  /// - Parameter search: the search for a learning rate that takes the training's place; nil to train.
  func perform(_ recipe: TesseraVLM.Recipe, search: RateSearchOptions? = nil) throws {
    let group = try join()
    let status: Int32?
    do {
      status = try perform(recipe, search, group)
      // Where the ranks meet goes with rank 0.
      try group.barrier()
    } catch  where group.isShared {
      group.fail("\(error)")
      Talk.say("tessera-vlm: rank \(group.rank): \(error)")
      throw ExitCode(1)
    }
    // So that a script does not take it for done.
    if let status { throw ExitCode(status) }
  }

  /// - Returns: the exit status of a run that a signal stopped; nil for any other end.
  private func perform(_ recipe: TesseraVLM.Recipe, _ search: RateSearchOptions?, _ group: ProcessGroup)
    throws -> Int32?
  {
    let folder = output ?? "runs/\(recipe.name)"
    let run = RecipeRun(recipe, folder: folder)
    if group.isLeader { run.say = { Talk.say($0) } }
    run.group = group
    run.isDry = dryRun
    run.maximumSteps = maxSteps
    let notice =
      "tessera-vlm: stopping after the step at hand, or what comes before or behind the steps; once more ends at once"
    let watch = CancelWatch([SIGINT, SIGTERM] + EndSignals.hangUp, notice: group.isLeader ? notice : nil)
    defer { watch.stop() }
    run.shouldStop = { watch.isCancelled }
    if let search, let stage = search.stage {
      guard !group.isShared else {
        throw ValidationError("a search for a learning rate is for one process, not for \(group.size) ranks")
      }
      try search.perform(run, stage: stage)
      return nil
    }
    let began = ProcessInfo.processInfo.systemUptime
    let ending = try run.run()
    let minutes = (ProcessInfo.processInfo.systemUptime - began) / 60
    switch ending {
    case .done:
      if group.isLeader { Talk.say("done in \((minutes * 10).rounded() / 10) minutes: \(folder)") }
    case .stopped(let stage, let step):
      if group.isLeader {
        Talk.say(
          "stopped after step \(step) of \(stage), which is saved; give the same command again to go on")
      }
      return try Self.exitStatus(watch, group)
    }
    return nil
  }

  /// The status of a run that a signal stopped, the same on all ranks, whichever of them it came to; nil where none came.
  private static func exitStatus(_ watch: CancelWatch, _ group: ProcessGroup) throws -> Int32? {
    let signals = [SIGHUP, SIGINT, SIGTERM]
    let came = try group.sum(signals.map { watch.exitStatus == 128 + $0 ? 1.0 : 0 })
    return signals.indices.last { came[$0] > 0 }.map { 128 + signals[$0] }
  }
}
