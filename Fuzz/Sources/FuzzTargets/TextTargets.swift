internal import TesseraCore
internal import TesseraText

extension FuzzTarget {
  static let texts = [
    FuzzTarget("tokenizer") { try TokenizerCheck.run($0) },
    FuzzTarget("template") { try TemplateCheck.run($0) },
    FuzzTarget("json") { try JSONCheck.run($0) },
  ]
}

/// `tokenizer.json`: ids are below the rows, decoding knows every id, tokens that are added are kept.
enum TokenizerCheck {
  private static let texts = [
    "What is it?\n  A cat's 12,345 <image></s> e\u{301}\u{4E2D}\u{6587} \u{1F600}\u{200D}", "",
    " a  b\r\n\tab",
  ]

  static func run(_ bytes: UnsafeRawBufferPointer) throws {
    var tokenizer = try Tokenizer(json: Array(bytes))
    for text in texts {
      let ids = tokenizer.encode(text)
      let rows = tokenizer.vocabularySize
      try BrokenPromise.unless(ids.allSatisfy { (0..<rows).contains($0) }, "\(ids), \(rows) rows")
      try decode(ids, tokenizer)
    }
    _ = (tokenizer.specialIDs, tokenizer.specialIDsAround)
    let id = try tokenizer.addSpecialToken("<fuzz>")
    try BrokenPromise.unless(tokenizer.id(of: "<fuzz>") == id, "the added token has another id")
    let again = try Tokenizer(json: tokenizer.json())
    try BrokenPromise.unless(again.id(of: "<fuzz>") == id, "the added token is not kept")
    try BrokenPromise.unless(
      texts.allSatisfy { again.encode($0) == tokenizer.encode($0) }, "written and read it encodes otherwise")
  }

  /// Gaps in the vocabulary have no token: `decode` refuses those alone.
  private static func decode(_ ids: [Int], _ tokenizer: Tokenizer) throws {
    let hasAll = ids.allSatisfy { tokenizer.token($0) != nil }
    do {
      let whole = try tokenizer.decode(ids, skipSpecialTokens: false)
      var stream = StreamDecoder(tokenizer, skipSpecialTokens: false)
      var pieces = ""
      for id in ids { pieces += try stream.append(id) }
      pieces += stream.finish()
      try BrokenPromise.unless(
        pieces.utf8.elementsEqual(whole.utf8), "piece by piece '\(pieces)', in one '\(whole)'")
    } catch let error as TesseraError {
      try BrokenPromise.unless(!hasAll, "ids of its own cannot be decoded: \(error)")
    }
  }
}

/// Jinja templates: every one ends, and the segments are the rendering.
enum TemplateCheck {
  private static let talk = [
    ChatMessage(role: "system", "Be brief."),
    ChatMessage(role: "user", content: [.image, .text("What is it?")]),
    ChatMessage(role: "assistant", "A cat."),
    ChatMessage(
      role: "user", content: [.text("Sure?")], members: #"{"tool": [1, {"a": null, "b": [2.5, "c"]}]}"#),
    ChatMessage(role: "assistant", "Yes."),
  ]
  private static let tokens = ChatTokens(bos: "<s>", special: ["<|im_start|>", "<|im_end|>"])
  /// Less work than is allowed, so that a loop does not hold the fuzzer up.
  private static let limits: JinjaLimits = {
    var limits = JinjaLimits()
    limits.work = 200_000
    return limits
  }()

  static func run(_ bytes: UnsafeRawBufferPointer) throws {
    let source = String(decoding: bytes, as: UTF8.self)
    let messages = JinjaValue(
      .array([
        .object([("role", .string("user")), ("content", .array([.string("a"), .int(2), .double(0.5)]))])
      ]))
    let context: [String: JinjaValue] = ["messages": messages, "bos_token": .text("<s>"), "n": .int(.min)]
    _ = try JinjaTemplate(source, limits: limits).render(context, clock: { _ in "now" })
    var template = try ChatTemplate(jinja: source)
    template.now = 1_700_000_000
    // With all of the work that is allowed a template may take seconds.
    guard source.utf8.count < 2000, !source.contains("for") else { return }
    for prompt in [false, true] { _ = try template.render(talk, addGenerationPrompt: prompt, tokens: tokens) }
    let segments = try template.segments(talk, tokens: tokens)
    let text = segments.map { segment in
      switch segment {
      case .text(let text, _): text
      case .image: tokens.image
      }
    }.joined()
    let whole = try template.render(talk, tokens: tokens)
    try BrokenPromise.unless(text.utf8.elementsEqual(whole.utf8), "segments '\(text)', rendering '\(whole)'")
  }
}

/// The reader of JSON: what it takes it takes again as it writes it.
enum JSONCheck {
  static func run(_ bytes: UnsafeRawBufferPointer) throws {
    let value = try JSONReader.read(Array(bytes))
    let text = write(value).text
    let back = try JSONReader.read(Array(text.utf8))
    try BrokenPromise.unless(write(back).text == text, "'\(text)' reads back as '\(write(back).text)'")
  }

  private static func write(_ value: JSONValue) -> JSONText {
    switch value {
    case .null: .null
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .double(let value): .double(value)
    case .string(let value): .string(value)
    case .array(let values): .array(values.map(write))
    case .object(let members): .object(members.map { ($0.name, write($0.value)) })
    }
  }
}
