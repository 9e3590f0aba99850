internal import TesseraText

extension Processor {
  /// The text that each id adds to those before it, for showing: all together they are the decoded text.
  ///
  /// **Edge cases**: bytes of a character that several tokens make appear with the last of them.
  /// - Throws: `invalidInput` for an id that is not in the vocabulary.
  public func texts(_ ids: [Int]) throws -> [String] {
    var stream = StreamDecoder(tokenizer, skipSpecialTokens: false)
    var texts = try ids.map { try stream.append($0) }
    let rest = stream.finish()
    if !texts.isEmpty { texts[texts.count - 1] += rest }
    return texts
  }
}
