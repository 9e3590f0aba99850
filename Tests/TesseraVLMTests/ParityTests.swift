import Foundation
import TestSupport
import Tessera
import TesseraVLM
import Testing

/// Logits, stages and gradients of transformers for tiny models whose every mistake shows.
@Suite("the model is transformers'") struct ParityTests {
  static let golden = Result { try Golden("vlm") }

  static func cases(_ kind: String) -> [Golden.Case] {
    ((try? golden.get())?.cases ?? []).filter { (try? $0.string("kind")) == kind }
  }

  @Test("the golden copy is whole: a case that is not there tests nothing")
  func cases() throws {
    _ = try Self.golden.get()
    for (kind, count) in [("logits", 54), ("generate", 54), ("batch", 18), ("stages", 2), ("sized", 2)] {
      #expect(Self.cases(kind).count == count, "\(kind)")
    }
    #expect(Self.cases("tower").count + Self.cases("decoder").count == 5)
  }

  static func path(_ directory: String) -> String { Repository.path("Tests/Golden/vlm/models/\(directory)") }

  /// The largest difference over the largest of the expected.
  static func distance(_ got: TorchTensor, _ expected: TorchTensor) -> Double {
    precondition(got.shape == expected.shape, "\(got.shape) instead of \(expected.shape)")
    let (a, b) = (got.to(.float64), expected.to(.float64))
    return (a - b).abs().max().item / b.abs().max().item
  }

  static func tensor(_ name: String) throws -> TorchTensor {
    TorchTensor(sharing: .float32(try golden.get().floats(name)))
  }

  @Test("every stage agrees, from the embedding of patches to the last norm", arguments: cases("stages"))
  func stages(_ item: Golden.Case) throws {
    let directory = try item.string("directory")
    let model = try LlavaModel(Checkpoint(Self.path(directory)))
    let pixels = try Self.tensor(item.string("pixels"))
    func check(_ name: String, _ got: TorchTensor) throws {
      let distance = Self.distance(got, try Self.tensor("stage.\(directory).\(name)"))
      #expect(distance < 1e-5, "\(directory) \(name): \(distance)")
    }
    try noGrad {
      let states = model.tower.hiddenStates(pixels, through: model.config.vision.layers)
      for (number, state) in states.enumerated() { try check("vision.\(number)", state) }
      try check("projected", model.imageFeatures(pixels))
      let ids = try item.ints("ids")
      let places = ids.indices.filter { ids[$0] == model.config.imageToken }
      let merged = try model.embeddings([ids], features: model.imageFeatures(pixels), places: places)
      try check("merged", merged)
      var number = 0
      var found: [TorchTensor] = []
      let last = model.decoder.hidden(merged) { found.append($0) }
      for state in found.dropFirst() {
        number += 1
        try check("decoder.\(number)", state)
      }
      try check("norm", last)
    }
  }

  /// A directory with what stands beside its weights.
  struct Directory {
    let model: LlavaModel
    let processor: Processor

    init(_ name: String, type: TorchType = .float32) throws {
      model = try LlavaModel(Checkpoint(ParityTests.path(name)), type: type)
      processor = try Processor(ParityTests.path(name), model.config)
    }

    func prompt(_ text: String, _ pictures: String) throws -> Prompt {
      let files = pictures.split(separator: ",").map { Repository.path("Tests/Golden/vlm/shared/\($0).png") }
      return try processor.prompt(text, pixels: files.map(processor.pixels))
    }

    func logits(_ prompts: [Prompt]) throws -> TorchTensor {
      let longest = prompts.map(\.ids.count).max() ?? 0
      var (places, pixels): ([Int], [TorchTensor]) = ([], [])
      let rows = prompts.enumerated().map { row, prompt in
        let padding = longest - prompt.ids.count
        for span in prompt.imageSpans { places += span.map { row * longest + padding + $0 } }
        pixels += prompt.pixels
        return Array(repeating: 0, count: padding) + prompt.ids
      }
      return try noGrad {
        try model.logits(
          rows, pixels: pixels.isEmpty ? nil : TorchTensor.stack(pixels), places: places,
          padding: prompts.map { longest - $0.ids.count })
      }
    }
  }

  @Test("ids and logits agree, for every directory and prompt", arguments: cases("logits"))
  func logits(_ item: Golden.Case) throws {
    let name = try item.string("directory")
    let directory = try Directory(name)
    let prompt = try directory.prompt(item.string("text"), item.string("pictures"))
    let ids = try item.ints("ids")
    #expect(prompt.ids == ids, "\(name)")
    let expected = try Self.tensor(item.string("output"))
    let got = try directory.logits([prompt])[0]
    let last = got.slice(0, got.size(0) - expected.size(0)..<got.size(0))
    let distance = Self.distance(last, expected)
    #expect(distance < 1e-5, "\(name): \(distance)")
  }

  @Test("greedy answers agree, with and without cache", arguments: cases("generate"))
  func greedy(_ item: Golden.Case) throws {
    let directory = try Directory(item.string("directory"))
    let prompt = try directory.prompt(item.string("text"), item.string("pictures"))
    let generator = Generator(directory.model, directory.processor)
    var options = GenerationOptions()
    options.maxNewTokens = 28
    for usesCache in [true, false] {
      options.usesCache = usesCache
      var streamed = ""
      let (answers, _) = try generator.answer([prompt], options) { _, text in
        streamed += text
        return true
      }
      let (new, gaps) = (try item.ints("new"), try item.doubles("gaps"))
      // Where the two likeliest are as close as rounding, either may follow.
      let certain = gaps.firstIndex { $0 < 1e-4 } ?? new.count
      #expect(answers[0].ids.prefix(certain) == new.prefix(certain))
      if certain == new.count {
        #expect(answers[0].ids == new)
        #expect(try answers[0].text == item.string("answer"))
        #expect(streamed == answers[0].text)
      }
    }
  }

  @Test(
    "a batch of two lengths gives what each gives alone, and what transformers gives",
    arguments: cases("batch"))
  func batch(_ item: Golden.Case) throws {
    let directory = try Directory(item.string("directory"))
    let prompts = [
      try directory.prompt(item.string("text0"), "a"), try directory.prompt(item.string("text1"), "b"),
    ]
    #expect(prompts[0].ids.count != prompts[1].ids.count)
    let got = try directory.logits(prompts)
    let distance = Self.distance(got.select(1, got.size(1) - 1), try Self.tensor(item.string("output")))
    #expect(distance < 1e-5, "\(distance)")
    var options = GenerationOptions()
    options.maxNewTokens = 28
    let (answers, _) = try Generator(directory.model, directory.processor).answer(prompts, options)
    for row in 0..<2 {
      let new = try item.ints("new\(row)")
      let certain = answers[row].gaps.firstIndex { $0 < 1e-4 } ?? new.count
      #expect(answers[row].ids.prefix(certain) == new.prefix(certain))
    }
  }

  @Test("position embeddings between those of the config agree", arguments: cases("sized"))
  func sized(_ item: Golden.Case) throws {
    let directory = try Directory(item.string("directory"))
    let pixels = try Self.tensor(item.string("pixels"))
    let states = noGrad {
      directory.model.tower.hiddenStates(pixels, through: directory.model.config.vision.layers)
    }
    let distance = Self.distance(states[states.count - 1], try Self.tensor(item.string("output")))
    #expect(distance < 1e-5, "\(distance)")
  }

  @Test("towers and decoders alone agree", arguments: cases("tower") + cases("decoder"))
  func parts(_ item: Golden.Case) throws {
    let checkpoint = try Checkpoint(Self.path(item.string("directory")))
    let parameters = try ModelParameters(checkpoint)
    let expected = try Self.tensor(item.string("output"))
    let got: TorchTensor
    switch checkpoint.config {
    case .vision(let config):
      let pixels = try Self.tensor(item.string("pixels"))
      let states = noGrad { VisionTower(config, parameters).hiddenStates(pixels, through: config.layers) }
      got = states[states.count - 2]
    case .language(let config):
      let decoder = Decoder(config, parameters)
      let ids = try item.ints("ids").map { Int64($0) }
      got = noGrad {
        decoder.logits(decoder.hidden(decoder.embedding.embedding(TorchTensor(ids, shape: [1, ids.count]))))
      }
    case .llava:
      throw TesseraError(.corrupt(format: "golden", detail: "a whole model where a part should be"))
    }
    let distance = Self.distance(got.reshape(expected.shape), expected)
    #expect(distance < 1e-5, "\(distance)")
  }
}
