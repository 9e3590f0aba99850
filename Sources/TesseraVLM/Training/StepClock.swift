private import Foundation

/// Measures the parts of a step.
struct StepClock {
  private var times = StepTimes()
  private let start: Double
  private var last: Double

  init() {
    start = Self.now
    last = start
  }

  private static var now: Double { ProcessInfo.processInfo.systemUptime }

  /// The time since the last mark belongs to a part.
  mutating func mark(_ part: WritableKeyPath<StepTimes, Double>) {
    let now = Self.now
    times[keyPath: part] += now - last
    last = now
  }

  /// The whole.
  func finish() -> StepTimes {
    var times = times
    times.total = Self.now - start
    return times
  }
}
