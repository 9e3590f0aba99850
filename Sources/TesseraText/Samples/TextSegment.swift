/// A piece of a sample: text that is learned or not, or a picture.
public enum TextSegment: Sendable, Equatable {
  /// Text; learned means that the loss counts its tokens.
  case text(String, isLearned: Bool)
  /// The picture with an index among those of the sample.
  case image(Int)

  /// Segments of pieces: neighbouring texts that are learned alike become one, so that a tokenizer sees whole words.
  static func joined(_ pieces: [ChatPiece]) -> [TextSegment] {
    var segments: [TextSegment] = []
    var pictures = 0
    for piece in pieces {
      guard let text = piece.text else {
        segments.append(.image(pictures))
        pictures += 1
        continue
      }
      if text.isEmpty { continue }
      if case .text(let before, piece.isLearned)? = segments.last {
        segments[segments.count - 1] = .text(before + text, isLearned: piece.isLearned)
      } else {
        segments.append(.text(text, isLearned: piece.isLearned))
      }
    }
    return segments
  }
}
