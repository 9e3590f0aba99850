internal import TesseraCore
public import TesseraData
public import TesseraText

/// Makes a tokenizer for a model that is trained from nothing: vocabulary, special tokens, template, all files.
///
///     var maker = try TokenizerMaker(vocabularySize: 4_000, template: .chatML)
///     for index in 0..<dataset.count { maker.add(try dataset.sample(at: index)) }
///     let made = try maker.train()
///     try made.write(to: "tokenizer")
///
/// A byte-level BPE, so every text can be encoded and comes back as it was. It is learned on samples as the template
/// writes them, since that is what a model reads: an answer behind `ASSISTANT:` begins with a blank. Special tokens
/// come first, in this order: `<pad>`, `<s>`, the end of an answer, `<image>`, the template's, further ones. Padding
/// is a token of its own: a model that pads with its end token never learns to stop.
public struct TokenizerMaker: Sendable {
  /// The special tokens' roles.
  public struct Tokens: Sendable, Hashable {
    public var pad: String
    /// What begins a text.
    public var beginning: String
    /// What ends an answer or a text; nil for the template's.
    public var end: String?
    /// What stands for a picture.
    public var image: String
    /// Further ones.
    public var others: [String]

    public init(
      pad: String = "<pad>", beginning: String = "<s>", end: String? = nil, image: String = "<image>",
      others: [String] = []
    ) {
      (self.pad, self.beginning, self.end) = (pad, beginning, end)
      (self.image, self.others) = (image, others)
    }
  }

  public let template: TokenizerTemplate
  /// The special tokens in the order of their ids.
  public let specialTokens: [String]
  /// Samples that the template does not take; their texts were learned as they stand.
  public private(set) var unrendered = 0
  /// Texts without a conversation around them, and samples, that were added.
  public private(set) var added = 0

  private let chat: ChatTemplate
  private let words: ChatTokens
  private let roles: (pad: String, beginning: String, end: String, image: String)
  private var trainer: BPETrainer

  /// - Parameters:
  ///   - vocabularySize: tokens at most, special ones and the 256 bytes among them.
  ///   - split: how text is cut before pairs are merged.
  ///   - minimumFrequency: a pair that occurs less often is not merged.
  /// - Throws: `invalidArgument` for roles that share a token, for an empty token, for a vocabulary without room for
  ///   the special tokens and the bytes; what a Jinja template's mistakes throw.
  public init(
    vocabularySize: Int, split: SplitPattern = .llama3, template: TokenizerTemplate = .chatML,
    tokens: Tokens = Tokens(), minimumFrequency: Int = 2
  ) throws {
    self.template = template
    chat = try template.chatTemplate()
    let end = tokens.end ?? template.end
    roles = (tokens.pad, tokens.beginning, end, tokens.image)
    let fixed = [tokens.pad, tokens.beginning, end, tokens.image]
    guard Set(fixed).count == fixed.count, !(fixed + tokens.others).contains("") else {
      throw TesseraError(
        .invalidArgument(
          name: "pad, beginning, end and image", expected: "four different tokens, none empty",
          got: fixed.map { "'\($0)'" }.joined(separator: ", ")))
    }
    guard tokens.image == ImageMarks.mark || !Self.isBuiltIn(template) else {
      throw TesseraError(
        .invalidArgument(
          name: "the token of a picture", expected: "\(ImageMarks.mark) with a built-in template",
          got: "'\(tokens.image)'"))
    }
    guard minimumFrequency >= 0 else {
      throw TesseraError(
        .invalidArgument(name: "minimumFrequency", expected: "0 or more", got: "\(minimumFrequency)"))
    }
    var special: [String] = []
    for token in fixed + template.tokens + tokens.others where !special.contains(token) {
      special.append(token)
    }
    specialTokens = special
    guard vocabularySize >= special.count + 256, vocabularySize <= 1 << 22 else {
      throw TesseraError(
        .invalidArgument(
          name: "vocabularySize", expected: "\(special.count + 256) (special tokens and bytes) to \(1 << 22)",
          got: "\(vocabularySize)"))
    }
    words = ChatTokens(bos: tokens.beginning, eos: end, image: tokens.image, special: special)
    trainer = BPETrainer(
      vocabularySize: vocabularySize, minimumFrequency: minimumFrequency, specialTokens: special, split: split
    )
  }

  private static func isBuiltIn(_ template: TokenizerTemplate) -> Bool {
    if case .jinja = template { false } else { true }
  }

  /// A tokenizer of texts in one call.
  ///
  /// - Throws: as `init` and `train`.
  public static func train(
    texts: some Sequence<String>, vocabularySize: Int, split: SplitPattern = .llama3,
    template: TokenizerTemplate = .chatML, tokens: Tokens = Tokens(), minimumFrequency: Int = 2
  ) throws -> TokenizerFiles {
    var maker = try TokenizerMaker(
      vocabularySize: vocabularySize, split: split, template: template, tokens: tokens,
      minimumFrequency: minimumFrequency)
    for text in texts { maker.add(text) }
    return try maker.train()
  }

  /// Adds a text as it stands.
  public mutating func add(_ text: String) {
    added += 1
    learn(text)
  }

  /// Adds a sample: text alone as it stands, captions and conversations as the template writes them.
  public mutating func add(_ sample: Sample) {
    added += 1
    guard let messages = CorpusTexts.messages(sample) else { return learn(sample.text ?? "") }
    do { learn(try chat.render(messages, tokens: words)) } catch {
      // Turns that the template refuses still say what words there are; `validate` names them.
      unrendered += 1
      for text in CorpusTexts.of(sample) { learn(text) }
    }
  }

  /// A special token is never a part of another: it parts the text.
  private mutating func learn(_ text: String) {
    for piece in ImageMarks.pieces(of: text, between: specialTokens) where !piece.isEmpty {
      trainer.add(piece)
    }
  }

  /// Learns the merges of what was added.
  ///
  /// - Throws: `invalidInput` where nothing was added.
  public func train() throws -> TokenizerFiles {
    guard added > 0 else {
      throw TesseraError(
        .invalidInput(operation: "training a tokenizer", expected: "texts", got: "none"))
    }
    return TokenizerFiles(
      tokenizer: try trainer.train(), template: template, specialTokens: specialTokens, pad: roles.pad,
      beginning: roles.beginning, end: roles.end, image: roles.image)
  }
}
