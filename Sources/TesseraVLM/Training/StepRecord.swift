/// What one optimiser step did.
public struct StepRecord: Sendable, Hashable {
  /// 1 for the first.
  public var step: Int
  /// The mean over the step's units; not a number where it was not finite.
  public var loss: Double
  /// What the loss is a mean over.
  public var units: Int
  public var learningRate: Double
  /// The joint Euclidean norm of all gradients, before clipping.
  public var gradientNorm: Double
  /// Whether the parameters stayed as they were: the gradient was not finite, or none of the step's samples could be
  /// read (`units` is 0).
  public var isSkipped: Bool
  /// The samples of a step that was passed over; empty for the others.
  public var skippedSamples: [String]
  public var tokens: Int
  public var images: Int
  public var failures: Int
  /// Seconds, not the same in two runs.
  public var times: StepTimes
}

/// Where a step's time went, in seconds.
public struct StepTimes: Sendable, Hashable {
  /// Waiting for the data.
  public var data = 0.0
  public var forward = 0.0
  public var backward = 0.0
  /// Waiting for other ranks' gradients, after the way back.
  public var exchange = 0.0
  public var optimizer = 0.0
  /// The whole step; what the others leave is the rest.
  public var total = 0.0

  public init() {}

  public static func += (sum: inout StepTimes, other: StepTimes) {
    sum.data += other.data
    sum.forward += other.forward
    sum.backward += other.backward
    sum.exchange += other.exchange
    sum.optimizer += other.optimizer
    sum.total += other.total
  }

  /// What is none of the parts: logging, evaluation, saving.
  public var rest: Double { max(0, total - data - forward - backward - exchange - optimizer) }
}

extension Double {
  /// As people write it: `nan` for every bit pattern that is none.
  var words: String { isNaN ? "nan" : "\(self)" }
}
