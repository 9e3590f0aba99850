internal import TesseraText

/// The share of answers that the model ended itself, before they were cut off.
public struct StopRateMetric: Metric {
  public static let name = "stop rate"

  private var (stopped, count) = (0, 0)

  public init() {}

  public mutating func add(_ reply: Evaluator.Reply) {
    stopped += reply.isStopped ? 1 : 0
    count += 1
  }

  /// - Throws: `invalidInput` for no replies.
  public func scores() throws -> [MetricScore] {
    [MetricScore(Self.name, try StopRate.score(stopped: stopped, of: count))]
  }
}
