private import Foundation
internal import TesseraCore
internal import TesseraData
public import TesseraTracking

/// Writes what steps do: JSON lines, TensorBoard's events, a line for people.
public final class StepLog: TrainingCallback {
  private let stage: String
  private let total: Int
  private let every: Int
  private let log: RunLog
  private let board: TensorBoardWriter?
  private let progress: TrainingProgress?
  private let waitsFor: String
  /// What the steps since the last line took.
  private var window = StepTimes()
  private var counts = (tokens: 0, images: 0, steps: 0)
  /// The whole stage's, validation and what else callbacks do between steps included.
  public private(set) var seconds = 0.0
  /// What the steps of the stage took.
  public private(set) var times = StepTimes()
  public private(set) var tokens = 0
  public private(set) var images = 0
  private var lastLine: Double

  /// - Parameters:
  ///   - every: steps from one line to the next.
  ///   - waitsFor: what the time before a step's first batch is spent on: data, rollouts.
  public init(
    stage: String, total: Int, every: Int, log: RunLog, board: TensorBoardWriter?,
    progress: TrainingProgress?, waitsFor: String = "data"
  ) {
    self.waitsFor = waitsFor
    (self.stage, self.total, self.every) = (stage, total, max(1, every))
    (self.log, self.board, self.progress) = (log, board, progress)
    lastLine = ProcessInfo.processInfo.systemUptime
  }

  public func begin(completed: Int) throws { lastLine = ProcessInfo.processInfo.systemUptime }

  public func step(_ record: StepRecord) throws -> StepFindings {
    window += record.times
    times += record.times
    counts = (counts.tokens + record.tokens, counts.images + record.images, counts.steps + 1)
    tokens += record.tokens
    images += record.images
    if record.isSkipped {
      try log.append(
        LogEntry(
          .event, stage: stage, step: record.step,
          [
            (LogField.message, .text(Self.words(record))), (LogField.isWarning, true),
            (LogField.loss, .number(record.loss)), (LogField.gradientNorm, .number(record.gradientNorm)),
            ("samples", .list(record.skippedSamples.map { .text($0) })),
          ]))
      progress?.note("\(stage): warning: step \(record.step): \(Self.words(record))")
    }
    guard record.step % every == 0 || record.step == total || record.step == 1 else { return StepFindings() }
    try write(record)
    return StepFindings()
  }

  /// Why a step was passed over, and with which samples.
  private static func words(_ record: StepRecord) -> String {
    let shown = record.skippedSamples.prefix(8).joined(separator: ", ")
    let more = record.skippedSamples.count > 8 ? " and \(record.skippedSamples.count - 8) more" : ""
    let reason =
      record.units == 0
      ? "no sample of the step could be read" : "the gradient is not finite (loss \(record.loss.words))"
    return "\(reason); the step is passed over; its samples: \(shown)\(more)"
  }

  private func write(_ record: StepRecord) throws {
    let now = ProcessInfo.processInfo.systemUptime
    let seconds = max(now - lastLine, 1e-9)
    lastLine = now
    self.seconds += seconds
    let memory = ProcessMemory.resident().now
    let rate = Double(counts.tokens) / seconds
    let imageRate = Double(counts.images) / seconds
    let wait = window.data / seconds
    // Only several ranks have anything to exchange.
    let exchange: [(name: String, value: LogValue)] =
      window.exchange > 0 ? [(LogField.secondsPrefix + "exchange", .number(window.exchange))] : []
    try log.append(
      LogEntry(
        .train, stage: stage, step: record.step,
        [
          (LogField.loss, .number(record.loss)), (LogField.learningRate, .number(record.learningRate)),
          (LogField.gradientNorm, .number(record.gradientNorm)), ("learned_tokens", .int(record.units)),
          ("tokens", .int(record.tokens)), ("images", .int(record.images)),
          ("failures", .int(record.failures)),
        ],
        measured: exchange + [
          (LogField.tokensPerSecond, .number(rate)), (LogField.imagesPerSecond, .number(imageRate)),
          (LogField.dataWait, .number(wait)), (LogField.memory, .int(memory)),
          (LogField.secondsPrefix + waitsFor, .number(window.data)),
          (LogField.secondsPrefix + "forward", .number(window.forward)),
          (LogField.secondsPrefix + "backward", .number(window.backward)),
          (LogField.secondsPrefix + "optimizer", .number(window.optimizer)),
          (LogField.secondsPrefix + "other", .number(max(0, seconds - window.total + window.rest))),
        ]))
    try board?.scalars(
      [
        ("\(stage)/loss", record.loss), ("\(stage)/learning_rate", record.learningRate),
        ("\(stage)/gradient_norm", record.gradientNorm), ("\(stage)/tokens_per_second", rate),
        ("\(stage)/images_per_second", imageRate), ("\(stage)/data_wait", wait),
        ("\(stage)/resident_bytes", Double(memory)),
      ], step: record.step)
    progress?.update(
      TrainingProgress.Step(
        step: record.step, loss: record.loss, learningRate: record.learningRate,
        gradientNorm: record.gradientNorm, tokensPerSecond: rate, imagesPerSecond: imageRate, dataWait: wait,
        memory: memory))
    window = StepTimes()
    counts = (0, 0, 0)
  }

  public func willSave() throws { try log.sync() }

  public func end(_ ending: RunEnding) throws { progress?.finish() }
}
