private import Foundation
internal import TesseraCore
internal import TesseraData

/// Pretraining and fine-tuning of a vision-language model: the next token, wherever it is learned.
public final class NextTokenTask: TrainingTask {
  public let model: LlavaModel
  public let selection: ParameterPlan.Selection
  public let feed: SampleFeed
  /// Whether the decoder's layers are computed once more on the way back, to need less memory.
  public var checkpointsGradients = false
  /// What an exported directory gets besides config and weights.
  public var sideFiles = SideFiles()

  /// Marks the model's parameters by a plan.
  public init(_ model: LlavaModel, _ plan: ParameterPlan, _ feed: SampleFeed) throws {
    self.model = model
    self.feed = feed
    selection = try plan.apply(to: model)
  }

  public var parameters: [NamedParameter] { selection.trained }

  public func nextStep() throws -> StepBatches<TokenBatch>? { try feed.next() }

  public func loss(_ batch: TokenBatch) throws -> TorchTensor {
    try model.loss(batch, checkpointing: checkpointsGradients)
  }

  public func position() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(feed.state()), as: UTF8.self)
  }

  public func restore(_ position: String) throws {
    let state: LoaderState
    do { state = try JSONDecoder().decode(LoaderState.self, from: Data(position.utf8)) } catch {
      throw TesseraError(.corrupt(format: "the data's place", detail: "\(error)"))
    }
    try feed.restore(state)
  }

  public func export(to path: String) throws {
    var writer = CheckpointWriter()
    writer.replacesExisting = true
    try model.write(to: path, sideFiles: sideFiles, writer: writer)
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

extension LlavaModel {
  /// Writes the model as a Hugging Face directory, each weight in its own type.
  ///
  /// - Throws: what the writer throws.
  public func write(
    to path: String, sideFiles: SideFiles = SideFiles(), writer: CheckpointWriter = CheckpointWriter()
  ) throws {
    let parameters = parameters
    try writer.write(
      config, to: path, types: { parameters[$0.name]?.type.dataType ?? .float32 }, sideFiles: sideFiles
    ) { spec, body in
      guard let tensor = parameters[spec.name] else {
        throw TesseraError(
          .invalidInput(operation: "writing the model", expected: "'\(spec.name)'", got: "no such parameter"))
      }
      let plain = try AnyTensor(sharing: tensor)
      try plain.withUnsafeBytes { try body(plain.dataType, $0) }
    }
  }
}
