internal import TesseraCore

/// The share of answers that the model ended by itself, with a token that says so, before it was cut off.
public enum StopRate {
  /// The share of answers whose last id is one of `stops`, 0...1.
  ///
  /// - Throws: `invalidInput` if there are no answers.
  public static func score(_ answers: [[Int]], stops: Set<Int>) throws -> Double {
    try score(stopped: answers.count { $0.last.map(stops.contains) ?? false }, of: answers.count)
  }

  /// The share of answers, 0...1.
  ///
  /// - Throws: `invalidInput` if there are no answers.
  public static func score(stopped: Int, of count: Int) throws -> Double {
    guard count > 0 else {
      throw TesseraError(
        .invalidInput(operation: "stop rate", expected: "at least one answer", got: "none"))
    }
    return Double(stopped) / Double(count)
  }
}
