internal import TesseraCore

extension ChatTemplate {
  /// A conversation in typed segments: what is said, what is learned, where pictures stand.
  ///
  /// Learned is what the assistant says and the token that ends its turn. In a Jinja template that is what
  /// `{% generation %}` stands around and a token of its own that follows at once. Where a template has no such marks,
  /// it is what comes after the rendering of the messages before with a generation prompt, up to the last token of
  /// its own within the turn.
  ///
  /// Nobody can say a token: text content with one of `tokens`' strings in it is an error, as the tokenizer
  /// would take it for the token itself, and a picture or a turn's end would stand where none is.
  ///
  /// - Throws: `invalidInput` for such text, for pictures that the rendering does not show as often as the messages
  ///   have them, and for a template whose rendering of a conversation does not begin as that of its beginning.
  public func segments(
    _ messages: [ChatMessage], tokens: ChatTokens = ChatTokens(), tools: String? = nil,
    variables: String? = nil
  ) throws -> [TextSegment] {
    try check(messages, tokens)
    guard case .jinja(let template, _) = way else {
      return TextSegment.joined(try ChatSegments.builtIn(way, messages, addGenerationPrompt: false, tokens))
    }
    let whole = try rendering(messages, false, tokens, tools: tools, variables: variables)
    let learned: [Range<Int>]
    if template.marksGenerated {
      guard !whole.hidesGenerated else {
        throw TesseraError(
          .unsupported(format: "chat template", feature: "{% generation %} inside of a macro or a set block"))
      }
      learned = extended(whole.generated, in: whole.text, tokens)
    } else {
      learned = try prefixes(messages, whole.text, tokens, tools: tools, variables: variables)
    }
    return try cut(whole.text, learned, pictures: messages.reduce(0) { $0 + $1.imageCount }, tokens)
  }

  private func check(_ messages: [ChatMessage], _ tokens: ChatTokens) throws {
    let structural = if case .chatML = way { ["<|im_start|>", "<|im_end|>"] } else { [String]() }
    for (index, message) in messages.enumerated() {
      for case .text(let text) in message.content {
        guard
          let token = (tokens.all + structural).first(where: { JinjaText(text).find(JinjaText($0)) != nil })
        else { continue }
        throw TesseraError(
          .invalidInput(
            operation: "message \(index + 1) ('\(message.role)')",
            expected: "text without tokens of the tokenizer",
            got: "'\(token)' in it"))
      }
    }
  }

  /// Spans with the token of its own that follows each.
  private func extended(_ spans: [Range<Int>], in text: JinjaText, _ tokens: ChatTokens) -> [Range<Int>] {
    spans.map { span in
      let said = JinjaText(text.scalars[span])
      // Marks that stand around the turn's end as well are complete.
      if tokens.all.contains(where: { said.hasSuffix(JinjaText($0)) }) { return span }
      let next = tokens.all.filter { $0 != tokens.image && text.matches(JinjaText($0), at: span.upperBound) }
        .map { $0.unicodeScalars.count }.max()
      return span.lowerBound..<(span.upperBound + (next ?? 0))
    }
  }

  /// The answers' places, found by rendering what comes before each.
  private func prefixes(
    _ messages: [ChatMessage], _ whole: JinjaText, _ tokens: ChatTokens, tools: String?, variables: String?
  ) throws -> [Range<Int>] {
    try messages.indices.filter { messages[$0].role == "assistant" }.map { index in
      let before = try rendering(Array(messages[..<index]), true, tokens, tools: tools, variables: variables)
        .text
      let through = try rendering(
        Array(messages[...index]), false, tokens, tools: tools, variables: variables
      ).text
      guard whole.hasPrefix(before) else { throw notPrefix("the messages before answer \(index + 1)") }
      // A template may end a conversation with a token (Phi-3's eos); no more than that may differ.
      let ending = ([""] + tokens.all).first { token in
        let token = JinjaText(token)
        return through.hasSuffix(token) && whole.hasPrefix(JinjaText(through.scalars.dropLast(token.count)))
      }
      guard let ending, through.count - ending.unicodeScalars.count >= before.count else {
        throw notPrefix("the messages up to \(index + 1)")
      }
      let shared = through.count - ending.unicodeScalars.count
      return before.count..<end(of: before.count..<shared, in: whole, tokens)
    }
  }

  private func notPrefix(_ what: String) -> TesseraError {
    TesseraError(
      .invalidInput(
        operation: "finding the answers in a chat template without {% generation %}",
        expected: "a rendering that begins with that of \(what)",
        got:
          "another beginning: put {% generation %} and {% endgeneration %} around the answers in the template"
      ))
  }

  /// Behind the last token of its own within a turn, or the turn's end.
  private func end(of turn: Range<Int>, in text: JinjaText, _ tokens: ChatTokens) -> Int {
    let slice = JinjaText(text.scalars[turn])
    let ends = tokens.all.filter { $0 != tokens.image }.compactMap { token in
      slice.findLast(JinjaText(token)).map { $0 + token.unicodeScalars.count }
    }
    return ends.max().map { turn.lowerBound + $0 } ?? turn.upperBound
  }

  private func cut(
    _ text: JinjaText, _ learned: [Range<Int>], pictures: Int, _ tokens: ChatTokens
  ) throws -> [TextSegment] {
    let image = JinjaText(tokens.image)
    var pieces: [ChatPiece] = []
    var start = 0
    var found = 0
    func add(_ range: Range<Int>) {
      let edges = learned.flatMap { [$0.lowerBound, $0.upperBound] }.filter { range.contains($0) }
      let places = ([range.lowerBound, range.upperBound] + edges).sorted()
      for (low, high) in zip(places, places.dropFirst()) where low < high {
        let isLearned = learned.contains { $0.contains(low) }
        pieces.append(ChatPiece(text: JinjaText(text.scalars[low..<high]).string, isLearned: isLearned))
      }
    }
    while !image.isEmpty, let place = text.find(image, from: start) {
      add(start..<place)
      pieces.append(ChatPiece(text: nil))
      found += 1
      start = place + image.count
    }
    add(start..<text.count)
    guard found == pictures else {
      throw TesseraError(
        .invalidInput(
          operation: "the chat template",
          expected: "'\(tokens.image)' \(pictures) times, as the messages have pictures",
          got: "\(found) times in the text"))
    }
    return TextSegment.joined(pieces)
  }
}
