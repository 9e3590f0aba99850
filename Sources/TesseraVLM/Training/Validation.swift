internal import TesseraCore
public import TesseraTracking

/// Looks at the held-out loss every so many steps, and at the last.
public final class Validation: TrainingCallback {
  private let stage: String
  private let every: Int
  private let total: Int
  private let measure: () throws -> Finding
  private let log: RunLog?
  private let board: TensorBoardWriter?
  /// Gets a line for people at each look.
  public var say: (String) -> Void = { _ in }
  /// What was found, by step.
  public private(set) var losses: [(step: Int, loss: Double)] = []

  /// What a look at held-out data came to.
  public struct Finding: Sendable {
    public var loss: Double
    /// Further numbers, by the names of the log's fields.
    public var others: [(name: String, value: LogValue)]
    /// The finding for people.
    public var words: String

    public init(loss: Double, others: [(name: String, value: LogValue)] = [], words: String) {
      (self.loss, self.others, self.words) = (loss, others, words)
    }

    /// The loss of texts.
    public init(_ result: HeldOutLoss.Result) {
      self.init(
        loss: result.loss,
        others: [("bits_per_byte", .number(result.bitsPerByte)), ("learned_tokens", .int(result.tokens))],
        words: "validation loss \(Float(result.loss)) per learned token")
    }
  }

  /// - Parameters:
  ///   - every: 0 for none but at the last step.
  ///   - measure: looks at the held-out data.
  public init(
    stage: String, every: Int, total: Int, log: RunLog?, board: TensorBoardWriter?,
    measure: @escaping () throws -> Finding
  ) {
    (self.stage, self.every, self.total, self.measure) = (stage, every, total, measure)
    (self.log, self.board) = (log, board)
  }

  public func step(_ record: StepRecord) throws -> StepFindings {
    guard record.step == total || (every > 0 && record.step % every == 0) else { return StepFindings() }
    let result = try measure()
    losses.append((record.step, result.loss))
    try log?.append(
      LogEntry(
        .validation, stage: stage, step: record.step,
        [("loss", .number(result.loss))] + result.others))
    try board?.scalar("\(stage)/validation_loss", result.loss, step: record.step)
    say("step \(record.step): \(result.words)")
    return StepFindings(validationLoss: result.loss)
  }
}
