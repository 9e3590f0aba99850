import Tessera
import TesseraText
import TesseraVLM
import Testing

@Suite("answers end where they should, and hold no token of structure")
struct GenerationEndTests {
  @Test(
    "tokens of structure are never chosen, however likely",
    arguments: ["clip-llama-untied-default", "clip-qwen2-tied-default", "siglip-llama-tied-full"])
  func structure(_ name: String) throws {
    let item = try ExactnessTests.Case(name)
    let prompt = try item.prompts()[0]
    let (model, generator) = (item.directory.model, item.generator)
    let first = try item.answer([prompt], ExactnessTests.options(1))[0].ids[0]
    let rows = generator.banned.sorted().map { Int64($0) }
    #expect(rows.count >= 2)
    if name.contains("qwen2-tied") {
      #expect(rows.contains { item.generator.tokenizer.token(Int($0)) == nil })
    }
    // Their rows of the head become a hundred times that of the likeliest token.
    let ending = model.config.text.isTied ? "embed_tokens.weight" : "lm_head.weight"
    let parameters = model.parameters.map { spec, tensor in
      guard spec.name.hasSuffix(ending) else { return tensor }
      let row = tensor.narrow(0, start: first, count: 1) * 100
      return tensor.indexCopy(0, TorchTensor(rows), row.expand(rows.count, -1))
    }
    let forced = LlavaModel(model.config, parameters)
    var changed = Generator(forced, item.directory.processor)
    for temperature in [0, 3.0] {
      for usesCache in [true, false] {
        let options = ExactnessTests.options(12) { ($0.temperature, $0.usesCache) = (temperature, usesCache) }
        let answers = try changed.answer([prompt, try item.prompts()[1]], options).answers
        #expect(answers.allSatisfy { Set($0.ids).isDisjoint(with: changed.banned) && !$0.ids.isEmpty })
      }
    }
    // The test could fail: without the ban such a token comes first.
    changed.banned = []
    let free = try changed.answer([prompt], ExactnessTests.options(1)).answers[0]
    #expect(rows.contains(Int64(free.ids[0])))
  }

  @Test("stop strings are found across tokens, and nothing of them is given out")
  func stops() throws {
    let item = try ExactnessTests.Case("clip-llama-untied-default")
    let prompt = try item.prompts()[0]
    let full = try item.answer([prompt], ExactnessTests.options(24))[0]
    let text = Array(full.text)
    #expect(text.count > 12)
    var crossing = 0
    for length in 1...5 {
      for start in stride(from: 0, to: text.count - length, by: 3) {
        let stop = String(text[start..<start + length])
        let options = ExactnessTests.options(24) { $0.stopStrings = ["never in it", stop] }
        var streamed = ""
        let answer = try item.generator.answer([prompt], options) { _, piece in
          streamed += piece
          return true
        }.answers[0]
        let place = try #require(full.text.firstRange(of: stop))
        #expect(answer.text == full.text[..<place.lowerBound], "'\(stop)'")
        #expect(answer.text == streamed && answer.end == .stopString)
        #expect(answer.ids == Array(full.ids.prefix(answer.ids.count)))
        if try item.generator.tokenizer.decode([answer.ids[answer.ids.count - 1]], skipSpecialTokens: true)
          .count < length
        {
          crossing += 1
        }
      }
    }
    #expect(crossing > 5)
  }

  @Test("the positions of the model are the end of every answer")
  func positions() throws {
    let item = try ExactnessTests.Case("clip-llama-untied-default")
    let limit = item.directory.model.config.text.maxPositions
    var generator = item.generator
    generator.endTokens = []
    for missing in [1, 3] {
      let prompt = Prompt(ids: (0..<limit - missing).map { 20 + $0 % 100 })
      let answer = try generator.answer([prompt], ExactnessTests.options(50)).answers[0]
      #expect(answer.ids.count == missing && answer.end == .length)
    }
    for count in [limit, limit + 5] {
      #expect(throws: TesseraError.self) {
        try generator.answer([Prompt(ids: Array(repeating: 20, count: count))], ExactnessTests.options(5))
      }
    }
  }

  @Test("a listener ends its own answer alone")
  func cancelled() throws {
    let item = try ExactnessTests.Case("clip-llama-untied-default")
    let prompts = try Array(item.prompts()[..<2])
    var generator = item.generator
    generator.endTokens = []
    let full = try generator.answer(prompts, ExactnessTests.options(12)).answers
    var heard = ""
    let answers = try generator.answer(prompts, ExactnessTests.options(12)) { row, piece in
      if row == 0 { heard += piece }
      return row == 1 || heard.count < 3
    }.answers
    #expect(answers[0].end == .cancelled && answers[0].text == heard)
    #expect(full[0].text.hasPrefix(heard) && answers[0].ids.count < 12)
    #expect(answers[1].ids == full[1].ids && answers[1].text == full[1].text && answers[1].end == .length)
  }
}
