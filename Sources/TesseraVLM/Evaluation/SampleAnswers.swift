internal import TesseraCore
public import TesseraTracking
internal import TesseraText

/// Asks a few fixed questions as a training goes on, so that a person sees what is learned when.
public final class SampleAnswers: TrainingCallback {
  private let stage: String
  private let every: Int
  private let total: Int
  private let model: LlavaModel
  private let evaluator: Evaluator
  private let log: RunLog?
  private let board: TensorBoardWriter?
  /// Gets a line for people at each look: how many answers are right, and the first question with its answer.
  public var say: (String) -> Void = { _ in }

  /// - Parameters:
  ///   - every: steps from one look to the next; 0 for none but at the first and the last step.
  ///   - evaluator: the questions, all of which are asked each time.
  public init(
    stage: String, every: Int, total: Int, model: LlavaModel, evaluator: Evaluator, log: RunLog?,
    board: TensorBoardWriter?
  ) {
    (self.stage, self.every, self.total, self.model) = (stage, every, total, model)
    (self.evaluator, self.log, self.board) = (evaluator, log, board)
  }

  public func step(_ record: StepRecord) throws -> StepFindings {
    let isDue = record.step == 1 || record.step == total || (every > 0 && record.step % every == 0)
    guard isDue else { return StepFindings() }
    var lines: [String] = []
    var right = 0
    for (index, reply) in try evaluator.replies(model).enumerated() {
      let question = reply.question.words
      try log?.append(
        .sample(
          "\(index)", question: question, answer: reply.answer, expected: reply.question.reference,
          isRight: reply.isRight, stage: stage, step: record.step))
      if reply.isRight { right += 1 }
      lines.append(
        "\(question) → \(reply.answer)"
          + (reply.question.reference.isEmpty
            ? "" : reply.isRight ? " (right)" : " (expected: \(reply.question.reference))")
      )
    }
    try board?.text("\(stage)/answers", lines.joined(separator: "\n\n"), step: record.step)
    if let first = lines.first {
      let hasAnswers = evaluator.questions.contains { !$0.reference.isEmpty }
      let count = hasAnswers ? "\(right) of \(lines.count) sample answers are right; the first: " : ""
      say("step \(record.step): \(count)\(first)")
    }
    return StepFindings()
  }
}

extension Question {
  /// What the last turn asks, without its pictures.
  package var words: String {
    let parts = (messages.last?.content ?? []).map { part -> String in
      if case .text(let text) = part { text } else { "" }
    }
    return parts.joined()
  }
}

extension Evaluator {
  /// The same with some of the questions.
  func sampled(_ count: Int, batch: Int? = nil) -> Evaluator {
    var some = self
    some.questions = Question.spread(questions, count)
    some.batch = batch ?? max(1, count)
    return some
  }
}
