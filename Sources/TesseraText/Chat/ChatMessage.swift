internal import TesseraCore

/// One turn of a conversation: who speaks, and texts and pictures in their order.
public struct ChatMessage: Sendable, Equatable {
  /// A piece of what is said.
  public enum Part: Sendable, Equatable {
    case text(String)
    /// A picture; which one follows from the order of all pictures of the conversation.
    case image
  }

  /// `system`, `user`, `assistant`, or what a checkpoint's template knows besides.
  public var role: String
  public var content: [Part]
  /// Further members for a checkpoint's template (`tool_calls`, `name`), as the text of a JSON object.
  public var members: String?

  public init(role: String, content: [Part], members: String? = nil) {
    self.role = role
    self.content = content
    self.members = members
  }

  /// A turn of text alone.
  public init(role: String, _ text: String) { self.init(role: role, content: [.text(text)]) }

  /// A turn as LLaVA's files have it, where a mark in the text stands for each picture.
  ///
  /// **Edge cases**: `human` becomes `user`, `gpt` becomes `assistant`; text around the marks keeps its white space.
  public init(role: String, _ text: String, imageMark: String) {
    let pieces = JinjaText(text).split(JinjaText(imageMark))
    var content: [Part] = []
    for (index, piece) in pieces.enumerated() {
      if index > 0 { content.append(.image) }
      if !piece.isEmpty { content.append(.text(piece.string)) }
    }
    self.init(role: ["human": "user", "gpt": "assistant"][role] ?? role, content: content)
  }

  /// How many pictures the turn has.
  public var imageCount: Int { content.count { $0 == .image } }
}

extension ChatMessage {
  /// The message as a template sees it: content as a list of typed parts, or as one string with marks for pictures.
  func value(asList: Bool, imageMark: String) throws -> JinjaValue {
    var dictionary = JinjaDictionary([("role", .text(role))])
    if asList {
      dictionary[.text("content")] = .list(
        content.map { part in
          switch part {
          case .text(let text):
            .dictionary(JinjaDictionary([("type", .text("text")), ("text", .text(text))]))
          case .image: .dictionary(JinjaDictionary([("type", .text("image"))]))
          }
        })
    } else {
      dictionary[.text("content")] = .text(Self.text(content, imageMark: imageMark))
    }
    if let members {
      guard case .object(let extra) = try JSONReader.read(Array(members.utf8)) else {
        throw TesseraError(
          .invalidArgument(
            name: "members of a message", expected: "a JSON object", got: String(members.prefix(40))))
      }
      for member in extra { dictionary[.text(member.name)] = JinjaValue(member.value) }
    }
    return .dictionary(dictionary)
  }

  /// Parts as one text: a line's end stands between a picture and text that does not bring one.
  static func text(_ content: [Part], imageMark: String) -> String {
    pieces(content).map { $0 ?? imageMark }.joined()
  }

  /// Texts, nil for a picture, with the line's ends after pictures.
  static func pieces(_ content: [Part]) -> [String?] {
    var pieces: [String?] = []
    for (index, part) in content.enumerated() {
      switch part {
      case .image: pieces.append(nil)
      case .text(let text):
        let followsImage = index > 0 && content[index - 1] == .image
        pieces.append(followsImage && text.unicodeScalars.first != "\n" ? "\n" + text : text)
      }
    }
    return pieces
  }
}
