public import TesseraCore
public import TesseraData
public import TesseraText

/// Text for language pretraining: documents one after another, each behind the token that ends a text, cut into blocks
/// of equal length. Every token of a block is learned but its first.
///
/// The last tokens, fewer than a block, are left out.
public struct TokenBlocks: Dataset {
  /// Tokens of a block.
  public let length: Int
  /// All tokens.
  private let ids: [UInt32]
  /// Documents that they come from.
  public let documents: Int
  /// UTF-8 bytes of the documents.
  public let bytes: Int
  /// The bytes that the learned tokens stand for: the documents' by the learned tokens' share of all, for the first of
  /// a block is not learned and the last tokens are in none.
  public var learnedBytes: Int {
    Int((Double(bytes) * Double(count * (length - 1)) / Double(max(1, ids.count))).rounded())
  }
  /// Documents that could not be had, and why.
  public let failures: [(index: Int, error: TesseraError)]
  private let source: Fingerprint

  /// Tokenises documents.
  ///
  /// - Parameters:
  ///   - documents: samples with `text`.
  ///   - shortens: whether documents that are shorter than a block, all together, make a block of their length.
  /// - Throws: `invalidInput` where all documents together are shorter than a block; what the fingerprint throws.
  public init(
    _ documents: any Dataset, _ tokenizer: Tokenizer, endToken: Int?, length: Int, shortens: Bool = false
  ) throws {
    var ids: [UInt32] = []
    var bytes = 0
    var failures: [(Int, TesseraError)] = []
    for index in 0..<documents.count {
      do {
        let text = try documents.sample(at: index).text ?? ""
        ids += tokenizer.encode(text, addSpecialTokens: false).map { UInt32($0) }
        if let endToken { ids.append(UInt32(endToken)) }
        bytes += text.utf8.count
      } catch let error as TesseraError { failures.append((index, error.with(index: index))) }
    }
    let length = shortens ? min(length, max(2, ids.count)) : length
    guard ids.count >= length else {
      throw TesseraError(
        .invalidInput(
          operation: "text for pretraining", expected: "at least a block of \(length) tokens",
          got: "\(ids.count) tokens in \(documents.count) documents"))
    }
    self.ids = ids
    self.length = length
    self.documents = documents.count
    self.bytes = bytes
    self.failures = failures
    source = try documents.fingerprint()
  }

  public var count: Int { ids.count / length }

  public func sample(at index: Int) throws -> Sample { Sample(name: "block \(index + 1)") }

  public func fingerprint() throws -> Fingerprint { Fingerprint("blocks", source.hex, "\(length)") }

  /// A block as a sample of tokens.
  public func tokens(at index: Int) -> TokenizedSample {
    let block = ids[index * length..<(index + 1) * length].map { Int($0) }
    return TokenizedSample(
      ids: block, isLearned: [false] + Array(repeating: true, count: length - 1), imageSpans: [])
  }
}
