internal import TesseraCore
public import TesseraData
public import TesseraText

/// How well a tokenizer fits a corpus: tokens for its bytes, and whether every text comes back as it was.
public struct TokenizerMeasure: Sendable, Hashable {
  /// Texts that were encoded.
  public private(set) var texts = 0
  public private(set) var bytes = 0
  public private(set) var tokens = 0
  /// Texts that did not come back.
  public private(set) var lost = 0
  /// The first of them.
  public private(set) var firstLost: String?

  public init() {}

  /// Bytes that a token stands for, on average; 0 where there are none.
  public var bytesPerToken: Double { tokens == 0 ? 0 : Double(bytes) / Double(tokens) }

  /// Encodes a text and decodes it again.
  ///
  /// - Throws: what decoding throws.
  public mutating func add(_ text: String, _ tokenizer: Tokenizer) throws {
    let ids = tokenizer.encode(text, addSpecialTokens: false)
    texts += 1
    bytes += text.utf8.count
    tokens += ids.count
    // Bytes, not what looks the same.
    guard try !tokenizer.decode(ids, skipSpecialTokens: false).utf8.elementsEqual(text.utf8) else { return }
    lost += 1
    if firstLost == nil { firstLost = text }
  }

  /// Encodes what is said in a sample.
  public mutating func add(_ sample: Sample, _ tokenizer: Tokenizer) throws {
    for text in CorpusTexts.of(sample) { try add(text, tokenizer) }
  }
}
