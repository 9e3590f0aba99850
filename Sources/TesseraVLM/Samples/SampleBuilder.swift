internal import TesseraCore
public import TesseraData
public import TesseraText

/// Makes what a model is trained on out of a record: ids, which of them are learned, and the pictures' numbers.
///
///     let builder = SampleBuilder(try Processor(path, config))
///     if case .sample(let tokens, let pixels) = try builder.build(dataset.sample(at: 0)) { … }
///
/// Up to the first answer the ids are those of `Processor.prompt` for the same messages, so a model is trained on what
/// it is asked with.
public struct SampleBuilder: Sendable {
  /// A sample, or why there is none.
  public enum Outcome: Sendable {
    /// **Shape**: each picture `[C, height, width]` float32, in the order of the text's places.
    case sample(TokenizedSample, pixels: [TorchTensor])
    /// Left out, as the policy says; its length in tokens.
    case dropped(length: Int)
  }

  public var processor: Processor
  /// How a conversation is written; the processor's unless another is set.
  public var template: ChatTemplate
  /// The longest sample in tokens; nil for any length.
  public var maximumLength: Int?
  /// What becomes of a longer one.
  public var overflow: OverflowPolicy

  public init(
    _ processor: Processor, template: ChatTemplate? = nil, maximumLength: Int? = nil,
    overflow: OverflowPolicy = .error
  ) {
    self.processor = processor
    self.template = template ?? processor.template
    self.maximumLength = maximumLength
    self.overflow = overflow
  }

  // MARK: records

  /// A record's turns.
  ///
  /// A caption becomes an answer to its pictures. In conversations each `<image>` becomes a picture at its place; the
  /// line's end that LLaVA's files write behind a mark, or before one that ends a turn, belongs to the mark and goes
  /// with it, as templates write their own.
  ///
  /// - Parameter pictures: how many pictures a caption belongs to; nil for the record's own.
  /// - Throws: `invalidInput` for a record that has neither.
  public static func messages(_ sample: Sample, pictures: Int? = nil) throws -> [ChatMessage] {
    if !sample.conversation.isEmpty { return sample.conversation.map(message) }
    guard let text = sample.text else {
      throw TesseraError(
        .invalidInput(
          operation: "a training sample", expected: "a caption or a conversation",
          got: "a record without text"),
        path: sample.name)
    }
    let images = Array(repeating: ChatMessage.Part.image, count: pictures ?? sample.pictures.count)
    return [ChatMessage(role: "user", content: images), ChatMessage(role: "assistant", text)]
  }

  private static func message(_ turn: ConversationTurn) -> ChatMessage {
    var message = ChatMessage(role: turn.role.rawValue, turn.text, imageMark: "<image>")
    let parts = message.content
    for index in parts.indices {
      guard case .text(var text) = parts[index] else { continue }
      if index > 0, text.unicodeScalars.first == "\n" { text.unicodeScalars.removeFirst() }
      let isBeforeLast = index + 2 == parts.count && parts[index + 1] == .image
      if isBeforeLast, text.unicodeScalars.last == "\n" { text.unicodeScalars.removeLast() }
      message.content[index] = .text(text)
    }
    message.content.removeAll { $0 == .text("") }
    return message
  }

  /// A record's ids, mask and pictures.
  ///
  /// - Throws: `TesseraError` with the record's name or the picture's path: what the template, the tokenizer, the
  ///   decoder and the pipeline throw; `limitExceeded` for one too long under the policy `error`.
  public func build(_ sample: Sample) throws -> Outcome {
    let pixels = try sample.pictures.map { try processor.pixels($0) }
    let counts = pixels.map { processor.config.imageTokens(height: $0.size(1), width: $0.size(2)) }
    switch try tokenize(sample, imageTokens: counts) {
    case .sample(let sample): return .sample(sample, pixels: pixels)
    case .dropped(let length): return .dropped(length: length)
    }
  }

  /// A record's ids and mask, by the tokens of its pictures.
  ///
  /// A record of text alone, without turns, is a document: all of it is learned, and the token that ends a text.
  ///
  /// - Throws: as `tokenize(_:imageTokens:)` of messages, with the record's name.
  public func tokenize(_ sample: Sample, imageTokens: [Int]) throws -> SampleOutcome {
    do {
      if sample.conversation.isEmpty, imageTokens.isEmpty, let text = sample.text {
        return try tokenize([.text(text + processor.tokens.eos, isLearned: true)], imageTokens: [])
      }
      return try tokenize(Self.messages(sample, pictures: imageTokens.count), imageTokens: imageTokens)
    } catch let error as TesseraError { throw error.with(path: sample.name) }
  }

  // MARK: messages

  /// The sample of messages and their pictures.
  ///
  /// - Throws: as `tokenize`.
  public func build(_ messages: [ChatMessage], pixels: [TorchTensor]) throws -> Outcome {
    let counts = pixels.map { processor.config.imageTokens(height: $0.size(1), width: $0.size(2)) }
    switch try tokenize(messages, imageTokens: counts) {
    case .sample(let sample): return .sample(sample, pixels: pixels)
    case .dropped(let length): return .dropped(length: length)
    }
  }

  /// Ids and mask alone.
  ///
  /// - Parameter imageTokens: how many tokens each picture has (`LlavaConfig.imageTokens`).
  /// - Throws: what the template throws; `invalidInput` where nothing is learned, where pictures and messages disagree,
  ///   or for an id that the model has no row for; `limitExceeded`.
  public func tokenize(_ messages: [ChatMessage], imageTokens: [Int]) throws -> SampleOutcome {
    try tokenize(template.segments(messages, tokens: processor.tokens), imageTokens: imageTokens)
  }

  private func tokenize(_ segments: [TextSegment], imageTokens: [Int]) throws -> SampleOutcome {
    let tokenizer = SampleTokenizer(
      encoder: processor.tokenizer, imageToken: processor.config.imageToken, maximumLength: maximumLength,
      overflow: overflow)
    let outcome = try tokenizer.tokenize(segments, imageTokens: imageTokens)
    let rows = processor.config.text.vocabularySize
    if case .sample(let sample) = outcome, let id = sample.ids.first(where: { $0 >= rows }) {
      throw TesseraError(
        .invalidInput(
          operation: "the model", expected: "ids of its \(rows) rows",
          got:
            "id \(id) ('\(processor.tokenizer.token(id) ?? "")') from the tokenizer: they do not belong together"
        ))
    }
    return outcome
  }
}
