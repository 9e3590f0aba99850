internal import TesseraCore

/// A piece of a built-in rendering: text, or nil for a picture.
struct ChatPiece: Sendable, Equatable {
  var text: String?
  var isLearned = false
}

/// The built-in ways of writing a conversation, in pieces.
enum ChatSegments {
  static func builtIn(
    _ way: ChatTemplate.Way, _ messages: [ChatMessage], addGenerationPrompt: Bool, _ tokens: ChatTokens
  ) throws -> [ChatPiece] {
    switch way {
    case .plain: try plain(messages, addGenerationPrompt)
    case .v1: try v1(messages, addGenerationPrompt, tokens)
    default: chatML(messages, addGenerationPrompt)
    }
  }

  private static func wrong(_ template: String, _ expected: String, _ got: String) -> TesseraError {
    TesseraError(.invalidInput(operation: "the chat template '\(template)'", expected: expected, got: got))
  }

  /// Adds parts, whose pictures are never learned.
  private static func add(_ content: [ChatMessage.Part], isLearned: Bool, to pieces: inout [ChatPiece]) {
    for piece in ChatMessage.pieces(content) {
      pieces.append(ChatPiece(text: piece, isLearned: piece != nil && isLearned))
    }
  }

  private static func plain(_ messages: [ChatMessage], _ addGenerationPrompt: Bool) throws -> [ChatPiece] {
    var pieces: [ChatPiece] = []
    var answers = 0
    for message in messages {
      switch message.role {
      case "assistant":
        guard message.imageCount == 0 else {
          throw wrong("plain", "a caption without pictures", "a picture in it")
        }
        add(message.content, isLearned: true, to: &pieces)
        pieces.append(ChatPiece(text: "\n", isLearned: true))
        answers += 1
      // Of questions the pictures alone.
      default: pieces += repeatElement(ChatPiece(text: nil), count: message.imageCount)
      }
    }
    guard answers == (addGenerationPrompt ? 0 : 1) else {
      throw wrong(
        "plain", addGenerationPrompt ? "pictures alone for a prompt" : "one caption", "\(answers) captions")
    }
    guard !pieces.isEmpty else {
      throw wrong(
        "plain", "a picture (it writes a picture's caption, and leaves a question's words out)", "words alone"
      )
    }
    return pieces
  }

  /// `system USER: question ASSISTANT: answer</s>USER: …`: the blank before an answer is learned with it, as a model
  /// writes on behind `ASSISTANT:`.
  private static func v1(
    _ messages: [ChatMessage], _ addGenerationPrompt: Bool, _ tokens: ChatTokens
  ) throws -> [ChatPiece] {
    var turns = messages[...]
    var pieces = [ChatPiece(text: ChatTemplate.systemOfV1 + " ")]
    if let first = turns.first, first.role == "system" {
      pieces = []
      add(first.content, isLearned: false, to: &pieces)
      pieces.append(ChatPiece(text: " "))
      turns = turns.dropFirst()
    }
    for (index, turn) in turns.enumerated() {
      let role = index.isMultiple(of: 2) ? "user" : "assistant"
      guard turn.role == role else { throw wrong("v1", "'\(role)' as turn \(index + 1)", "'\(turn.role)'") }
      if role == "user" {
        pieces.append(ChatPiece(text: "USER: "))
        add(turn.content, isLearned: false, to: &pieces)
      } else {
        pieces += [ChatPiece(text: " ASSISTANT:"), ChatPiece(text: " ", isLearned: true)]
        add(turn.content, isLearned: true, to: &pieces)
        pieces.append(ChatPiece(text: tokens.eos, isLearned: true))
      }
    }
    if addGenerationPrompt { pieces.append(ChatPiece(text: " ASSISTANT:")) }
    return pieces
  }

  private static func chatML(_ messages: [ChatMessage], _ addGenerationPrompt: Bool) -> [ChatPiece] {
    var pieces: [ChatPiece] = []
    for message in messages {
      let isLearned = message.role == "assistant"
      pieces.append(ChatPiece(text: "<|im_start|>\(message.role)\n"))
      add(message.content, isLearned: isLearned, to: &pieces)
      pieces += [ChatPiece(text: "<|im_end|>", isLearned: isLearned), ChatPiece(text: "\n")]
    }
    if addGenerationPrompt { pieces.append(ChatPiece(text: "<|im_start|>assistant\n")) }
    return pieces
  }
}
