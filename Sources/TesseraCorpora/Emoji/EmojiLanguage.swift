internal import TesseraCore

/// A language in which Emoji asks.
public struct EmojiLanguage: Sendable, Hashable {
  /// CLDR's name of the language.
  public let name: String
  /// *What is this?*
  public let question: String

  /// The languages that have a question.
  public static let all = [
    ("de", "Was ist das?"), ("en", "What is this?"), ("es", "¿Qué es esto?"), ("fr", "Qu’est-ce que c’est ?"),
    ("it", "Che cos’è?"), ("ja", "これは何ですか？"), ("nl", "Wat is dit?"), ("pt", "O que é isto?"),
    ("ru", "Что это?"), ("sv", "Vad är det här?"), ("zh", "这是什么？"),
  ].map { EmojiLanguage(name: $0.0, question: $0.1) }

  private init(name: String, question: String) {
    self.name = name
    self.question = question
  }

  /// The language of a name.
  ///
  /// - Throws: `invalidArgument` that lists those there are.
  public init(_ name: String) throws {
    guard let found = Self.all.first(where: { $0.name == name }) else {
      let names = Self.all.map(\.name).joined(separator: ", ")
      throw TesseraError(.invalidArgument(name: "a language", expected: "one of \(names)", got: "'\(name)'"))
    }
    self = found
  }
}
