/// Pieces of a sample, encoded so that together they are the whole text's ids wherever they are cut at a token of its
/// own or between pieces that no merge crosses.
extension Tokenizer: TextEncoder {
  package func encode(_ text: String, after context: TextContext) throws -> [Int] {
    var text = text
    return text.withUTF8 { bytes in
      guard case .token(let id) = context else {
        return encodeValid(bytes, false, after: context == .nothing ? .whole : .text)
      }
      // A token that swallows the spaces behind it does so across the cut.
      let start = added.token(id)?.rightStrip == true ? AddedTokens.spacesEnd(bytes, 0) : 0
      return encodeValid(UnsafeBufferPointer(rebasing: bytes[start...]), false, after: .piece)
    }
  }

  /// Tokens that are looked for in normalised text do not begin the text anew.
  package func isToken(_ id: Int) -> Bool { added.token(id).map { !$0.normalized } ?? false }

  package var front: [Int] { postProcessor.before }
}
