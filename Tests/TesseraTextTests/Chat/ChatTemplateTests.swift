import TesseraCore
import Testing

import TesseraText

@Suite struct ChatTemplateTests {
  let tokens = ChatTokens(
    bos: "<s>", eos: "</s>",
    special: ["<|im_start|>", "<|im_end|>", "<|eot_id|>", "<|start_header_id|>", "<|end|>"])
  let talk = [
    ChatMessage(role: "user", content: [.image, .text("What is it?")]),
    ChatMessage(role: "assistant", "A cat."),
    ChatMessage(role: "user", "Sure?"), ChatMessage(role: "assistant", "Yes."),
  ]
  var words: [ChatMessage] { [ChatMessage(role: "user", "What is it?")] + talk.dropFirst() }

  private func learned(_ segments: [TextSegment]) -> [String] {
    segments.compactMap { if case .text(let text, true) = $0 { text } else { nil } }
  }

  private func jinja(_ name: String) throws -> ChatTemplate {
    try ChatTemplate(jinja: try ChatGolden.template(name))
  }

  @Test("plain is the picture, the caption and a line's end, of which the caption and the end are learned")
  func plain() throws {
    let caption = Array(talk.prefix(2))
    #expect(try ChatTemplate.plain.segments(caption) == [.image(0), .text("A cat.\n", isLearned: true)])
    #expect(try ChatTemplate.plain.render(caption) == "<image>A cat.\n")
    #expect(throws: TesseraError.self) { try ChatTemplate.plain.segments(talk) }
  }

  @Test("v1 learns each answer with the blank before it and the end behind it")
  func v1() throws {
    let segments = try ChatTemplate.v1.segments(talk, tokens: tokens)
    #expect(
      segments == [
        .text(ChatTemplate.systemOfV1 + " USER: ", isLearned: false), .image(0),
        .text("\nWhat is it? ASSISTANT:", isLearned: false), .text(" A cat.</s>", isLearned: true),
        .text("USER: Sure? ASSISTANT:", isLearned: false), .text(" Yes.</s>", isLearned: true),
      ])
    let prompt = try ChatTemplate.v1.render(Array(talk.prefix(1)), addGenerationPrompt: true, tokens: tokens)
    #expect(try ChatTemplate.v1.render(talk, tokens: tokens).hasPrefix(prompt))
    #expect(throws: TesseraError.self) {
      try ChatTemplate.v1.segments(Array(talk.dropFirst()), tokens: tokens)
    }
  }

  @Test("ChatML learns the answer and the end of its turn, not the line's end behind")
  func chatML() throws {
    #expect(
      learned(try ChatTemplate.chatML.segments(talk, tokens: tokens)) == [
        "A cat.<|im_end|>", "Yes.<|im_end|>",
      ])
  }

  @Test(
    "a template without marks learns what prefixes show",
    arguments: [
      ("qwen2", "<|im_end|>"), ("llama3", "<|eot_id|>"), ("phi3", "<|end|>"), ("vicuna", "</s>"),
      ("mistral", "</s>"),
      ("qwen2_vl", "<|im_end|>"),
    ])
  func prefixes(_ name: String, _ end: String) throws {
    let answers = learned(try jinja(name).segments(words, tokens: tokens))
    #expect(answers.count == 2)
    #expect(
      answers[0].hasSuffix("A cat." + end) && answers[0].unicodeScalars.count <= end.unicodeScalars.count + 7)
    #expect(answers[1].contains("Yes." + end))
  }

  @Test("a template's marks are taken, with the end of the turn that follows")
  func marks() throws {
    #expect(
      learned(try jinja("llama3_training").segments(words, tokens: tokens)) == [
        "A cat.<|eot_id|>", "Yes.<|eot_id|>",
      ])
    #expect(learned(try jinja("llava_1_5").segments(talk, tokens: tokens)) == ["A cat. ", "Yes. "])
    #expect(
      learned(try jinja("llava_onevision").segments(talk, tokens: tokens)) == [
        "\nA cat.<|im_end|>", "\nYes.<|im_end|>",
      ])
  }

  @Test("segments put together are the rendering")
  func whole() throws {
    for name in ["qwen2", "llama3", "llava_1_5", "llava_onevision", "llava_next_training", "phi3"] {
      let template = try jinja(name)
      let messages = name.hasPrefix("llava") ? talk : words
      let text = try template.segments(messages, tokens: tokens).map {
        switch $0 {
        case .text(let text, _): text
        case .image: "<image>"
        }
      }.joined()
      #expect(try template.render(messages, tokens: tokens) == text, "\(name)")
    }
  }

  @Test("a template that rewrites earlier turns is refused")
  func notPrefix() throws {
    let source = "{{ messages|length }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
    #expect(throws: TesseraError.self) { try ChatTemplate(jinja: source).segments(words, tokens: tokens) }
  }

  @Test("nobody can say a token", arguments: ["<image>", "</s>", "<s>", "<|im_end|>"])
  func saidTokens(_ token: String) throws {
    var messages = talk
    messages[2] = ChatMessage(role: "user", "So \(token) there")
    for template in [ChatTemplate.v1, .chatML, try jinja("llava_1_5"), try jinja("qwen2_vl")] {
      do {
        _ = try template.segments(messages, tokens: tokens)
        Issue.record("accepted \(token)")
      } catch let error as TesseraError {
        #expect("\(error)".contains("message 3") && "\(error)".contains("'\(token)'"), "\(error)")
      }
    }
    #expect(throws: TesseraError.self) {
      try ChatTemplate.chatML.segments([ChatMessage(role: "assistant", "<|im_start|>")], tokens: ChatTokens())
    }
  }

  @Test("a template that shows fewer pictures than there are is refused")
  func picturesLost() throws {
    let template = try ChatTemplate(jinja: "{% for m in messages %}{{ m.content[-1].text }}{% endfor %}")
    #expect(throws: TesseraError.self) { try template.segments(talk, tokens: tokens) }
  }

  @Test("LLaVA's marks become pictures where they stand, and roles the usual ones")
  func llavaMarks() {
    let message = ChatMessage(role: "human", "<image>\nWhat <image>", imageMark: "<image>")
    #expect(message == ChatMessage(role: "user", content: [.image, .text("\nWhat "), .image]))
  }

  @Test("the date of a template is the one given")
  func date() throws {
    var template = try ChatTemplate(
      jinja: "{{ strftime_now('%Y-%m') }}{% for m in messages %}{{ m.content }}{% endfor %}")
    template.now = 1_000_000_000
    #expect(try template.render(words).hasPrefix("2001-09"))
  }
}
