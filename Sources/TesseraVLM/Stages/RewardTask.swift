internal import TesseraCore

/// Training of a reward model: the better of two answers scores higher.
public final class RewardTask: TrainingTask {
  public private(set) var model: RewardModel
  public let selection: ParameterPlan.Selection
  public let feed: SampleFeed<RankedBatch>
  public var pairLoss = PairLoss()
  /// Whether the decoder's layers are computed once more on the way back, to need less memory.
  public var checkpointsGradients = false
  /// What an exported directory gets besides config and weights.
  public var sideFiles = SideFiles()

  /// Marks the trunk's parameters by a plan; the head is always trained.
  public init(_ model: RewardModel, _ plan: ParameterPlan, _ feed: SampleFeed<RankedBatch>) throws {
    (self.model, self.feed) = (model, feed)
    selection = try plan.apply(to: model.trunk)
    model.head.requiresGrad = true
  }

  public var parameters: [NamedParameter] {
    selection.trained + [NamedParameter(RewardModel.headName, model.head)]
  }

  public func nextStep() throws -> StepBatches<RankedBatch>? { try feed.next() }

  public func loss(_ batch: RankedBatch) throws -> TorchTensor {
    let scores = try model.rawScores(batch.texts, places: batch.places, checkpointing: checkpointsGradients)
    return pairLoss(scores.type == .float64 ? scores : scores.to(.float32), batch)
  }

  public func position() throws -> String { try feed.position() }

  public func restore(_ position: String) throws { try feed.restore(position: position) }

  /// Brings scores that have this mean and deviation to 0 and 1.
  ///
  /// - Precondition: the deviation is above 0.
  func normalise(mean: Double, deviation: Double) {
    precondition(deviation > 0 && mean.isFinite && deviation.isFinite, "mean \(mean), deviation \(deviation)")
    (model.mean, model.deviation) = (mean, deviation)
  }

  public func export(to path: String) throws {
    var writer = CheckpointWriter()
    writer.replacesExisting = true
    try model.write(to: path, sideFiles: sideFiles, writer: writer)
  }
}
