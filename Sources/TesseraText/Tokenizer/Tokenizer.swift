internal import TesseraCore

/// A byte-pair tokenizer in the form of Hugging Face's `tokenizer.json`: text to ids and back.
///
///     var tokenizer = try Tokenizer(json: bytes)
///     let image = try tokenizer.addSpecialToken("<image>")
///     let ids = tokenizer.encode("What is it? <image>")
///     let text = try tokenizer.decode(ids, skipSpecialTokens: true)
///
/// Ids equal those of the `tokenizers` library on any text. It reads byte-level models (GPT-2, Llama 3, Qwen 2, o200k,
/// Tekken) and those that fall back to bytes (Llama 2, Vicuna); of another model or rule the error says the name.
/// The members `truncation` and `padding` are kept but not applied: whole texts come out, batches are made elsewhere.
///
/// A value; encoding and decoding may run on any number of threads at once.
public struct Tokenizer: Sendable {
  var file: TokenizerFile
  let model: BPEModel
  let normalizer: TextNormalizer
  let preTokenizer: PreTokenizer
  let postProcessor: PostProcessor
  let decoder: TokenDecoder
  private(set) var added: AddedTokens
  /// How many of the added tokens the vocabulary does not have.
  private var addedBeyond = 0
  private let scratches = BPEScratchPool()

  /// Reads a `tokenizer.json`.
  ///
  /// - Throws: `truncated` or `corrupt` with the member's path, `unsupported` with the name of what is not read.
  /// - Complexity: O(bytes).
  public init(json: [UInt8]) throws {
    let file = try TokenizerFile(json)
    self.file = file
    normalizer = try TextNormalizer(file.member("normalizer"))
    preTokenizer = try PreTokenizer(file.member("pre_tokenizer"))
    postProcessor = try PostProcessor(file.member("post_processor"))
    decoder = try TokenDecoder(file.member("decoder"))
    model = try TokenizerFile.model(file.member("model"), isByteLevel: preTokenizer.isByteLevel)
    added = AddedTokens()
    for (token, member) in try TokenizerFile.addedTokens(file.member("added_tokens")) {
      try check(token, member)
      var token = token
      if added.token(token.content) == nil && model.tokens.find(token.content) == nil {
        token.id = try place(token, member)
      }
      add(token)
    }
    try checkRows()
    self.file.dropMembers()
  }

  // MARK: the vocabulary

  /// One past the highest id, added tokens included: the rows that an embedding needs at least.
  ///
  /// **Edge cases**: a vocabulary may leave ids out; `token` gives nil for those.
  public var vocabularySize: Int { max(model.tokens.limit, added.limit) }

  /// The id of a token as the vocabulary spells it (`Ġhello`, `▁hello`, `<image>`); nil where there is none.
  public func id(of token: String) -> Int? {
    added.token(Array(token.utf8))?.id ?? model.tokens.find(token)
  }

  /// The token of an id as the vocabulary spells it; nil where there is none.
  public func token(_ id: Int) -> String? {
    if let token = added.token(id) { return String(decoding: token.content, as: UTF8.self) }
    return model.tokens.withToken(id) { String(decoding: $0, as: UTF8.self) }
  }

  /// The ids of the special tokens, ascending: those that `decode` leaves out if asked.
  public var specialIDs: [Int] { added.tokens.filter(\.special).map(\.id).sorted() }

  /// What `encode` puts before a text and after it with `addSpecialTokens`.
  public var specialIDsAround: (before: [Int], after: [Int]) { (postProcessor.before, postProcessor.after) }

  /// Makes a token special: it is found in texts as a whole and is nothing but itself.
  ///
  /// A token that is there keeps its id; another gets the first free one, so an embedding needs a row more.
  ///
  /// - Returns: the token's id.
  /// - Throws: `invalidArgument` for an empty token; `invalidInput` where the vocabulary leaves ids out such that the
  ///   `tokenizers` library would give the token another's id.
  @discardableResult
  public mutating func addSpecialToken(_ content: String) throws -> Int {
    let bytes = Array(content.utf8)
    guard !bytes.isEmpty else {
      throw TesseraError(.invalidArgument(name: "token", expected: "a text", got: "an empty one"))
    }
    if let known = added.token(bytes) {
      guard !known.special else { return known.id }
      var token = known
      token.special = true
      add(token)
      file.isChanged = true
      return known.id
    }
    let id = model.tokens.find(bytes) ?? nextID
    if let other = self.token(id), !other.utf8.elementsEqual(bytes) {
      throw TesseraError(
        .invalidInput(
          operation: "adding the token '\(content)'",
          expected: "the first id behind the \(model.tokens.count) tokens of the vocabulary to be free",
          got: "an id that is '\(other)'s: the vocabulary leaves others out"))
    }
    add(AddedToken(id: id, content: bytes, special: true))
    file.isChanged = true
    return id
  }

  private mutating func add(_ token: AddedToken) {
    let pattern =
      token.normalized ? token.content.withUnsafeBufferPointer { normalizer.apply($0) } : nil
    if added.token(token.id) == nil, model.tokens.find(token.content) == nil { addedBeyond += 1 }
    added.add(token, normalizedPattern: pattern ?? token.content)
  }

  /// An added token must not contradict the vocabulary or another added token.
  private func check(_ token: AddedToken, _ member: TokenizerMember) throws {
    let text = String(decoding: token.content, as: UTF8.self)
    if let other = added.token(token.content), other.id != token.id {
      throw member.corrupt("\"\(text)\" has the id \(token.id) here and \(other.id) before")
    }
    if let other = model.tokens.find(token.content), other != token.id {
      throw member["id"].corrupt("\"\(text)\" has the id \(token.id) here and \(other) in model.vocab")
    }
    if let other = self.token(token.id), !other.utf8.elementsEqual(token.content) {
      throw member["id"].corrupt("the id \(token.id) of \"\(text)\" is \"\(other)\"'s already")
    }
  }

  /// The id that the `tokenizers` library gives a token of a file that the vocabulary does not have: behind as many as
  /// the vocabulary has and the added ones before it. Where the vocabulary leaves ids out that is not one past the
  /// highest.
  ///
  /// - Complexity: O(1).
  private var nextID: Int { model.tokens.count + addedBeyond }

  /// The id of an added token that the vocabulary does not have. The library counts, whatever the file says: where ids
  /// are left out before it, the file's does not count there either.
  private func place(_ token: AddedToken, _ member: TokenizerMember) throws -> Int {
    let id = nextID
    guard id != token.id, let other = self.token(id) else { return id }
    throw member["id"].corrupt(
      "\"\(String(decoding: token.content, as: UTF8.self))\" would get the id \(id), which is \"\(other)\"'s: the "
        + "vocabulary leaves ids out, and added tokens are counted behind its \(model.tokens.count)")
  }

  private func checkRows() throws {
    let rows = vocabularySize
    for id in postProcessor.before + postProcessor.after where id >= rows {
      throw file.member("post_processor").corrupt("the id \(id) is not below the \(rows) tokens")
    }
  }

  // MARK: text to ids

  /// The ids of a text.
  ///
  /// - Parameter addSpecialTokens: whether the file's tokens for beginning and end go around them.
  /// - Complexity: O(*n* log *n*) for *n* bytes at worst, O(*n*) for text of words.
  public func encode(_ text: String, addSpecialTokens: Bool = true) -> [Int] {
    var text = text
    return text.withUTF8 { encodeValid($0, addSpecialTokens) }
  }

  /// The ids of a text in UTF-8, which is not copied.
  ///
  /// - Throws: `corrupt` with the place of the first byte that is not UTF-8.
  public func encode(utf8 text: [UInt8], addSpecialTokens: Bool = true) throws -> [Int] {
    try text.withUnsafeBufferPointer { try encode(utf8: $0, addSpecialTokens: addSpecialTokens) }
  }

  /// The ids of a text in UTF-8 that lies somewhere, a mapped file say.
  ///
  /// - Throws: `corrupt` with the place of the first byte that is not UTF-8.
  public func encode(utf8 text: UnsafeBufferPointer<UInt8>, addSpecialTokens: Bool = true) throws -> [Int] {
    if let place = UTF8Scan.firstInvalid(text) {
      throw TesseraError(.corrupt(format: "UTF-8", detail: "the byte at \(place) begins no character"))
    }
    return encodeValid(text, addSpecialTokens)
  }

  /// The ids of text that is UTF-8.
  ///
  /// - Parameter start: what stands before the text.
  func encodeValid(
    _ text: UnsafeBufferPointer<UInt8>, _ addSpecialTokens: Bool, after start: PreTokenizer.Start = .whole
  ) -> [Int] {
    var ids: [Int] = []
    ids.reserveCapacity(text.count / 3 + 8)
    if addSpecialTokens { ids += postProcessor.before }
    scratches.with { scratch in
      added.forEachPart(text, .raw) { range, id in
        if let id { return ids.append(id) }
        let part = UnsafeBufferPointer(rebasing: text[range])
        let start = start.at(range.lowerBound)
        if let changed = normalizer.apply(part, continues: start == .text) {
          changed.withUnsafeBufferPointer { encodeNormalized($0, start, scratch, &ids) }
        } else {
          encodeNormalized(part, start, scratch, &ids)
        }
      }
    }
    if addSpecialTokens { ids += postProcessor.after }
    return ids
  }

  private func encodeNormalized(
    _ text: UnsafeBufferPointer<UInt8>, _ start: PreTokenizer.Start, _ scratch: BPEScratch, _ ids: inout [Int]
  ) {
    // By themselves: a closure over `self` copies the whole structure for every piece.
    let (model, preTokenizer) = (model, preTokenizer)
    added.forEachPart(text, .normalized) { range, id in
      if let id { return ids.append(id) }
      let part = UnsafeBufferPointer(rebasing: text[range])
      preTokenizer.forEachPiece(part, after: start.at(range.lowerBound)) { piece in
        model.encode(piece, scratch, to: &ids)
      }
    }
  }

  // MARK: ids to text

  /// The text of ids.
  ///
  /// Bytes that are no UTF-8 become replacement characters, as with the `tokenizers` library.
  ///
  /// - Parameter skipSpecialTokens: whether special tokens are left out.
  /// - Throws: `invalidInput` for an id that is not in the vocabulary.
  public func decode(_ ids: some Sequence<Int>, skipSpecialTokens: Bool) throws -> String {
    var run = DecoderRun(decoder)
    for (place, id) in ids.enumerated() {
      if let token = try spelling(of: id, at: place, skipSpecialTokens: skipSpecialTokens) { run.push(token) }
    }
    run.finish()
    return String(decoding: run.output, as: UTF8.self)
  }

  /// The bytes of a token; nil where it is special and special ones are skipped.
  func spelling(of id: Int, at place: Int, skipSpecialTokens: Bool) throws -> [UInt8]? {
    if let token = added.token(id) { return token.special && skipSpecialTokens ? nil : token.content }
    guard let token = model.tokens.withToken(id, { Array($0) }) else {
      throw TesseraError(
        .invalidInput(
          operation: "decode", expected: "ids from 0 to \(vocabularySize - 1)",
          got: "\(id) at position \(place)"))
    }
    return token
  }
}
