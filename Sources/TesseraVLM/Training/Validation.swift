internal import TesseraCore
public import TesseraTracking

/// Looks at the held-out loss every so many steps, and at the last.
public final class Validation: TrainingCallback {
  private let stage: String
  private let every: Int
  private let total: Int
  private let model: LlavaModel
  private let set: HeldOutLoss
  private let autocast: TorchType?
  private let log: RunLog
  private let board: TensorBoardWriter?
  /// Gets a line for people at each look.
  public var say: (String) -> Void = { _ in }
  /// What was found, by step.
  public private(set) var losses: [(step: Int, loss: Double)] = []

  /// - Parameter every: 0 for none but at the last step.
  public init(
    stage: String, every: Int, total: Int, model: LlavaModel, set: HeldOutLoss, autocast: TorchType?,
    log: RunLog, board: TensorBoardWriter?
  ) {
    (self.stage, self.every, self.total, self.model, self.set) = (stage, every, total, model, set)
    (self.autocast, self.log, self.board) = (autocast, log, board)
  }

  public func step(_ record: StepRecord) throws -> StepFindings {
    guard record.step == total || (every > 0 && record.step % every == 0) else { return StepFindings() }
    let result = try set.measure(model, autocast: autocast)
    losses.append((record.step, result.loss))
    try log.append(
      LogEntry(
        .validation, stage: stage, step: record.step,
        [
          ("loss", .number(result.loss)), ("bits_per_byte", .number(result.bitsPerByte)),
          ("learned_tokens", .int(result.tokens)),
        ]))
    try board?.scalar("\(stage)/validation_loss", result.loss, step: record.step)
    say("step \(record.step): validation loss \(Float(result.loss)) per learned token")
    return StepFindings(validationLoss: result.loss)
  }
}
