internal import TesseraCore

/// The share of answers that equal one of their references.
public enum ExactMatch {
  /// Whether an answer equals one of its references.
  public static func isMatch(
    _ answer: String, _ references: [String], _ normalization: TextNormalization = .standard
  ) -> Bool {
    let answer = normalization(answer)
    return references.contains { normalization($0) == answer }
  }

  /// The share of answers that equal one of their references, 0...1.
  ///
  /// - Throws: `invalidInput` if there are no answers, or not as many as lists of references.
  public static func score(
    _ answers: [String], references: [[String]], _ normalization: TextNormalization = .standard
  ) throws -> Double {
    try MetricInput.check("exact match", answers.count, references)
    let count = zip(answers, references).count { isMatch($0, $1, normalization) }
    return Double(count) / Double(answers.count)
  }
}
