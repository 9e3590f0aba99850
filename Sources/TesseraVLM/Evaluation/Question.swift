internal import TesseraCore
public import TesseraData
public import TesseraText

/// Something that a model is asked, and what it should say.
public struct Question: Sendable {
  /// The turns before the answer.
  public var messages: [ChatMessage]
  public var pictures: [PictureSource]
  /// Empty where nobody knows the answer.
  public var reference: String
  /// What accuracy is told by: a question's type.
  public var category: String?
  public var name: String

  /// A question; `pictures` in the order of their places in the turns.
  public init(
    messages: [ChatMessage], pictures: [PictureSource] = [], reference: String, category: String? = nil,
    name: String = ""
  ) {
    (self.messages, self.pictures, self.reference) = (messages, pictures, reference)
    (self.category, self.name) = (category, name)
  }

  /// The questions of a data set's first records.
  ///
  /// - Parameters:
  ///   - limit: questions at most; nil for all.
  ///   - open: whether a conversation without an answer is asked too.
  /// - Throws: what a record throws.
  public static func all(of dataset: any Dataset, limit: Int? = nil, open: Bool = false) throws -> [Question]
  {
    var questions: [Question] = []
    for index in 0..<dataset.count where questions.count < limit ?? .max {
      questions += try all(of: dataset.sample(at: index), open: open)
    }
    return limit.map { Array(questions.prefix($0)) } ?? questions
  }

  /// Some questions, spread over all of them and over their categories in turn: neighbours are often of one picture.
  static func spread(_ questions: [Question], _ count: Int) -> [Question] {
    places(questions, count).map { questions[$0] }
  }

  /// The places of some questions, as `spread` takes them, ascending.
  static func places(_ questions: [Question], _ count: Int) -> [Int] {
    let step = max(1, questions.count / max(1, count))
    let categories = Set(questions.map { $0.category ?? "" }).sorted()
    return stride(from: 0, to: questions.count, by: step).prefix(count).enumerated().map { number, start in
      let wanted = categories[number % categories.count]
      // The next of the category whose turn it is, no further than the next stride.
      let range = start..<min(start + step, questions.count)
      return range.first { (questions[$0].category ?? "") == wanted } ?? start
    }
  }

  /// The questions of a record: each answer of its conversation, or its caption.
  ///
  /// - Parameter open: whether a conversation that has no answer is a question too, with an empty reference.
  /// - Throws: `invalidInput` for a record without text.
  public static func all(of sample: Sample, open: Bool = false) throws -> [Question] {
    let messages = try SampleBuilder.messages(sample)
    if open, messages.last?.role == "user", !messages.contains(where: { $0.role == "assistant" }) {
      return [
        Question(
          messages: messages, pictures: sample.pictures, reference: "", category: sample.category,
          name: sample.name)
      ]
    }
    return messages.indices.compactMap { index in
      guard messages[index].role == "assistant", index > 0 else { return nil }
      let reference = messages[index].content.compactMap {
        if case .text(let text) = $0 { text } else { nil }
      }
      let before = Array(messages[..<index])
      let count = before.reduce(0) { $0 + $1.imageCount }
      return Question(
        messages: before, pictures: Array(sample.pictures.prefix(count)), reference: reference.joined(),
        category: sample.category, name: sample.name)
    }
  }
}
