private import Foundation
internal import TesseraCore

/// Looks for a learning rate: the rate rises exponentially, step by step, until the loss breaks away.
///
/// From L. N. Smith, *Cyclical Learning Rates for Training Neural Networks* (2017, arXiv:1506.01186), as fastai's
/// `lr_find` does it: step *i* of *n* has the rate low·(high/low)^((i − 1)/(n − 1)); the loss is smoothed by an
/// exponential mean that is corrected for its start at 0; the search ends where that is more than four times its best,
/// or where the loss is not finite. fastai smooths with 0.98, the mean of fifty steps, and searches in a hundred:
/// here it is 0.9, so that the curve does not lag half of its width.
public struct LearningRateFinder: Sendable, Hashable {
  /// The first step's rate.
  public var lowest = 1e-6
  /// The last step's.
  public var highest = 1.0
  /// Steps at most, 10 or more.
  public var steps = 100
  /// The search ends where the smoothed loss is more than so many times its best.
  public var divergence = 4.0
  /// What is kept of the mean at each step, 0..<1.
  public var smoothing = 0.9

  public init() {}

  /// - Throws: `invalidArgument` for numbers that make no search.
  public func validate() throws {
    func check(_ isRight: Bool, _ name: String, _ expected: String, _ got: Any) throws {
      guard isRight else {
        throw TesseraError(.invalidArgument(name: name, expected: expected, got: "\(got)"))
      }
    }
    try check(lowest > 0 && lowest.isFinite, "the lowest learning rate", "above 0", lowest)
    try check(
      highest > lowest && highest.isFinite, "the highest learning rate", "above the lowest, \(lowest)",
      highest)
    try check((10...100_000).contains(steps), "the steps of the search", "10 to 100000", steps)
    try check(divergence > 1, "the divergence", "above 1", divergence)
    try check((0..<1).contains(smoothing), "the smoothing", "0 or more, below 1", smoothing)
  }

  /// The rate of a step, 1...`steps`.
  public func rate(_ step: Int) -> Double {
    lowest * pow(highest / lowest, Double(step - 1) / Double(steps - 1))
  }

  /// Searches, and leaves parameters and data as they were: the trained parameters are copied before.
  ///
  /// - Parameters:
  ///   - options: what a step is besides its rate: decay, clipping, autocast.
  ///   - shouldStop: asked after each step.
  /// - Throws: `invalidArgument` for settings; what the task throws; `invalidInput` where the data ends before ten steps.
  public func search<Task: TrainingTask>(
    _ task: Task, _ options: TrainerOptions, shouldStop: () -> Bool = { false },
    progress: (LearningRateSearch.Point) -> Void = { _ in }
  ) throws -> LearningRateSearch {
    try validate()
    let wasDeterministic = TorchRuntime.isDeterministic
    TorchRuntime.isDeterministic = true
    defer { TorchRuntime.isDeterministic = wasDeterministic }
    let position = try task.position()
    let kept = noGrad { task.parameters.map { $0.tensor.clone() } }
    defer {
      noGrad { for (parameter, old) in zip(task.parameters, kept) { parameter.tensor.copy(from: old) } }
    }
    let found: LearningRateSearch
    do { found = try climb(task, options, shouldStop, progress) } catch {
      try task.restore(position)
      throw error
    }
    try task.restore(position)
    guard found.points.count >= 10 || found.ending == .stopped else {
      throw TesseraError(
        .invalidInput(
          operation: "the search for a learning rate", expected: "at least 10 steps with a finite loss",
          got: "\(found.points.count)"))
    }
    return found
  }

  /// The steps, one after another.
  private func climb<Task: TrainingTask>(
    _ task: Task, _ options: TrainerOptions, _ shouldStop: () -> Bool,
    _ progress: (LearningRateSearch.Point) -> Void
  ) throws -> LearningRateSearch {
    var options = options
    options.schedule = LearningRateSchedule(.constant, steps: steps)
    options.badSteps = .max
    let trainer = try Trainer(task, options)
    trainer.rate = rate
    var found = LearningRateSearch()
    var mean = 0.0
    while let record = try trainer.step() {
      guard !record.isSkipped else {
        found.ending = .notFinite
        break
      }
      mean = smoothing * mean + (1 - smoothing) * record.loss
      let smoothed = mean / (1 - pow(smoothing, Double(record.step)))
      let point = LearningRateSearch.Point(rate: record.learningRate, loss: record.loss, smoothed: smoothed)
      found.points.append(point)
      progress(point)
      // The first steps' mean is of few losses: no reason to end.
      if record.step > 10, smoothed > divergence * (found.points.map(\.smoothed).min() ?? .infinity) {
        found.ending = .diverged
        break
      }
      if shouldStop() {
        found.ending = .stopped
        break
      }
    }
    return found
  }
}
