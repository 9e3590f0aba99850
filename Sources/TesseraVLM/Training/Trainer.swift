public import TesseraCore

/// Moves a task's parameters step by step.
///
///     let trainer = try Trainer(task, options)
///     while let record = try trainer.step() { print(record.loss) }
///
/// A step's loss is the sum over all units of all its batches over their number, however they are cut into batches, and
/// whichever rank of a group has them: gradients are added up over ranks while the way back goes on. What surrounds the steps (the log, evaluation, checkpoints) is the `TrainingRun`'s.
public final class Trainer<Task: TrainingTask> {
  public let task: Task
  public let options: TrainerOptions
  public let optimizer: AdamW
  /// The processes that take the steps together, each with its share of the samples.
  public let group: ProcessGroup
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
  public init(_ task: Task, _ options: TrainerOptions, group: ProcessGroup = .alone) throws {
    try options.validate()
    self.task = task
    self.options = options
    self.group = group
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
    reducer =
      group.isShared
      ? try GradientReducer(group, parameters.map(\.tensor), isOwned: options.shardsOptimizer) : nil
  }

  private let settings: [ParameterSettings]
  /// Adds gradients up over ranks; nil for one.
  private let reducer: GradientReducer?

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
  ///   finite (`failure`), with the samples of the last one; `io` where another rank failed.
  public func step() throws -> StepRecord? {
    if let failure { throw failure }
    guard !isDone else { return nil }
    group.tell("step \(completedSteps + 1)")
    var clock = StepClock()
    let found = Result { try task.nextStep() }
    let totals = try StepTotals(of: found, group)
    guard let data = try found.get(), let totals else { return nil }
    isBetweenSteps = false
    clock.mark(\.data)
    if totals.isUnread { return try unread(data, totals, clock) }
    guard totals.units > 0 else {
      throw TesseraError(
        .invalidInput(
          operation: "step \(completedSteps + 1)", expected: "a token that is learned",
          got: "none in \(totals.samples) samples (\(data.samples.prefix(3).joined(separator: ", ")))"))
    }
    task.begin(totals)
    let loss = try accumulate(data, units: totals.units, &clock)
    let norm = try gradientNorm()
    let step = completedSteps + 1
    let rate = self.rate(step)
    let isFinite = norm.isFinite && loss.isFinite
    if isFinite {
      for (index, settings) in settings.enumerated() {
        optimizer.groups[index].learningRate = rate * settings.scale
      }
      noGrad { optimizer.step() }
      try reducer?.share()
    }
    optimizer.clearGradients()
    clock.mark(\.optimizer)
    completedSteps = step
    let record = StepRecord(
      step: step, loss: loss, units: totals.units, learningRate: rate, gradientNorm: norm,
      isSkipped: !isFinite, skippedSamples: isFinite ? [] : try everyones(data.samples),
      tokens: totals.tokens,
      images: totals.images, failures: totals.failures, times: clock.finish())
    if !isFinite { skip(record) }
    isBetweenSteps = true
    return record
  }

  /// A step of which no sample could be read: the policy lets them be passed over, and so the step is.
  private func unread(_ data: StepBatches<Task.Batch>, _ totals: StepTotals, _ clock: StepClock) throws
    -> StepRecord
  {
    completedSteps += 1
    isBetweenSteps = true
    return StepRecord(
      step: completedSteps, loss: .nan, units: 0, learningRate: rate(completedSteps), gradientNorm: .nan,
      isSkipped: true, skippedSamples: try everyones(data.failures), tokens: 0, images: 0,
      failures: totals.failures, times: clock.finish())
  }

  /// The names of all ranks.
  private func everyones(_ names: [String]) throws -> [String] {
    try group.exchange(.success(names)).flatMap { $0 }
  }

  /// Adds up the gradients of a step's batches, each divided by the units of all ranks; gives the step's loss.
  private func accumulate(_ data: StepBatches<Task.Batch>, units: Int, _ clock: inout StepClock) throws
    -> Double
  {
    var sum = 0.0
    let places = data.units.indices.filter { data.units[$0] > 0 }
    if places.isEmpty { reducer?.arm() }
    for place in places {
      let loss: TorchTensor
      if let type = options.autocast {
        loss = try TesseraVLM.autocast(device, type) { try task.loss(data.batches[place]) }
      } else {
        loss = try task.loss(data.batches[place])
      }
      clock.mark(\.forward)
      // Only the last batch's way back makes gradients whole.
      if place == places.last { reducer?.arm() }
      (loss / Double(units)).backward()
      sum += loss.item
      clock.mark(\.backward)
    }
    if let reducer {
      try reducer.finish()
      sum = try group.sum([sum])[0]
      clock.mark(\.exchange)
    }
    return sum / Double(units)
  }

  private var device: TorchDevice { parameters[0].tensor.device }

  /// The joint norm; scales the gradients where the limit asks for it.
  private func gradientNorm() throws -> Double {
    let limit = options.clip ?? .infinity
    guard reducer?.isOwned == true else { return noGrad { optimizer.clipGradients(norm: limit).item } }
    let own = optimizer.parameters.compactMap(\.grad)
    let squares = noGrad { own.isEmpty ? 0 : AdamW.clip(own, norm: .infinity).to(.float64).square().item }
    let norm = try group.sum([squares])[0].squareRoot()
    // As `clip_grad_norm_` scales.
    let scale = limit / (norm + 1e-6)
    if scale < 1 { noGrad { for gradient in own { _ = gradient.multiply(by: scale) } } }
    return norm
  }

  // MARK: what the optimiser remembers

  /// The moments of all parameters, of which ranks may have a part each: whole on rank 0.
  ///
  /// - Throws: `io` with the rank that is to blame.
  func gatheredMoments() throws -> [AdamW.Moments?] {
    guard let reducer, reducer.isOwned else { return optimizer.moments }
    let owners = parameters.indices.map { reducer.owner($0) ?? 0 }
    let own = optimizer.moments
    let steps = try group.sum(
      owners.indices.map { owners[$0] == group.rank ? Double(own[$0]?.step ?? 0) : 0 })
    var all: [AdamW.Moments?] = []
    for (place, owner) in owners.enumerated() {
      guard steps[place] > 0 else {
        all.append(nil)
        continue
      }
      let parameter = parameters[place].tensor
      let found =
        own[place]
        ?? noGrad {
          .init(step: Int(steps[place]), first: parameter.zerosLike(), second: parameter.zerosLike())
        }
      for tensor in [found.first, found.second] { try group.broadcast(tensor, from: owner) }
      all.append(group.isLeader ? found : nil)
    }
    return all
  }

  /// Whether this rank keeps a parameter's moments.
  func remembers(_ place: Int) -> Bool { reducer?.owner(place).map { $0 == group.rank } ?? true }

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
