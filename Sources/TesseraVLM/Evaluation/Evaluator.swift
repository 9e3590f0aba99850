internal import TesseraCore
public import TesseraData
internal import TesseraText

/// Asks a model held-out questions, with their pictures and, as controls, with others and with none to see.
///
/// A model that answers as well without its picture has not looked at it: the difference is what seeing is worth.
public struct Evaluator: Sendable {
  /// What the model sees.
  public enum Sight: String, Sendable, Hashable, CaseIterable {
    /// The question's own pictures.
    case real
    /// Another question's: each is moved on by a fixed number of questions.
    case shuffled
    /// Even gray.
    case blank
  }

  /// A question's answer.
  public struct Reply: Sendable {
    public var question: Question
    public var answer: String
    /// Whether the model ended its answer itself.
    public var isStopped: Bool
    /// Whether the answer is the reference, character by character but for white space at the ends.
    public var isRight: Bool

    public init(_ question: Question, answer: String, isStopped: Bool) {
      (self.question, self.answer, self.isStopped) = (question, answer, isStopped)
      isRight = ExactMatch.isMatch(answer, [question.reference])
    }
  }

  public let processor: Processor
  public var questions: [Question]
  /// Tokens of an answer at most.
  public var maximumAnswer = 48
  /// Prompts that are answered together.
  public var batch = 50
  /// What `scores` measures, one after another; one's own can be added.
  public var metrics = Evaluator.standardMetrics
  /// The processes that answer together, batch by batch in turn; the replies are the same on all, and for any number.
  public var group = ProcessGroup.alone

  /// Exact match, the majority's share, BLEU, CIDEr and the stop rate.
  public static var standardMetrics: [any Metric<Reply>] {
    [ExactMatchMetric(), MajorityMetric(), BLEUMetric(), CIDErMetric(), StopRateMetric()]
  }

  /// - Parameter limit: questions at most, the first ones; nil for all.
  /// - Throws: what a record throws; `invalidInput` where there is nothing to ask.
  public init(_ dataset: any Dataset, _ processor: Processor, limit: Int? = nil) throws {
    try self.init(Question.all(of: dataset, limit: limit), processor)
  }

  /// - Throws: `invalidInput` where there is nothing to ask.
  public init(_ questions: [Question], _ processor: Processor) throws {
    (self.processor, self.questions) = (processor, questions)
    guard !questions.isEmpty else {
      throw TesseraError(.invalidInput(operation: "an evaluation", expected: "a question", got: "none"))
    }
  }

  /// Whether there is anything to see at all.
  public var hasPictures: Bool { questions.contains { !$0.pictures.isEmpty } }

  /// What the model's greedy answers are worth, by `metrics`.
  ///
  /// - Throws: what a picture, the model or a metric throws.
  public func scores(_ model: LlavaModel, _ sight: Sight = .real) throws -> EvaluationScores {
    try EvaluationScores(replies(model, sight), metrics)
  }

  /// The answers, in the questions' order.
  ///
  /// - Parameters:
  ///   - model: what answers.
  ///   - sight: what it sees.
  ///   - options: how tokens are drawn; greedy by default, so that answers hang on nothing but the model.
  ///     `maximumAnswer` bounds their number.
  ///   - progress: called after each batch with the questions that are answered.
  /// - Throws: what a picture or the model throws.
  public func replies(
    _ model: LlavaModel, _ sight: Sight = .real, _ options: GenerationOptions = GenerationOptions(),
    progress: (Int) -> Void = { _ in }
  ) throws -> [Reply] {
    let generator = Generator(model, processor)
    var options = options
    options.maxNewTokens = maximumAnswer
    let said = try group.deal((questions.count + batch - 1) / batch) { number -> [Said] in
      let range = number * batch..<min((number + 1) * batch, questions.count)
      let prompts = try range.map { try prompt($0, sight) }
      defer { progress(range.upperBound) }
      return try generator.answer(prompts, options).answers.map(Said.init)
    }
    return zip(questions, said.joined()).map { $1.reply(to: $0) }
  }

  /// What was said to a question, as ranks tell each other.
  struct Said: Codable {
    var text: String
    var isStopped: Bool

    init(_ answer: Answer) { (text, isStopped) = (answer.text, answer.end == .endToken) }

    func reply(to question: Question) -> Reply { Reply(question, answer: text, isStopped: isStopped) }
  }

  /// A question as the model gets it.
  func prompt(_ index: Int, _ sight: Sight) throws -> Prompt {
    let question = questions[index]
    let pictures = try question.pictures.indices.map { place -> TorchTensor in
      let own = question.pictures[place]
      switch sight {
      case .real: return try processor.pixels(own)
      case .shuffled: return try processor.pixels(other(index, place) ?? own)
      case .blank: return try processor.pixels(own).zerosLike()
      }
    }
    return try processor.prompt(question.messages, pixels: pictures)
  }

  /// The picture at a place of another question, about halfway through all of them.
  private func other(_ index: Int, _ place: Int) -> PictureSource? {
    // Neighbours may be of one picture; half of the list away they are not.
    for step in 0..<questions.count {
      let other = questions[(index + questions.count / 2 + 1 + step) % questions.count].pictures
      if other.indices.contains(place), other[place].name != questions[index].pictures[place].name {
        return other[place]
      }
    }
    return nil
  }
}
