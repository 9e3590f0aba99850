internal import TesseraCore

/// Learns a byte-level vocabulary from a corpus: byte-pair encoding, the most frequent pair first.
///
///     var trainer = BPETrainer(vocabularySize: 8_000, specialTokens: ["<|endoftext|>"])
///     for text in corpus { trainer.add(text) }
///     let tokenizer = try trainer.train()
///     try write(tokenizer.json())
///
/// Only the corpus's different pieces are kept, so it may be larger than memory. Vocabulary and merges equal those of
/// the `tokenizers` library's `BpeTrainer` on the same texts.
public struct BPETrainer: Sendable {
  /// How many tokens there are at most, special ones and the 256 bytes included.
  public var vocabularySize: Int
  /// A pair that occurs less often is not merged.
  public var minimumFrequency: Int
  /// The first tokens, in this order.
  public var specialTokens: [String]
  /// Which bytes have a token whether they occur or not.
  public var initialAlphabet: InitialAlphabet
  /// How the text is cut.
  public let split: SplitPattern
  /// Whether each text gets a space before it: `add_prefix_space`, which goes with GPT-2's split alone.
  public let addsLeadingSpace: Bool
  /// Whether texts are composed canonically first (NFC).
  public let composes: Bool
  /// Special tokens that `encode` puts before each text and after it; they must be among `specialTokens`.
  public var beginning: String?
  public var end: String?

  /// The bytes that have a token from the start.
  public enum InitialAlphabet: String, Sendable, Hashable, Codable, CaseIterable {
    /// All 256: any text can be encoded.
    case allBytes
    /// Those of the corpus: other bytes are left out of texts.
    case seenBytes
  }

  private let preTokenizer: PreTokenizer
  private let normalizer: TextNormalizer
  /// The corpus's pieces, and how often each occurs.
  private var pieces = TokenTable()
  private var counts: [Int] = []

  /// - Parameters:
  ///   - minimumFrequency: 2 by common use; the `tokenizers` library's own default is 0.
  public init(
    vocabularySize: Int, minimumFrequency: Int = 2, specialTokens: [String] = [],
    initialAlphabet: InitialAlphabet = .allBytes, split: SplitPattern = .llama3,
    addsLeadingSpace: Bool = false,
    composes: Bool = false, beginning: String? = nil, end: String? = nil
  ) {
    precondition(
      !addsLeadingSpace || split == .gpt2, "a leading space goes with the split gpt2, got \(split)")
    self.vocabularySize = vocabularySize
    self.minimumFrequency = minimumFrequency
    self.specialTokens = specialTokens
    self.initialAlphabet = initialAlphabet
    self.split = split
    self.addsLeadingSpace = addsLeadingSpace
    self.composes = composes
    self.beginning = beginning
    self.end = end
    let space: [PreTokenizer.Step] = addsLeadingSpace ? [.leadingSpace] : []
    preTokenizer = PreTokenizer(steps: space + [.pattern(split)], isByteLevel: true)
    normalizer = TextNormalizer(steps: composes ? [.nfc] : [])
  }

  /// Counts the pieces of a text.
  ///
  /// Special tokens in it are text like any other, as with the `tokenizers` library.
  public mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { addValid($0) }
  }

  /// Counts the pieces of a text in UTF-8.
  ///
  /// - Throws: `corrupt` with the place of the first byte that is not UTF-8.
  public mutating func add(utf8 text: [UInt8]) throws {
    try text.withUnsafeBufferPointer { text in
      if let place = UTF8Scan.firstInvalid(text) {
        throw TesseraError(.corrupt(format: "UTF-8", detail: "the byte at \(place) begins no character"))
      }
      addValid(text)
    }
  }

  private mutating func addValid(_ text: UnsafeBufferPointer<UInt8>) {
    if let changed = normalizer.apply(text) {
      changed.withUnsafeBufferPointer { count($0) }
    } else {
      count(text)
    }
  }

  private mutating func count(_ text: UnsafeBufferPointer<UInt8>) {
    preTokenizer.forEachPiece(text, after: .whole) { piece in
      let number = pieces.number(piece)
      if number == counts.count { counts.append(1) } else { counts[number] += 1 }
    }
  }

  // MARK: training

  /// Learns the merges of what was added.
  ///
  /// - Throws: `invalidArgument` where `beginning` or `end` is no special token, or the vocabulary has no room for the
  ///   special tokens and the bytes.
  public func train() throws -> Tokenizer {
    for (name, token) in [("beginning", beginning), ("end", end)] {
      if let token, !specialTokens.contains(where: { $0.utf8.elementsEqual(token.utf8) }) {
        throw TesseraError(
          .invalidArgument(name: name, expected: "one of specialTokens", got: "\"\(token)\""))
      }
    }
    var vocabulary = TokenTable(capacity: max(0, min(vocabularySize, 1 << 20)))
    for token in specialTokens {
      guard !token.isEmpty else {
        throw TesseraError(.invalidArgument(name: "specialTokens", expected: "texts", got: "an empty one"))
      }
      var token = token
      _ = token.withUTF8 { vocabulary.number($0) }
    }
    let bytes = addAlphabet(to: &vocabulary)
    guard vocabulary.count <= vocabularySize else {
      throw TesseraError(
        .invalidArgument(
          name: "vocabularySize", expected: "at least \(vocabulary.count) (special tokens and bytes)",
          got: "\(vocabularySize)"))
    }
    var learner = PairLearner(vocabulary)
    for number in 0..<pieces.limit {
      pieces.withToken(number) { piece in learner.add(piece.map { bytes[Int($0)] }, count: counts[number]) }
    }
    learner.learn(vocabularySize: vocabularySize, minimumFrequency: minimumFrequency)
    return try Tokenizer(json: Array(json(learner.vocabulary, learner.merges).text.utf8))
  }

  /// Adds the bytes' characters by code point, and returns each byte's id.
  private func addAlphabet(to vocabulary: inout TokenTable) -> [Int32] {
    var isWanted = [Bool](repeating: initialAlphabet == .allBytes, count: 256)
    if initialAlphabet == .seenBytes {
      for number in 0..<pieces.limit {
        pieces.withToken(number) { for byte in $0 { isWanted[Int(byte)] = true } }
      }
    }
    var ids = [Int32](repeating: -1, count: 256)
    for byte in (0..<256).sorted(by: { ByteAlphabet.codePoints[$0] < ByteAlphabet.codePoints[$1] })
    where isWanted[byte] {
      ids[byte] = Int32(ByteAlphabet.utf8[byte].withUnsafeBufferPointer { vocabulary.number($0) })
    }
    return ids
  }

  // MARK: writing

  private func json(_ vocabulary: TokenTable, _ merges: [(left: Int32, right: Int32)]) -> JSONText {
    func text(_ id: Int) -> String { vocabulary.withToken(id) { String(decoding: $0, as: UTF8.self) } ?? "" }
    let added = Set(specialTokens.compactMap { vocabulary.find($0) }).sorted().map { id in
      TokenizerFile.json(AddedToken(id: id, content: Array(text(id).utf8), special: true))
    }
    return .object([
      ("version", "1.0"), ("truncation", .null), ("padding", .null), ("added_tokens", .array(added)),
      ("normalizer", composes ? .object([("type", "NFC")]) : .null), ("pre_tokenizer", preTokenizerJSON),
      ("post_processor", postProcessorJSON { vocabulary.find($0) ?? 0 }),
      ("decoder", byteLevel(leadingSpace: true, regex: true)),
      (
        "model",
        .object([
          ("type", "BPE"), ("dropout", .null), ("unk_token", .null), ("continuing_subword_prefix", .null),
          ("end_of_word_suffix", .null), ("fuse_unk", false), ("byte_fallback", false),
          ("ignore_merges", false),
          ("vocab", .object((0..<vocabulary.limit).map { (text($0), .int($0)) })),
          (
            "merges",
            .array(merges.map { .array([.string(text(Int($0.left))), .string(text(Int($0.right)))]) })
          ),
        ])
      ),
    ])
  }

  private func byteLevel(leadingSpace: Bool, regex: Bool) -> JSONText {
    .object([
      ("type", "ByteLevel"), ("add_prefix_space", .bool(leadingSpace)), ("trim_offsets", true),
      ("use_regex", .bool(regex)),
    ])
  }

  private var preTokenizerJSON: JSONText {
    if split == .gpt2 { return byteLevel(leadingSpace: addsLeadingSpace, regex: true) }
    return .object([
      ("type", "Sequence"),
      (
        "pretokenizers",
        .array([
          .object([
            ("type", "Split"), ("pattern", .object([("Regex", .string(split.regex))])),
            ("behavior", "Isolated"), ("invert", false),
          ]),
          byteLevel(leadingSpace: false, regex: false),
        ])
      ),
    ])
  }

  private func postProcessorJSON(_ id: (String) -> Int) -> JSONText {
    let offsets = byteLevel(leadingSpace: true, regex: true)
    guard beginning != nil || end != nil else { return offsets }
    func special(_ token: String?, _ type: Int) -> [JSONText] {
      token.map { [.object([("SpecialToken", .object([("id", .string($0)), ("type_id", .int(type))]))])] }
        ?? []
    }
    func around(_ name: JSONText, _ type: Int) -> [JSONText] {
      special(beginning, type) + [.object([("Sequence", .object([("id", name), ("type_id", .int(type))]))])]
        + special(end, type)
    }
    let tokens = Set([beginning, end].compactMap { $0 }).sorted().map { token in
      (
        key: token,
        value: JSONText.object([
          ("id", .string(token)), ("ids", .array([.int(id(token))])), ("tokens", .array([.string(token)])),
        ])
      )
    }
    return .object([
      ("type", "Sequence"),
      (
        "processors",
        .array([
          offsets,
          .object([
            ("type", "TemplateProcessing"), ("single", .array(around("A", 0))),
            ("pair", .array(around("A", 0) + around("B", 1))), ("special_tokens", .object(tokens)),
          ]),
        ])
      ),
    ])
  }
}
