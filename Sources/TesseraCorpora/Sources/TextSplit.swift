/// What a document is in a file of text.
public enum TextSplit: String, Sendable, Hashable, Codable, CaseIterable {
  /// The whole file.
  case file
  /// Each line that is not blank.
  case lines
  /// Lines that follow each other; blank lines stand between documents.
  case paragraphs
}
