import TestSupport
import Tessera
import TesseraText
import TesseraVLM
import Testing

/// What generation promises, in float64, where rounding does not blur it.
@Suite("generation is exact in float64")
struct ExactnessTests {
  struct Case {
    let directory: ParityTests.Directory
    let generator: Generator

    init(_ name: String) throws {
      directory = try TinyLlava.directory(name, type: .float64)
      generator = Generator(directory.model, directory.processor)
    }

    func prompt(_ text: String, _ pictures: String = "") throws -> Prompt {
      let marks = pictures.split(separator: ",").map { _ in "<image>" }.joined()
      return try directory.prompt("\(marks)USER: \(text) ASSISTANT:", pictures)
    }

    func answer(_ prompts: [Prompt], _ options: GenerationOptions, _ memory: ChatMemory? = nil) throws
      -> [Answer]
    {
      try generator.answer(prompts, options, memory: memory).answers
    }

    /// Three of different lengths, with no, one and two pictures.
    func prompts() throws -> [Prompt] {
      [
        try prompt("What is left of the circle?", "a"), try prompt("Red?"),
        try prompt("Are the two pictures the same, or is one of them older?", "b,a"),
      ]
    }
  }

  static func options(_ count: Int = 20, _ change: (inout GenerationOptions) -> Void = { _ in })
    -> GenerationOptions
  {
    var options = GenerationOptions()
    options.maxNewTokens = count
    change(&options)
    return options
  }

  /// Equal ids and texts, and leads of the likeliest equal but for the order of sums.
  static func expectSame(_ a: Answer, _ b: Answer, _ comment: Comment) {
    #expect(a.ids == b.ids && a.text == b.text && a.end == b.end, comment)
    #expect(zip(a.gaps, b.gaps).allSatisfy { abs($0 - $1) < 1e-9 }, comment)
  }

  @Test("with and without cache, alone and in batches of two and three", arguments: TinyLlava.names)
  func cacheAndBatch(_ name: String) throws {
    let item = try Case(name)
    let prompts = try item.prompts()
    #expect(Set(prompts.map(\.ids.count)).count == 3)
    let alone = try prompts.map { try item.answer([$0], Self.options())[0] }
    for usesCache in [true, false] {
      let options = Self.options { $0.usesCache = usesCache }
      for rows in [[0], [1, 0], [2, 1], [0, 1, 2]] {
        let together = try item.answer(rows.map { prompts[$0] }, options)
        for (row, answer) in zip(rows, together) {
          Self.expectSame(answer, alone[row], "\(name), rows \(rows), cache \(usesCache)")
        }
      }
    }
  }

  @Test("a prompt that follows its equal is read once, and answered as alone", arguments: TinyLlava.names)
  func repeated(_ name: String) throws {
    let item = try Case(name)
    let prompts = try item.prompts()
    // The same tokens with another picture are another prompt.
    let other = try item.prompt("What is left of the circle?", "b")
    #expect(other.ids == prompts[0].ids)
    let asked = [0, 0, 1, 0, 2, 2, 2].map { prompts[$0] } + [prompts[0], other]
    let drawn = Self.options { ($0.temperature, $0.seed, $0.keepsLogProbabilities) = (1.3, 3, true) }
    for options in [Self.options(), Self.options { $0.usesCache = false }, drawn] {
      let together = try item.generator.answer(asked, options)
      let read = options.usesCache ? [0, 1, 0, 2, 0] : [0, 0, 1, 0, 2, 2, 2, 0]
      #expect(together.times.promptTokens == read.reduce(other.ids.count) { $0 + prompts[$1].ids.count })
      for (row, prompt) in asked.enumerated() where options.temperature == 0 {
        Self.expectSame(together.answers[row], try item.answer([prompt], options)[0], "\(name), row \(row)")
      }
      guard options.temperature > 0 else { continue }
      // Draws of one prompt differ, and each has the probability that the model gives it.
      #expect(together.answers[4...6].map(\.ids).count == Set(together.answers[4...6].map(\.ids)).count)
      let policy = PolicyModel(item.directory.model, temperature: 1.3, banned: item.generator.banned)
      for (answer, prompt) in zip(together.answers, asked) {
        let text = TokenBatch(
          [TokenizedSample(prompt, answer: answer.ids)],
          pixels: prompt.pixels.isEmpty ? [] : [TorchTensor.stack(prompt.pixels)], padToken: 0)
        let own = try noGrad { try PolicyModel.own(policy.distributions(text), text).array(of: Double.self) }
        #expect(zip(own, answer.logProbabilities).allSatisfy { abs($0 - $1) < 1e-11 })
      }
    }
  }

  @Test("logits of a text in pieces are those of the whole", arguments: TinyLlava.names)
  func pieces(_ name: String) throws {
    let item = try Case(name)
    let prompt = try item.prompts()[2]
    let whole = try item.directory.logits([prompt])
    let model = item.directory.model
    try noGrad {
      let embedded = try model.embeddings(
        [prompt.ids], features: model.imageFeatures(TorchTensor.stack(prompt.pixels)),
        places: prompt.imageSpans.flatMap { Array($0) })
      for sizes in [[1, 2, 3], [7], [30, 1]] {
        let cache = KeyValueCache(layers: model.config.text.layers, capacity: 3)
        var (start, found): (Int, [TorchTensor]) = (0, [])
        while start < prompt.ids.count {
          let end = min(prompt.ids.count, start + sizes[found.count % sizes.count])
          found.append(
            model.decoder.logits(model.decoder.hidden(embedded.slice(1, start..<end), cache: cache)))
          start = end
        }
        let distance = ParityTests.distance(TorchTensor.cat(found, axis: 1), whole)
        #expect(distance < 1e-12, "\(name), pieces of \(sizes): \(distance)")
      }
    }
  }

  @Test("the last logits are those of a float64 transformers", arguments: ParityTests.cases("logits"))
  func double(_ item: Golden.Case) throws {
    guard item.has("exact") else { return }
    let directory = try TinyLlava.directory(item.string("directory"), type: .float64)
    let got = try directory.logits([TinyLlava.prompt(item, directory)])[0]
    let expected = TorchTensor(try ParityTests.golden.get().doubles(item.string("exact")))
    let last = got.slice(0, got.size(0) - expected.count / got.size(1)..<got.size(0))
    let distance = ParityTests.distance(last.flatten(), expected)
    #expect(distance < 1e-12, "\(distance)")
  }

  @Test(
    "a conversation with a memory is the one without",
    arguments: ["clip-llama-untied-default", "clip-qwen2-untied-default", "siglip-qwen2-tied-full"])
  func memory(_ name: String) throws {
    let item = try Case(name)
    let (generator, memory) = (item.generator, ChatMemory(item.directory.model))
    let a = try item.prompt("What is left?", "a")
    let answer = try generator.answer([a], Self.options(8), memory: memory)
    #expect(answer.times.promptTokens == a.ids.count)
    // The next turn: what was said, and more, with a second picture.
    let more = try item.prompt("And here?", "b")
    let offset = a.ids.count + answer.answers[0].ids.count
    let second = Prompt(
      ids: a.ids + answer.answers[0].ids + more.ids,
      imageSpans: a.imageSpans + more.imageSpans.map { $0.lowerBound + offset..<$0.upperBound + offset },
      pixels: a.pixels + more.pixels)
    let fresh = try item.answer([second], Self.options(8))[0]
    let kept = try generator.answer([second], Self.options(8), memory: memory)
    Self.expectSame(kept.answers[0], fresh, "\(name): a second turn")
    // All but the first answer's last token, which nothing had been made of.
    #expect(kept.times.promptTokens == second.ids.count - (offset - 1))
    // Asked again; another picture at the first place; the first turn once more; without the cache.
    var other = second
    other.pixels[0] = more.pixels[0]
    for (prompt, usesCache) in [(second, true), (other, true), (a, true), (second, false), (second, true)] {
      let options = Self.options(8) { $0.usesCache = usesCache }
      let expected = try item.answer([prompt], Self.options(8))[0]
      Self.expectSame(try item.answer([prompt], options, memory)[0], expected, "\(name)")
    }
  }

  @Test("a memory is good after a prompt that was refused")
  func refused() throws {
    let item = try Case("clip-llama-untied-default")
    let memory = ChatMemory(item.directory.model)
    let prompt = try item.prompts()[0]
    let expected = try item.answer([prompt], Self.options(6), memory)[0]
    var wrong = prompt
    wrong.ids[2] = 1_000_000
    #expect(throws: TesseraError.self) { try item.answer([wrong], Self.options(6), memory) }
    Self.expectSame(try item.answer([prompt], Self.options(6), memory)[0], expected, "after an error")
  }

  @Test("runs repeat, and a row's chance depends on no other row")
  func chance() throws {
    let item = try Case("siglip-llama-untied-default")
    let prompts = try item.prompts()
    let options = Self.options { ($0.temperature, $0.topP, $0.seed) = (1.5, 0.95, 7) }
    let three = try item.answer(prompts, options)
    let again = try item.answer(prompts, options)
    for (a, b) in zip(three, again) { #expect(a.ids == b.ids && a.gaps == b.gaps && a.text == b.text) }
    for other in [[prompts[0]], [prompts[0], prompts[2]], [prompts[0], prompts[0], prompts[1]]] {
      Self.expectSame(try item.answer(other, options)[0], three[0], "\(other.count) rows")
    }
    let swapped = try item.answer([prompts[2], prompts[1]], options)
    Self.expectSame(swapped[1], three[1], "the second row beside another first")
    let seeded = try item.answer(
      prompts, Self.options { ($0.temperature, $0.topP, $0.seed) = (1.5, 0.95, 8) })
    #expect(zip(seeded, three).contains { $0.ids != $1.ids })
    let twice = try item.answer([prompts[0], prompts[0]], options)
    #expect(twice[0].ids != twice[1].ids)
  }
}
