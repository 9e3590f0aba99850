internal import TesseraCore

/// What every metric of texts asks of its input.
enum MetricInput {
  /// - Throws: `invalidInput` if there is nothing to score, the counts differ, or an answer has no reference.
  static func check<Item>(_ metric: String, _ answers: Int, _ references: [[Item]]) throws {
    func wrong(_ expected: String, _ got: String) -> TesseraError {
      TesseraError(.invalidInput(operation: metric, expected: expected, got: got))
    }
    guard answers > 0 else { throw wrong("at least one answer", "none") }
    guard answers == references.count else {
      throw wrong("references for each of \(answers) answers", "those for \(references.count)")
    }
    if let index = references.firstIndex(where: \.isEmpty) {
      throw wrong("a reference for each answer", "none for answer \(index)")
    }
  }
}
