private import Foundation
internal import TesseraCore
internal import TesseraData

/// What takes part in a run besides its steps: a log, an evaluation, one's own.
public protocol TrainingCallback: AnyObject {
  /// Called once before the first step of this process, after `completed` steps of earlier ones.
  func begin(completed: Int) throws
  /// What is compared with `validationLoss` for what the run begins with; nil where nobody looked. Asked after `begin`.
  var startingLoss: Double? { get }
  /// Called after each step, before its checkpoint; a smaller `validationLoss` than ever makes a checkpoint that is kept.
  func step(_ record: StepRecord) throws -> StepFindings
  /// Called before a checkpoint is written: what it must not be ahead of goes to the disk now.
  func willSave() throws
  /// Called after a checkpoint was written.
  func saved(_ checkpoint: TrainingCheckpoint) throws
  /// Called once at the end, however it came.
  func end(_ ending: RunEnding) throws
}

extension TrainingCallback {
  public func begin(completed: Int) throws {}
  public var startingLoss: Double? { nil }
  public func step(_ record: StepRecord) throws -> StepFindings { StepFindings() }
  public func willSave() throws {}
  public func saved(_ checkpoint: TrainingCheckpoint) throws {}
  public func end(_ ending: RunEnding) throws {}
}

/// What a callback found at a step.
public struct StepFindings: Sendable, Hashable {
  /// The loss on held-out data; nil where it was not looked at.
  public var validationLoss: Double?

  public init(validationLoss: Double? = nil) { self.validationLoss = validationLoss }
}

/// How a run ended.
public enum RunEnding: Sendable, Hashable {
  /// All steps are done.
  case done(steps: Int)
  /// The data ended before the steps.
  case dataEnded(steps: Int)
  /// Someone asked for it; the state is saved.
  case stopped(steps: Int)
}

/// A trainer with a folder: checkpoints, going on from them, and what else takes part.
///
/// Where several processes train, all have the folder, and rank 0 alone writes to it. Callbacks of all ranks find the same.
public final class TrainingRun<Task: TrainingTask> {
  public let trainer: Trainer<Task>
  /// Where the run's files are.
  public let folder: String
  /// What the run is set to, as text: a checkpoint of other settings is not gone on from.
  public let settings: String
  /// Steps from one checkpoint to the next; the last step always has one.
  public var checkpointEvery = 500
  public var callbacks: [any TrainingCallback] = []
  /// Asked after each step: true saves and stops.
  public var shouldStop: () -> Bool = { false }
  /// Gets what people should know.
  public var say: (String) -> Void = { _ in }
  private let store: CheckpointStore
  /// The step that did best so far; one of step 0 stands for what the run began with.
  public internal(set) var best: BestCheckpoint?

  /// - Parameters:
  ///   - trainer: what takes the steps.
  ///   - folder: where checkpoints go, in a folder `checkpoints`; it is made where it is not there.
  ///   - settings: what decides the steps, as text: a checkpoint of other settings is not gone on from.
  ///   - keep: how many of the newest checkpoints are kept; the best is kept besides.
  public init(_ trainer: Trainer<Task>, folder: String, settings: String, keep: Int = 2) {
    self.trainer = trainer
    self.folder = folder
    self.settings = settings
    store = CheckpointStore("\(folder)/checkpoints", keep: max(1, keep))
  }

  /// What the bits of a step hang on besides the data: another kernel or number of threads adds in another order.
  private var environment: [String: String] {
    var environment = Self.environment
    if trainer.group.isShared { environment["ranks"] = "\(trainer.group.size)" }
    return environment
  }

  /// The part of it that every run has.
  public static var environment: [String: String] {
    [
      "libtorch": TorchRuntime.version, "kernels": TorchRuntime.cpuCapability,
      "openblas": ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] ?? "its own choice",
      "compute threads": "\(TorchRuntime.threads)",
    ]
  }

  /// Goes on from the newest whole checkpoint, if there is one.
  ///
  /// - Returns: the checkpoint; nil where the run begins.
  /// - Throws: `invalidArgument` for a checkpoint of other settings; what restoring throws.
  @discardableResult
  public func resume() throws -> TrainingCheckpoint? {
    let newest = try trainer.group.lead { try store.newest(say)?.path }
    guard let checkpoint = try newest.map({ try TrainingCheckpoint($0) }) else { return nil }
    guard checkpoint.state.settings == settings else {
      throw TesseraError(
        .invalidArgument(
          name: "the run", expected: "the settings of its checkpoint (or another folder)",
          got: "others: \(settings.firstDifference(from: checkpoint.state.settings))"),
        path: checkpoint.path)
    }
    for difference in checkpoint.state.environmentDifferences(from: environment) {
      say("the run goes on, but not to the bit: \(difference)")
    }
    try checkpoint.restore(trainer)
    try trainer.group.lead { try store.cut(after: checkpoint.state.step) }
    best = checkpoint.state.best
    return checkpoint
  }

  /// Runs to the end.
  ///
  /// - Throws: what steps and callbacks throw. What an earlier checkpoint holds is not lost.
  public func run() throws -> RunEnding {
    let wasDeterministic = TorchRuntime.isDeterministic
    TorchRuntime.isDeterministic = true
    defer { TorchRuntime.isDeterministic = wasDeterministic }
    // All ranks begin alike, whatever each has read.
    for parameter in trainer.parameters { try noGrad { try trainer.group.broadcast(parameter.tensor) } }
    for callback in callbacks { try callback.begin(completed: trainer.completedSteps) }
    if best == nil, let loss = callbacks.compactMap(\.startingLoss).min() {
      best = BestCheckpoint(step: 0, loss: loss)
    }
    var ending = RunEnding.done(steps: trainer.completedSteps)
    var savedStep = trainer.completedSteps
    while true {
      let record: StepRecord?
      do { record = try trainer.step() } catch {
        // What is done is not lost, and can be gone on with once the reason is gone.
        if trainer.isBetweenSteps, savedStep != trainer.completedSteps, trainer.group.isLeader {
          // Moments that other ranks have alone are lost with them: the checkpoint before is gone on from.
          guard !(trainer.options.shardsOptimizer && trainer.group.isShared) else { throw error }
          try write(trainer.optimizer.moments)
          say("saved after step \(trainer.completedSteps)")
        }
        throw error
      }
      guard let record else {
        ending =
          trainer.isDone ? .done(steps: trainer.completedSteps) : .dataEnded(steps: trainer.completedSteps)
        break
      }
      // Everything that belongs to the step is logged before its checkpoint: a run that goes on from it logs none of it.
      let losses = try callbacks.compactMap { try $0.step(record).validationLoss }
      let isBest = losses.contains { $0.isFinite && $0 < best?.loss ?? .infinity }
      if isBest, let loss = losses.filter(\.isFinite).min() {
        best = BestCheckpoint(step: record.step, loss: loss)
      }
      let isStopped = try trainer.group.any(shouldStop())
      if isBest || isStopped || record.step % max(1, checkpointEvery) == 0 {
        try save()
        savedStep = record.step
      }
      if isStopped {
        ending = .stopped(steps: record.step)
        break
      }
    }
    if savedStep != trainer.completedSteps { try save() }
    for callback in callbacks { try callback.end(ending) }
    return ending
  }

  /// Writes a checkpoint of now, which all ranks can go on from when it returns.
  private func save() throws {
    let moments = try trainer.gatheredMoments()
    try trainer.group.lead { try write(moments) }
  }

  private func write(_ moments: [AdamW.Moments?]) throws {
    let state = TrainingState(
      step: trainer.completedSteps, skippedSteps: trainer.skippedSteps, position: try trainer.task.position(),
      parameterSteps: [:], best: best, environment: environment, settings: settings)
    for callback in callbacks { try callback.willSave() }
    try FileIO.makeFolder(folder)
    try FileIO.makeFolder(store.folder)
    let checkpoint = try TrainingCheckpoint.write(trainer, moments, state, to: store.path(state.step))
    try store.prune(best: best?.step)
    for callback in callbacks { try callback.saved(checkpoint) }
  }

  /// Brings the parameters back to those of the best step; the trainer's count of steps stays.
  ///
  /// - Returns: the step; nil where there is none better than what is there, or where it is what the run began with.
  /// - Throws: what reading the checkpoint throws.
  func restoreBest() throws -> Int? {
    guard let best, best.step > 0, best.step != trainer.completedSteps else { return nil }
    try TrainingCheckpoint(store.path(best.step)).restoreWeights(trainer.parameters)
    return best.step
  }

  /// The newest whole checkpoint, where there is one.
  public func newestCheckpoint() throws -> TrainingCheckpoint? { try store.newest(say) }
}

extension String {
  /// The first line that differs from what a text was, in words.
  func firstDifference(from then: String) -> String {
    let (a, b) = (then.split(separator: "\n"), split(separator: "\n"))
    for (old, new) in zip(a, b) where old != new { return "'\(old)' then, '\(new)' now" }
    return "\(a.count) lines then, \(b.count) now"
  }
}
