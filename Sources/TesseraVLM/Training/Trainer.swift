public import TesseraCore

/// Moves a task's parameters step by step.
///
///     let trainer = try Trainer(task, options)
///     while let record = try trainer.step() { print(record.loss) }
///
/// A step's loss is the sum over all units of all its batches over their number, however they are cut into batches.
/// What surrounds the steps (the log, evaluation, checkpoints) is the `TrainingRun`'s.
public final class Trainer<Task: TrainingTask> {
  public let task: Task
  public let options: TrainerOptions
  public let optimizer: AdamW
  /// The steps that are done.
  public package(set) var completedSteps = 0
  /// The steps that were passed over because a gradient was not finite.
  public package(set) var skippedSteps = 0
  /// Why there is no further step: too many gradients that were not finite. The last one's step is counted.
  public private(set) var failure: TesseraError?
  /// Whether no step is half done, so that a checkpoint of now can be gone on from.
  private(set) var isBetweenSteps = true
  /// The parameters in the optimiser's order.
  public let parameters: [NamedParameter]
  /// The learning rate of a step, 1 for the first: that of the options' schedule, unless another is put in its place.
  public var rate: (_ step: Int) -> Double

  /// - Throws: `invalidArgument` for options; `invalidInput` for a task without parameters, or two of one name.
  public init(_ task: Task, _ options: TrainerOptions) throws {
    try options.validate()
    self.task = task
    self.options = options
    rate = { options.learningRate * options.schedule.factor($0) }
    var groups: [ParameterSettings: [NamedParameter]] = [:]
    var order: [ParameterSettings] = []
    var names: Set<String> = []
    for parameter in task.parameters {
      guard names.insert(parameter.name).inserted else {
        throw TesseraError(
          .invalidInput(
            operation: "the trainer", expected: "a name for each parameter", got: "'\(parameter.name)' twice"
          ))
      }
      let settings = ParameterSettings(scale: parameter.learningRateScale, decays: parameter.decays)
      if groups[settings] == nil { order.append(settings) }
      groups[settings, default: []].append(parameter)
    }
    guard !order.isEmpty else {
      throw TesseraError(
        .invalidInput(operation: "the trainer", expected: "a parameter that is trained", got: "none"))
    }
    settings = order
    parameters = order.flatMap { groups[$0] ?? [] }
    optimizer = AdamW(
      order.map { key in
        AdamW.Group(
          (groups[key] ?? []).map(\.tensor), learningRate: 0,
          weightDecay: key.decays ? options.weightDecay : 0,
          beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon)
      })
  }

  private let settings: [ParameterSettings]

  /// What parameters of one group share.
  private struct ParameterSettings: Hashable {
    let scale: Double
    let decays: Bool
  }

  /// Whether every step of the schedule is done.
  public var isDone: Bool { completedSteps >= options.schedule.steps }

  /// One optimiser step; nil after the last, or where the data ends.
  ///
  /// A step whose gradient is not finite, and one of which no sample could be read, moves nothing and is marked.
  ///
  /// - Throws: what the task throws; `invalidInput` for a step without units, or after too many gradients that were not
  ///   finite (`failure`), with the samples of the last one.
  public func step() throws -> StepRecord? {
    if let failure { throw failure }
    guard !isDone else { return nil }
    var clock = StepClock()
    guard let data = try task.nextStep() else { return nil }
    isBetweenSteps = false
    clock.mark(\.data)
    let units = data.units.reduce(0, +)
    if data.isUnread { return unread(data, clock) }
    guard units > 0 else {
      throw TesseraError(
        .invalidInput(
          operation: "step \(completedSteps + 1)", expected: "a token that is learned",
          got: "none in \(data.samples.count) samples (\(data.samples.prefix(3).joined(separator: ", ")))"))
    }
    let loss = try accumulate(data, units: units, &clock)
    let norm = gradientNorm()
    let step = completedSteps + 1
    let rate = self.rate(step)
    let isFinite = norm.isFinite && loss.isFinite
    if isFinite {
      for (index, settings) in settings.enumerated() {
        optimizer.groups[index].learningRate = rate * settings.scale
      }
      noGrad { optimizer.step() }
    }
    optimizer.clearGradients()
    clock.mark(\.optimizer)
    completedSteps = step
    let record = StepRecord(
      step: step, loss: loss, units: units, learningRate: rate, gradientNorm: norm,
      isSkipped: !isFinite, skippedSamples: isFinite ? [] : data.samples, tokens: data.tokens,
      images: data.images, failures: data.failures.count, times: clock.finish())
    if !isFinite { skip(record) }
    isBetweenSteps = true
    return record
  }

  /// A step of which no sample could be read: the policy lets them be passed over, and so the step is.
  private func unread(_ data: StepBatches<Task.Batch>, _ clock: StepClock) -> StepRecord {
    completedSteps += 1
    isBetweenSteps = true
    return StepRecord(
      step: completedSteps, loss: .nan, units: 0, learningRate: rate(completedSteps), gradientNorm: .nan,
      isSkipped: true, skippedSamples: data.failures, tokens: 0, images: 0, failures: data.failures.count,
      times: clock.finish())
  }

  /// Adds up the gradients of a step's batches, each divided by the units of all.
  private func accumulate(_ data: StepBatches<Task.Batch>, units: Int, _ clock: inout StepClock) throws
    -> Double
  {
    var sum = 0.0
    for (batch, count) in zip(data.batches, data.units) where count > 0 {
      let loss: TorchTensor
      if let type = options.autocast {
        loss = try TesseraVLM.autocast(device, type) { try task.loss(batch) }
      } else {
        loss = try task.loss(batch)
      }
      clock.mark(\.forward)
      (loss / Double(units)).backward()
      sum += loss.item
      clock.mark(\.backward)
    }
    return sum / Double(units)
  }

  private var device: TorchDevice { parameters[0].tensor.device }

  /// The joint norm; scales the gradients where the limit asks for it.
  private func gradientNorm() -> Double {
    noGrad { optimizer.clipGradients(norm: options.clip ?? .infinity).item }
  }

  /// Counts a step whose gradient was not finite.
  private func skip(_ record: StepRecord) {
    skippedSteps += 1
    guard skippedSteps > options.badSteps else { return }
    let shown = record.skippedSamples.prefix(8).joined(separator: ", ")
    failure = TesseraError(
      .invalidInput(
        operation: "training",
        expected: "at most \(options.badSteps) steps with a gradient that is not finite",
        got:
          "the \(skippedSteps)th at step \(record.step) (loss \(record.loss.words), norm \(record.gradientNorm.words)); its samples: \(shown)"
      ))
  }
}
