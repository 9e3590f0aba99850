/// Text out of ids that come one at a time: each part as soon as it is certain, never half a character.
///
/// All parts together, with `finish()`, are what `Tokenizer.decode` makes of all ids.
///
///     var stream = StreamDecoder(tokenizer)
///     for id in ids { print(try stream.append(id), terminator: "") }
///     print(stream.finish())
public struct StreamDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipsSpecialTokens: Bool
  private var run: DecoderRun
  private var count = 0

  /// - Parameter skipSpecialTokens: whether special tokens are left out of the text.
  public init(_ tokenizer: Tokenizer, skipSpecialTokens: Bool = true) {
    self.tokenizer = tokenizer
    skipsSpecialTokens = skipSpecialTokens
    run = DecoderRun(tokenizer.decoder)
  }

  /// Takes the next id and returns the text that became certain with it, which may be empty.
  ///
  /// With byte fallback the bytes of a run are held until a token ends it: one byte that does not fit makes
  /// replacement characters of all of them.
  ///
  /// - Throws: `invalidInput` for an id that is not in the vocabulary.
  public mutating func append(_ id: Int) throws -> String {
    defer { count += 1 }
    guard let token = try tokenizer.spelling(of: id, at: count, skipSpecialTokens: skipsSpecialTokens) else {
      return ""
    }
    run.push(token)
    return take(upTo: run.output.count - UTF8Scan.incompleteSuffix(run.output))
  }

  /// The rest of the text: what is incomplete becomes a replacement character.
  public mutating func finish() -> String {
    run.finish()
    return take(upTo: run.output.count)
  }

  private mutating func take(upTo end: Int) -> String {
    let text = String(decoding: run.output[..<end], as: UTF8.self)
    run.output.removeFirst(end)
    return text
  }
}
