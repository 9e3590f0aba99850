import TestSupport
import Tessera
import TesseraText
import TesseraVLM
import Testing

@Suite("samples are what prompts are") struct SampleBuilderTests {
  private func processor(_ name: String) throws -> Processor {
    guard case .llava(let config) = try ModelConfig(directory: Models.path(name)) else {
      throw CancellationError()
    }
    return try Processor(Models.path(name), config)
  }

  private static let answers = ["A ball.", " two words", "Ünïcode 🎈!", "a\n\nb", "1234567"]

  private func conversation(_ answer: String) -> [ChatMessage] {
    [
      ChatMessage(role: "user", content: [.image, .text("What is left of it?")]),
      ChatMessage(role: "assistant", answer), ChatMessage(role: "user", "Sure?"),
      ChatMessage(role: "assistant", "Yes, \(answer)"),
    ]
  }

  @Test(
    "a prompt's ids are the beginning of the training sample's, and segments together are the whole text's",
    arguments: Models.whole, answers)
  func prefix(_ name: String, _ answer: String) throws {
    let processor = try processor(name)
    let builder = SampleBuilder(processor)
    let config = processor.config
    let side = config.vision.imageSize
    let pixels = [TorchTensor([Float](repeating: 0, count: 3 * side * side), shape: [3, side, side])]
    let messages = conversation(answer)
    guard case .sample(let sample, _) = try builder.build(messages, pixels: pixels) else {
      Issue.record("dropped")
      return
    }
    let prompt = try processor.prompt(Array(messages[..<1]), pixels: pixels)
    #expect(sample.ids.starts(with: prompt.ids))
    #expect(sample.isLearned[..<prompt.ids.count].allSatisfy { !$0 })
    #expect(sample.isLearned.contains(true))
    // The whole text at once, each picture's one token made many.
    let text = try processor.template.render(messages, tokens: processor.tokens)
    let whole = try processor.prompt(text, pixels: pixels)
    #expect(sample.ids == whole.ids)
    #expect(sample.imageSpans.map(\.range) == whole.imageSpans)
  }

  @Test("marks of pictures in LLaVA's files take their line's end with them")
  func marks() throws {
    let sample = Sample(
      name: "r", pictures: [.file("a"), .file("b")],
      conversation: [
        ConversationTurn(.user, "<image>\nWhat?"), ConversationTurn(.assistant, "x\n"),
        ConversationTurn(.user, "And this?\n<image>"),
      ])
    #expect(
      try SampleBuilder.messages(sample) == [
        ChatMessage(role: "user", content: [.image, .text("What?")]), ChatMessage(role: "assistant", "x\n"),
        ChatMessage(role: "user", content: [.text("And this?"), .image]),
      ])
    #expect(throws: TesseraError.self) { try SampleBuilder.messages(Sample(name: "empty")) }
  }
}
