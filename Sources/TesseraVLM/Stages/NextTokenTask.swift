internal import TesseraCore
internal import TesseraData

/// Pretraining and fine-tuning of a vision-language model: the next token, wherever it is learned.
public final class NextTokenTask: TrainingTask {
  public let model: LlavaModel
  public let selection: ParameterPlan.Selection
  public let feed: SampleFeed<TokenBatch>
  /// Whether the decoder's layers are computed once more on the way back, to need less memory.
  public var checkpointsGradients = false
  /// What an exported directory gets besides config and weights.
  public var sideFiles = SideFiles()
  /// The directory whose weights an adapter is trained on; nil where the model itself is trained.
  public var base: Checkpoint?

  /// Set where no picture has been looked at before the first step: gets ‖∂loss/∂pixels‖ of the first batch that has
  /// one, once.
  public var pixelCheck: ((Double) -> Void)?

  /// Marks the model's parameters by a plan.
  public init(_ model: LlavaModel, _ plan: ParameterPlan, _ feed: SampleFeed<TokenBatch>) throws {
    self.model = model
    self.feed = feed
    selection = try plan.apply(to: model)
  }

  public var parameters: [NamedParameter] { selection.trained }

  public func nextStep() throws -> StepBatches<TokenBatch>? { try feed.next() }

  /// - Throws: `invalidInput` where the pictures are to be looked at and do not reach the loss; what the model throws.
  public func loss(_ batch: TokenBatch) throws -> TorchTensor {
    if let found = pixelCheck, let norm = try checkedPixelGradientNorm(batch) {
      pixelCheck = nil
      found(norm)
    }
    return try model.loss(batch, checkpointing: checkpointsGradients)
  }

  public func position() throws -> String { try feed.position() }

  public func restore(_ position: String) throws { try feed.restore(position: position) }

  /// Writes the model as a directory; one with an adapter with that worked in, each weight in the type that `base` has
  /// it in, as `tessera-vlm merge` does.
  public func export(to path: String) throws { try model.export(to: path, sideFiles: sideFiles, base: base) }

  /// Writes the adapter alone, as PEFT does.
  ///
  /// - Throws: `invalidInput` for a model without one; what the adapter's writer throws.
  public func exportAdapter(to path: String) throws { try model.exportAdapter(to: path, base: base) }

  /// ‖∂loss/∂pixels‖; nil for a batch without pictures.
  ///
  /// - Throws: `invalidInput` where it is 0 or not finite: a run would learn without seeing.
  func checkedPixelGradientNorm(_ batch: TokenBatch) throws -> Double? {
    guard let norm = try pixelGradientNorm(batch) else { return nil }
    guard norm.isFinite, norm > 0 else {
      throw TesseraError(
        .invalidInput(
          operation: "the run",
          expected:
            "a loss that moves with the pictures (‖∂loss/∂pixels‖ > 0; a picture stands before its answer)",
          got: "\(norm): the model would learn without seeing"))
    }
    return norm
  }

  /// How far a batch's loss moves with its pictures: ‖∂loss/∂pixels‖ over all of them.
  ///
  /// 0 means that the pictures do not reach the model. Nil for a batch without pictures.
  public func pixelGradientNorm(_ batch: TokenBatch) throws -> Double? {
    guard !batch.pixels.isEmpty, !batch.targets.isEmpty else { return nil }
    return try withGrad {
      let pixels = batch.pixels.map { $0.to(model.type).clone().requiringGrad() }
      let loss = try model.loss(batch, pixels: pixels)
      let gradients = TorchTensor.gradients(of: [loss], by: pixels)
      return noGrad {
        gradients.reduce(0.0) { $0 + ($1?.square().sum().item ?? 0) }.squareRoot()
      }
    }
  }
}
