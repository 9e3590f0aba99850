import Tessera
import TesseraCore
import TesseraCorpora
import TesseraData
import TesseraText
import TestSupport
import Testing

@Suite struct TokenizerMakerTests {
  /// Captions, questions and a text, in two scripts.
  static let samples: [Sample] = [
    Sample(.file("0.png"), text: "a red circle left of a blue square"),
    Sample(.file("1.png"), text: "a blue circle above a red square"),
    Sample(
      pictures: [.file("2.png")],
      conversation: [
        ConversationTurn(.user, "<image>\nHow many red circles are there?"),
        ConversationTurn(.assistant, "two"),
        ConversationTurn(.user, "Is there a blue square?"), ConversationTurn(.assistant, "yes, 红色 and blue"),
      ]),
    Sample(text: "The red circle and the blue square: 红色的圆 🔴🔵.\n"),
  ]

  private func made(
    _ size: Int = 320, _ template: TokenizerTemplate = .chatML, _ split: SplitPattern = .llama3,
    tokens: TokenizerMaker.Tokens = .init()
  ) throws -> TokenizerFiles {
    var maker = try TokenizerMaker(vocabularySize: size, split: split, template: template, tokens: tokens)
    for sample in Self.samples { maker.add(sample) }
    #expect(maker.unrendered == (template == .plain ? 1 : 0))
    return try maker.train()
  }

  static let conversations: [[ChatMessage]] = [
    [ChatMessage(role: "user", content: [.image]), ChatMessage(role: "assistant", "a red circle")],
    [
      ChatMessage(role: "user", content: [.image, .text("What?")]),
      ChatMessage(role: "assistant", "A circle"),
    ],
    [ChatMessage(role: "user", content: [.image, .text("\nWhat?")]), ChatMessage(role: "assistant", "x")],
    [
      ChatMessage(role: "user", content: [.text("Look: "), .image, .image, .text("both")]),
      ChatMessage(role: "assistant", "it's"),
    ],
    [
      ChatMessage(role: "system", "Be brief."), ChatMessage(role: "user", "Hi"),
      ChatMessage(role: "assistant", "Ho"),
      ChatMessage(role: "user", content: [.text("And "), .image]),
      ChatMessage(role: "assistant", "that's all\n"),
    ],
  ]

  @Test(
    "the template file renders what the built-in template does, and learns the same of it",
    arguments: [TokenizerTemplate.chatML, .v1, .plain], 0..<5)
  func templates(template: TokenizerTemplate, number: Int) throws {
    let messages = Self.conversations[number]
    let files = try made(320, template)
    let (own, tokens) = (try template.chatTemplate(), files.chatTokens)
    // `plain` takes one caption.
    if template == .plain && number == 4 { return }
    let jinja = try ChatTemplate(jinja: template.jinja)
    #expect(try jinja.render(messages, tokens: tokens) == own.render(messages, tokens: tokens))
    #expect(try jinja.segments(messages, tokens: tokens) == own.segments(messages, tokens: tokens))
    let asked = Array(messages.dropLast())
    #expect(
      try jinja.render(asked, addGenerationPrompt: true, tokens: tokens)
        == own.render(asked, addGenerationPrompt: true, tokens: tokens))
  }

  @Test("special tokens come first and have their roles, padding among none of the others")
  func roles() throws {
    let chat = try made(300)
    #expect(chat.specialTokens == ["<pad>", "<s>", "<|im_end|>", "<image>", "<|im_start|>"])
    #expect([chat.padID, chat.beginningID, chat.endID, chat.imageID] == [0, 1, 2, 3])
    #expect(chat.tokenizer.specialIDs == [0, 1, 2, 3, 4])
    #expect(chat.tokenizer.vocabularySize == 300)
    #expect(chat.tokenizer.encode("<s>red<image>").first == 1)
    let v1 = try made(320, .v1, tokens: .init(others: ["<extra>"]))
    #expect(v1.specialTokens == ["<pad>", "<s>", "</s>", "<image>", "<extra>"])
    let own = try made(
      320, .jinja("{% for m in messages %}<|turn|>{{ m['content'] }}<|eot_id|>{% endfor %}"),
      tokens: .init(end: "<|eot_id|>"))
    #expect(own.specialTokens == ["<pad>", "<s>", "<|eot_id|>", "<image>", "<|turn|>"])
  }

  @Test(
    "every text comes back, and the bytes of a token are counted",
    arguments: [SplitPattern.gpt2, .llama3, .qwen2])
  func roundTrip(split: SplitPattern) throws {
    let files = try made(400, .chatML, split)
    var measure = TokenizerMeasure()
    for sample in Self.samples { try measure.add(sample, files.tokenizer) }
    #expect(measure.texts == 7 && measure.lost == 0 && measure.firstLost == nil)
    #expect(measure.bytes == Self.samples.flatMap { CorpusTexts.of($0) }.reduce(0) { $0 + $1.utf8.count })
    #expect(measure.bytesPerToken > 1.3)
    for text in ["", "\u{0}\r\n\t", "e\u{301}", "<image> in words </s>", "日本語のテキスト", "👨‍👩‍👧"] {
      try measure.add(text, files.tokenizer)
    }
    #expect(measure.lost == 0)
  }

  @Test("answers are learned as the template writes them: v1's begin with a blank")
  func learnsAnswers() throws {
    var (chat, v1) = (
      try TokenizerMaker(vocabularySize: 270, template: .chatML),
      try TokenizerMaker(vocabularySize: 1000, template: .v1)
    )
    let sample = Sample(
      conversation: [
        ConversationTurn(.user, "Q"), ConversationTurn(.assistant, "zebra"), ConversationTurn(.user, "Q"),
        ConversationTurn(.assistant, "zebra"),
      ])
    for _ in 0..<20 {
      chat.add(sample)
      v1.add(sample)
    }
    #expect(try v1.train().tokenizer.encode(" zebra").count == 1)
    #expect(try v1.train().tokenizer.encode("zebra").count > 1)
    #expect(try chat.train().tokenizer.encode("zebra").count < 5)
  }

  @Test("what cannot be is refused")
  func refuses() throws {
    func fails(_ size: Int, _ tokens: TokenizerMaker.Tokens = .init(), _ template: TokenizerTemplate = .v1)
      -> String
    {
      words { _ = try TokenizerMaker(vocabularySize: size, template: template, tokens: tokens).train() }
    }
    #expect(fails(259).contains("vocabularySize must be 260"))
    #expect(fails(300, .init(pad: "</s>")).contains("four different tokens"))
    #expect(fails(300, .init(others: [""])).contains("none empty"))
    #expect(fails(300, .init(image: "<|image|>")).contains("must be <image> with a built-in template"))
    #expect(
      fails(300, .init(), .jinja("{% for %}")).contains("corrupt")
        || fails(300, .init(), .jinja("{% for %}")).contains("line 1"))
    #expect(fails(300).contains("needs texts, got none"))
  }

  @Test("a folder with a tokenizer is left alone unless it is to be replaced")
  func writes() throws {
    let folder = try TemporaryFolder()
    let (first, second) = (try made(290), try made(300))
    try first.write(to: folder.path + "/a/b")
    #expect(words { try second.write(to: folder.path + "/a/b") }.contains("one with a tokenizer.json"))
    #expect(try Tokenizer(json: FileIO.read(folder.path + "/a/b/tokenizer.json")).vocabularySize == 290)
    try second.write(to: folder.path + "/a/b", replaces: true)
    #expect(try Tokenizer(json: FileIO.read(folder.path + "/a/b/tokenizer.json")).vocabularySize == 300)
    let names = try TemporaryFolder.contents(folder.path + "/a/b").keys.sorted()
    #expect(
      names == ["chat_template.jinja", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"])
  }

  @Test(
    "ids are those of the tokenizers library on the file that is written",
    arguments: [SplitPattern.gpt2, .llama3, .qwen2])
  func oracle(split: SplitPattern) async throws {
    let files = try made(420, .chatML, split)
    let texts =
      Self.samples.flatMap { CorpusTexts.of($0) } + [
        "<|im_start|>user\n<image>\nIs it red?<|im_end|>\n", "  two  blanks\t\n\n",
        "12345 it's e\u{301} 红色 🔴", "<pad><s>",
      ]
    let code = """
      import json
      from tokenizers import Tokenizer
      t = Tokenizer.from_str(bytes(data).decode())
      out = [t.encode(x).ids for x in json.loads(texts)]
      """
    let json = JSONText.array(texts.map { .string($0) }).text
    let reply = try await Oracle.tokenizers.run(
      code, ["data": .bytes(files.tokenizer.json()), "texts": .string(json)])
    #expect(try reply.json([[Int]].self) == texts.map { files.tokenizer.encode($0) })
  }
}
