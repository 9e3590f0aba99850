extension LogEntry {
  /// The line of an answer to a question about a fixed picture.
  ///
  /// - Parameter sample: what tells it from the other fixed samples, such as its name in its data set.
  public static func sample(
    _ sample: String, question: String, answer: String, expected: String? = nil, isRight: Bool? = nil,
    stage: String,
    step: Int
  ) -> LogEntry {
    var fields: [(name: String, value: LogValue)] = [
      (LogField.sample, .text(sample)), (LogField.question, .text(question)),
      (LogField.answer, .text(answer)),
    ]
    if let expected { fields.append((LogField.expected, .text(expected))) }
    if let isRight { fields.append((LogField.isRight, .flag(isRight))) }
    return LogEntry(.sample, stage: stage, step: step, fields)
  }
}

extension AnswerHistory {
  /// The histories that a log's lines of kind `sample` tell, in the order of their first answers.
  ///
  /// - Parameter picture: the file of a sample's picture, as a browser reads it; nil for none.
  public static func histories(
    _ entries: [LogEntry], picture: (_ sample: String) throws -> [UInt8]?
  ) rethrows -> [AnswerHistory] {
    var histories: [AnswerHistory] = []
    var places: [[String]: Int] = [:]
    for entry in entries where entry.kind == .sample {
      guard let sample = entry[LogField.sample]?.text, let answer = entry[LogField.answer]?.text else {
        continue
      }
      let question = entry[LogField.question]?.text ?? ""
      let place = places[[sample, question]] ?? histories.count
      if place == histories.count {
        places[[sample, question]] = place
        histories.append(
          AnswerHistory(
            picture: try picture(sample), name: sample, question: question,
            expected: entry[LogField.expected]?.text, answers: []))
      }
      histories[place].answers.append(
        Answer(stage: entry.stage, step: entry.step, answer, isRight: entry[LogField.isRight]?.flag))
    }
    return histories
  }
}
