internal import TesseraCore
internal import TesseraData
internal import TesseraText

/// Makes preferences out of questions with answers: each right answer beside wrong ones.
///
/// Wrong ones are the right one with an attribute changed, or what a model says itself: its own mistakes are what a reward
/// will have to tell from right answers.
public struct PreferenceMaker: Sendable {
  /// A question with its wrong answers.
  public struct Preference: Sendable {
    public var question: Question
    public var rejected: [String]
  }

  /// Wrong answers by changing attributes; nil for none.
  public var attributes: AttributeWords?
  /// Changed answers of a question, at most.
  public var corruptions = 1
  /// Draws of each question from the model; 0 for none.
  public var draws = 0
  /// Of those, different wrong answers that are kept of a question, at most.
  public var mistakes = 3
  /// What the model's logits are divided by before it draws.
  public var temperature = 1.0
  /// What chance starts from: equal seeds give equal preferences.
  public var seed: UInt64 = 0

  public init() {}

  /// How many preferences came of what.
  public struct Tally: Sendable, Hashable {
    public var questions = 0
    public var corruptions = 0
    public var mistakes = 0
    /// Questions of which nothing could be made: no attribute to change, and no mistake.
    public var leftOut = 0

    public init() {}

    public static func += (sum: inout Tally, other: Tally) {
      sum.questions += other.questions
      sum.corruptions += other.corruptions
      sum.mistakes += other.mistakes
      sum.leftOut += other.leftOut
    }
  }

  /// The preferences of questions, in their order.
  ///
  /// - Parameters:
  ///   - model: what draws; nil where `draws` is 0.
  ///   - processor: of the model's directory.
  ///   - maximumAnswer: tokens of a drawn answer at most.
  ///   - progress: called after each batch of draws with the questions that are answered.
  /// - Throws: what pictures and the model throw.
  public func preferences(
    _ questions: [Question], _ model: LlavaModel? = nil, _ processor: Processor? = nil,
    maximumAnswer: Int = 48, progress: (_ answered: Int) -> Void = { _ in }
  ) throws -> (preferences: [Preference], tally: Tally) {
    var mistakes = [[String]](repeating: [], count: questions.count)
    if draws > 0, let model, let processor {
      var evaluator = try Evaluator(questions, processor)
      evaluator.maximumAnswer = maximumAnswer
      let drawn = try evaluator.draws(draws, model, temperature: temperature, seed: seed, progress: progress)
      for (index, replies) in drawn.enumerated() {
        for reply in replies {
          // What was cut off is no answer, and what is only spelled otherwise is not wrong.
          // White space that a template puts before an answer would tell the model's from the right ones.
          let answer = reply.answer.trimmed
          guard reply.isStopped, !reply.isRight, !answer.isEmpty, !mistakes[index].contains(answer) else {
            continue
          }
          mistakes[index].append(answer)
        }
      }
    }
    var (result, tally): ([Preference], Tally) = ([], Tally())
    for (index, question) in questions.enumerated() {
      tally.questions += 1
      let made = corrupted(question.reference, index: index)
      let own = mistakes[index].prefix(self.mistakes).filter { !made.contains($0) }
      guard !made.isEmpty || !own.isEmpty else {
        tally.leftOut += 1
        continue
      }
      tally.corruptions += made.count
      tally.mistakes += own.count
      result.append(Preference(question: question, rejected: made + own))
    }
    return (result, tally)
  }

  /// Some of an answer's corruptions, each as likely.
  private func corrupted(_ answer: String, index: Int) -> [String] {
    guard let attributes, corruptions > 0 else { return [] }
    var all = attributes.corruptions(of: answer)
    var random = RandomStream(seed: seed, sample: UInt64(index), operation: 0x7072_6566)
    var chosen: [String] = []
    while !all.isEmpty, chosen.count < corruptions {
      chosen.append(all.remove(at: random.integer(in: 0...all.count - 1)))
    }
    return chosen
  }
}

extension PreferenceMaker.Preference {
  /// The record, as TRL and `PreferenceDataset` read it: `rejected` is a text, or an array where there are several.
  ///
  /// - Parameter folder: where the file will be: pictures are named from there.
  /// - Throws: `unsupported` for a picture that is no file (a member of a tar, say).
  func json(from folder: String) throws -> JSONText {
    let paths = try question.pictures.map { picture -> JSONText in
      guard case .file(let path) = picture else {
        throw TesseraError(
          .unsupported(
            format: "preferences", feature: "a picture that is no file of its own (tessera unpack makes one)"),
          path: picture.name)
      }
      return .string(RelativePath.of(path, from: folder))
    }
    // Readers put pictures without marks before the first words: only others need theirs.
    let first = question.messages.firstIndex { $0.role == "user" }
    let isPlain = question.messages.enumerated().allSatisfy { index, message in
      let rest = index == first ? message.content.drop { $0 == .image } : message.content[...]
      return !rest.contains(.image)
    }
    let turns = question.messages.map { message -> JSONText in
      let parts = message.content.compactMap { part -> String? in
        switch part {
        case .text(let text): text
        case .image: isPlain ? nil : "<image>"
        }
      }
      return .object([("role", .string(message.role)), ("content", .string(parts.joined()))])
    }
    var members: [(key: String, value: JSONText)] = [
      ("prompt", .array(turns)), ("chosen", .array([Self.turn(question.reference)])),
      (
        "rejected",
        rejected.count == 1 ? .array([Self.turn(rejected[0])]) : .array(rejected.map { .string($0) })
      ),
    ]
    if !paths.isEmpty { members.append(("images", .array(paths))) }
    if let category = question.category { members.append(("category", .string(category))) }
    return .object(members)
  }

  private static func turn(_ text: String) -> JSONText {
    .object([("role", "assistant"), ("content", .string(text))])
  }

  /// Writes preferences as JSON lines, aside first.
  ///
  /// - Throws: what a record and the disk throw.
  public static func write(_ preferences: [PreferenceMaker.Preference], to path: String) throws {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    let lines = try preferences.map { try $0.json(from: folder).text + "\n" }
    try AtomicFile.write(Array(lines.joined().utf8), to: path)
  }
}
