private import Foundation
internal import TesseraCore
internal import TesseraTerminal

/// Shows how far a training is: a bar that redraws itself on a terminal, a plain line every so many steps elsewhere.
///
/// All of it goes to stderr, so that stdout holds results only. Calls come from one task at a time.
public final class TrainingProgress {
  /// What a line shows of a step.
  public struct Step: Sendable {
    public var step: Int
    /// The loss for each supervised token.
    public var loss: Double
    public var learningRate: Double
    public var gradientNorm: Double?
    public var tokensPerSecond: Double
    public var imagesPerSecond: Double?
    /// The share of the time that went by in waiting for data, 0...1.
    public var dataWait: Double
    /// Resident bytes of the process.
    public var memory: Int?

    public init(
      step: Int, loss: Double, learningRate: Double, gradientNorm: Double? = nil, tokensPerSecond: Double,
      imagesPerSecond: Double? = nil, dataWait: Double, memory: Int? = nil
    ) {
      (self.step, self.loss, self.learningRate, self.gradientNorm) = (step, loss, learningRate, gradientNorm)
      (self.tokensPerSecond, self.imagesPerSecond) = (tokensPerSecond, imagesPerSecond)
      (self.dataWait, self.memory) = (dataWait, memory)
    }
  }

  private let stage: String
  private let total: Int
  private let first: Int
  private let every: Int
  private let isTerminal: Bool
  private let clock: () -> Double
  private var line: LiveLine
  private let started: Double
  private var lastDrawn = -Double.infinity

  /// Progress of a stage on stderr.
  ///
  /// - Parameters:
  ///   - total: the step at which the stage ends.
  ///   - first: the step after which this process starts: those before it cost it no time.
  ///   - every: where stderr is no terminal, each so many steps have a line, as the last one does.
  public convenience init(stage: String, total: Int, startingAfter first: Int = 0, every: Int = 10) {
    self.init(
      stage: stage, total: total, startingAfter: first, every: every,
      columns: Talk.isTerminal ? Talk.errorWidth : nil,
      write: { Talk.write($0) }, clock: { ProcessInfo.processInfo.systemUptime })
  }

  /// Progress on a terminal of so many columns, or on none.
  package init(
    stage: String, total: Int, startingAfter first: Int, every: Int, columns: Int?,
    write: @escaping (String) -> Void, clock: @escaping () -> Double
  ) {
    (self.stage, self.total, self.first, self.every) = (stage.visible, total, first, max(every, 1))
    line = LiveLine(isTerminal: columns != nil, width: columns ?? 80, write: write)
    (isTerminal, self.clock, started) = (columns != nil, clock, clock())
  }

  /// Takes notice of a finished step.
  public func update(_ step: Step) {
    let now = clock()
    if isTerminal {
      // Ten drawings a second are enough for the eye; the last one always shows.
      guard now - lastDrawn >= 0.1 || step.step >= total else { return }
      lastDrawn = now
      line.show("\(stage) \(ProgressBar.text(done: step.step, of: total, width: 20)) \(text(step, now))")
    } else if step.step % every == 0 || step.step >= total {
      line.show("\(stage) \(text(step, now))")
    }
  }

  /// Writes a line that stays: a validation's loss, a checkpoint's path, a warning.
  public func note(_ text: String) { line.say(text) }

  /// Leaves the bar's line.
  public func finish() { line.finish() }

  private func text(_ step: Step, _ now: Double) -> String {
    var parts = ["\(step.step)/\(total)", "loss " + Self.loss(step.loss)]
    // Most wanted first: a narrow terminal cuts the line's end.
    let done = step.step - first
    if done > 0 && step.step < total {
      parts.append("\(Words.duration(Double(total - step.step) * (now - started) / Double(done))) left")
    }
    parts.append("\(Words.rate(step.tokensPerSecond)) tokens/s")
    if let rate = step.imagesPerSecond { parts.append("\(Words.rate(rate)) images/s") }
    parts.append("lr " + Self.small(step.learningRate))
    if let norm = step.gradientNorm { parts.append("grad " + Self.loss(norm)) }
    parts.append(String(format: "wait %.1f%%", step.dataWait * 100))
    if let bytes = step.memory { parts.append(String(format: "%.0f MB", Double(bytes) / 1e6)) }
    return parts.joined(separator: ", ")
  }

  private static func loss(_ value: Double) -> String {
    value.isFinite
      ? String(format: abs(value) < 0.01 && value != 0 ? "%.2e" : "%.4f", value)
      : value.isNaN ? "nan" : "\(value)"
  }

  private static func small(_ value: Double) -> String { String(format: "%.3g", value) }
}
