public import TesseraData
internal import TesseraText

/// What is said in a sample, without the marks of pictures.
public enum CorpusTexts {
  /// A caption, a text, or the turns of everybody; pieces without a character are left out.
  public static func of(_ sample: Sample) -> [String] {
    let texts = sample.conversation.isEmpty ? [sample.text ?? ""] : sample.conversation.map(\.text)
    return texts.flatMap { ImageMarks.pieces(of: $0) }.filter { !$0.isEmpty }
  }

  /// The sample's turns; a caption is an answer to its pictures. Nil for text alone.
  static func messages(_ sample: Sample) -> [ChatMessage]? {
    guard sample.conversation.isEmpty else {
      return sample.conversation.map {
        ChatMessage(role: $0.role.rawValue, $0.text, imageMark: ImageMarks.mark)
      }
    }
    guard let text = sample.text, !sample.pictures.isEmpty else { return nil }
    let pictures = sample.pictures.map { _ in ChatMessage.Part.image }
    return [ChatMessage(role: "user", content: pictures), ChatMessage(role: "assistant", text)]
  }
}
