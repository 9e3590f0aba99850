internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData
public import TesseraTracking

/// Data that is not trained on, ready to be put to a model: its loss and, where it has questions, its answers, each
/// beside the same with other samples' pictures and with blank ones.
public struct HeldOutSet {
  /// What a model came to.
  public struct Result: Sendable {
    /// Every metric with its controls.
    public var table: EvaluationTable
    /// The answers by what was seen; none for a set of text alone.
    public var replies: [Evaluator.Sight: [Evaluator.Reply]]
    public var losses: [Evaluator.Sight: HeldOutLoss.Result]
    public var scores: [Evaluator.Sight: EvaluationScores]
  }

  public let name: String
  /// The questions; nil for text alone.
  public var evaluator: Evaluator?
  /// The processes that measure together; they find the same.
  public var group = ProcessGroup.alone { didSet { evaluator?.group = group } }
  /// What the loss is looked at on.
  public let content: TrainingSource
  /// The training set's most frequent answers; nil for the set's own.
  public var majority: MajorityBaseline?
  /// Whether everything is also done with other samples' pictures and with blank ones.
  public var isControlled = true
  /// What matrix products of the loss are computed in; nil for the weights' type.
  public var autocast: TorchType?
  /// The loader's threads; nil for one a core.
  public var threads: Int?
  private let builder: SampleBuilder
  private let isFixedSize: Bool

  /// - Parameters:
  ///   - content: the samples, as `TrainingSource.open` gives them.
  ///   - isFixedSize: whether the processor brings every picture to one size.
  /// - Throws: what a record throws.
  public init(
    _ name: String, _ content: TrainingSource, _ builder: SampleBuilder, isFixedSize: Bool
  ) throws {
    (self.name, self.content, self.builder, self.isFixedSize) = (name, content, builder, isFixedSize)
    if let dataset = content.records, try Self.asks(dataset) {
      evaluator = try Evaluator(dataset, builder.processor)
    }
  }

  /// Whether there is a caption or a conversation; documents ask nothing.
  private static func asks(_ dataset: any Dataset) throws -> Bool {
    for index in 0..<dataset.count {
      let sample = try dataset.sample(at: index)
      if !sample.pictures.isEmpty || !sample.conversation.isEmpty { return true }
    }
    return false
  }

  private var sights: [Evaluator.Sight] {
    let hasPictures =
      if case .records(_, let census) = content.content { census.images > 0 } else { false }
    return isControlled && hasPictures ? Evaluator.Sight.allCases : [.real]
  }

  /// The evaluator's metrics, the most frequent answers being those of the training set where it is known.
  private func metrics(_ evaluator: Evaluator) -> [any Metric<Evaluator.Reply>] {
    evaluator.metrics.map { $0 is MajorityMetric ? MajorityMetric(majority) : $0 }
  }

  /// Puts the set to a model.
  ///
  /// - Parameters:
  ///   - say: gets what is found with each kind of pictures, when it is there.
  ///   - progress: called now and then with the questions that are answered.
  /// - Throws: what data and model throw.
  public func measure(
    _ model: LlavaModel, say: (String) -> Void = { _ in },
    progress: (_ sight: Evaluator.Sight, _ done: Int, _ count: Int) -> Void = { _, _, _ in }
  ) throws -> Result {
    var result = Result(table: EvaluationTable(name, []), replies: [:], losses: [:], scores: [:])
    for sight in sights {
      let loss = try HeldOutLoss(
        [content], builder, samples: evaluator?.batch ?? 8, threads: threads, fixedSize: isFixedSize,
        sight: sight, group: group
      ).measure(model, autocast: autocast)
      result.losses[sight] = loss
      var words = "loss \(Float(loss.loss)) per learned token"
      if let evaluator {
        let replies = try evaluator.replies(model, sight) { progress(sight, $0, evaluator.questions.count) }
        let scores = try EvaluationScores(replies, metrics(evaluator))
        (result.replies[sight], result.scores[sight]) = (replies, scores)
        words = "\(scores); \(words)"
      }
      say("\(name), \(sight.rawValue) pictures: \(words)")
    }
    result.table.rows = EvaluationScores.rows(result.scores) + HeldOutLoss.rows(result.losses)
    if majority == nil && evaluator != nil {
      result.table.note = "The most frequent answers are this set's own: no training set was named."
    }
    return result
  }
}

extension HeldOutLoss {
  /// A row for each figure, with its controls.
  static func rows(_ losses: [Evaluator.Sight: Result]) -> [EvaluationTable.Row] {
    func row(_ name: String, _ count: Int?, _ value: (Result) -> Double) -> EvaluationTable.Row {
      EvaluationTable.Row(
        name, count: count, format: .loss(decimals: 4), real: losses[.real].map(value),
        shuffled: losses[.shuffled].map(value), blank: losses[.blank].map(value))
    }
    return [
      row("loss per learned token", losses[.real]?.tokens) { $0.loss },
      row("bits per byte", nil) { $0.bitsPerByte },
    ]
  }
}

extension HeldOutSet.Result {
  /// Some answers with their pictures, spread over the kinds of questions: what was said seeing the picture, another
  /// one, and none.
  ///
  /// - Throws: what reading a picture throws.
  package func histories(_ count: Int) throws -> [AnswerHistory] {
    let real = replies[.real] ?? []
    let places = Question.places(real.map(\.question), count)
    return try places.map { place in
      let question = real[place].question
      let answers = Evaluator.Sight.allCases.compactMap { sight -> AnswerHistory.Answer? in
        guard let reply = replies[sight]?[place] else { return nil }
        return AnswerHistory.Answer(
          stage: "\(sight.rawValue) picture", step: 0, reply.answer, isRight: reply.isRight)
      }
      return AnswerHistory(
        picture: try question.pictures.first?.encodedBytes(), name: question.name, question: question.words,
        expected: question.reference, answers: answers)
    }
  }
}
