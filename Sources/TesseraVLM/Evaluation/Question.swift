internal import TesseraCore
public import TesseraData
public import TesseraText

/// Something that a model is asked, and what it should say.
public struct Question: Sendable {
  /// The turns before the answer.
  public var messages: [ChatMessage]
  public var pictures: [PictureSource]
  public var reference: String
  /// What accuracy is told by: a question's type.
  public var category: String?
  public var name: String

  /// The questions of a record: each answer of its conversation, or its caption.
  ///
  /// - Throws: `invalidInput` for a record without text.
  public static func all(of sample: Sample) throws -> [Question] {
    let messages = try SampleBuilder.messages(sample)
    return messages.indices.compactMap { index in
      guard messages[index].role == "assistant", index > 0 else { return nil }
      let reference = messages[index].content.compactMap { if case .text(let text) = $0 { text } else { nil } }
      let before = Array(messages[..<index])
      let count = before.reduce(0) { $0 + $1.imageCount }
      return Question(
        messages: before, pictures: Array(sample.pictures.prefix(count)), reference: reference.joined(),
        category: sample.category, name: sample.name)
    }
  }
}
