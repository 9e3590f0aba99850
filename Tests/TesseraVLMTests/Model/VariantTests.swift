import Foundation
import TestSupport
import Tessera
import TesseraText
import TesseraVLM
import Testing

/// Models that the grid of whole models does not have: decoders alone, and lists of layers.
@Suite("decoders alone and lists of feature layers are transformers'") struct VariantTests {
  static let golden = Result { try Golden("variants") }

  static func cases(_ kind: String) -> [Golden.Case] {
    ((try? golden.get())?.cases ?? []).filter { (try? $0.string("kind")) == kind }
  }

  static func tensor(_ name: String) throws -> TorchTensor {
    TorchTensor(sharing: .float32(try golden.get().floats(name)))
  }

  @Test("the golden copy is whole: a case that is not there tests nothing")
  func whole() throws {
    #expect(try Self.golden.get().cases.count == 15)
    for (kind, count) in [("text", 4), ("settings", 10), ("layers", 1)] {
      #expect(Self.cases(kind).count == count, "\(kind)")
    }
  }

  /// A decoder with what stands beside its weights.
  static func open(_ name: String, type: TorchType = .float32) throws -> (LanguageModel, TextProcessor) {
    let model = try LanguageModel(Checkpoint(ParityTests.path(name)), type: type)
    return (model, try TextProcessor(ParityTests.path(name), model.config))
  }

  /// The greedy answer, with cache and without, against transformers'.
  static func check(_ generator: Generator, _ prompt: Prompt, _ item: Golden.Case) throws {
    let (new, gaps) = (try item.ints("new"), try item.doubles("gaps"))
    // Where the two likeliest are as close as rounding, either may follow.
    let certain = gaps.firstIndex { $0 < 1e-4 } ?? new.count
    var options = GenerationOptions()
    options.maxNewTokens = 24
    for usesCache in [true, false] {
      options.usesCache = usesCache
      let answer = try generator.answer([prompt], options).answers[0]
      #expect(answer.ids.prefix(certain) == new.prefix(certain), "cache \(usesCache)")
      if certain == new.count { #expect(try answer.text == item.string("answer")) }
    }
  }

  @Test("a decoder's ids, logits and greedy answer agree", arguments: cases("text"))
  func text(_ item: Golden.Case) throws {
    let (model, processor) = try Self.open(item.string("directory"))
    let prompt = try processor.prompt(item.string("prompt"))
    #expect(try prompt.ids == item.ints("ids"))
    let expected = try Self.tensor(item.string("output"))
    let got = try noGrad { try model.logits([prompt.ids]) }[0]
    let last = got.slice(0, got.size(0) - min(got.size(0), 8)..<got.size(0))
    let distance = ParityTests.distance(last, expected)
    #expect(distance < 1e-5, "\(distance)")
    try Self.check(Generator(model, processor), prompt, item)
  }

  @Test("a projector gets the layers of a list in the list's order", arguments: cases("layers"))
  func layers(_ item: Golden.Case) throws {
    let path = Repository.path("Tests/Golden/variants/models/feature-layers")
    let model = try LlavaModel(Checkpoint(path))
    #expect(model.config.featureLayers == [-1, 1] && model.config.writesFeatureLayerList)
    let processor = try Processor(path, model.config)
    let picture = try processor.pixels(
      contentsOf: Repository.path("Tests/Golden/vlm/shared/\(item.string("pictures")).png"))
    let prompt = try processor.prompt(item.string("text"), pixels: [picture])
    #expect(try prompt.ids == item.ints("ids"))
    let expected = try Self.tensor(item.string("output"))
    func logits(_ model: LlavaModel) throws -> TorchTensor {
      try noGrad {
        try model.logits(
          [prompt.ids], pixels: TorchTensor.stack([picture]), places: Array(prompt.imageSpans[0]))
      }[0]
    }
    let distance = ParityTests.distance(try logits(model), expected)
    #expect(distance < 1e-5, "\(distance)")
    var turned = model.config
    turned.featureLayers = [1, -1]
    let wrong = ParityTests.distance(try logits(LlavaModel(turned, model.parameters)), expected)
    #expect(wrong > 1e-3, "the layers' order does not show: \(wrong)")
    try Self.check(Generator(model, processor), prompt, item)
  }

  /// What a transformers says of a directory (Tests/Golden/variants/reread.py).
  struct Reread: Decodable {
    let version: String
    let loading: [String]
    let ids: [Int]
    let last: [Double]
    let new: [Int]
  }

  @Test(
    "both transformers load a decoder that is written, with the same logits and the same greedy text",
    .enabled(if: ExportTests.hasOracle))
  func live() throws {
    let folder = try TemporaryFolder()
    let names = ["llama-only", "qwen2-only"]
    var writer = CheckpointWriter()
    writer.shardLimit = 30_000
    for name in names { try writer.write(Checkpoint(ParityTests.path(name)), to: "\(folder.path)/\(name)") }
    let process = Process()
    process.executableURL = URL(filePath: Repository.path(".oracle/big/bin/python"))
    let prompt = "The red star is two."
    process.arguments =
      [Repository.path("Tests/Golden/variants/reread.py"), prompt, "20"]
      + names.map { "\(folder.path)/\($0)" }
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let told = try JSONDecoder().decode([Reread].self, from: output)
    #expect(process.terminationStatus == 0 && told.count == 4)
    for (number, said) in told.enumerated() {
      let (model, processor) = try Self.open(names[number % 2])
      let asked = try processor.prompt(prompt)
      let logits = try noGrad { try model.logits([asked.ids]) }[0]
      let last = logits.select(0, logits.size(0) - 1).array(of: Double.self)
      let top = said.last.map(abs).max() ?? 0
      let distance = zip(last, said.last).map { abs($0 - $1) }.max().map { $0 / top } ?? .infinity
      #expect(
        said.loading.isEmpty && said.ids == asked.ids && distance < 1e-5, "\(said.version): \(distance)")
      var options = GenerationOptions()
      options.maxNewTokens = 20
      let answer = try Generator(model, processor).answer([asked], options).answers[0]
      #expect(answer.nearTies > 0 || answer.ids == said.new, "\(said.version)")
    }
  }

  @Test("a decoder takes no pictures, and says so")
  func blind() throws {
    let (model, processor) = try Self.open("llama-only")
    let file = Repository.path("Tests/Golden/vlm/shared/a.png")
    #expect(message { _ = try processor.pixels(contentsOf: file) }.contains("sees none"))
    let pixels = TorchTensor.zeros([3, 24, 24])
    #expect(message { _ = try processor.prompt("x", pixels: [pixels]) }.contains("text alone"))
    let stray = Prompt(ids: [1, 2], imageSpans: [0..<1], pixels: [pixels])
    #expect(message { _ = try Generator(model, processor).answer([stray]) }.contains("sees none"))
    #expect(message { _ = try model.logits([[288]]) }.contains("0..<288"))
    let whole = try Checkpoint(ParityTests.path("clip-llama-tied-full"))
    #expect(message { _ = try LanguageModel(whole) }.contains("a vision-language model"))
  }

  @Test(
    "the last token alone is the last of all: with padding, windows and a cache",
    arguments: ["llama-only", "qwen2-only"])
  func lastOnly(_ name: String) throws {
    let (model, _) = try Self.open(name, type: .float64)
    let rows = [(0..<20).map { 3 + $0 * 7 % 200 }, (0..<20).map { 5 + $0 * 11 % 190 }]
    try noGrad {
      for padding in [nil, [0, 0], [0, 7], [19, 3]] {
        let embedded = try model.decoder.embeddings(rows)
        let all = model.decoder.hidden(embedded, padding: padding)
        let last = model.decoder.hidden(embedded, padding: padding, lastOnly: true)
        #expect(last.shape == [2, 1, model.config.hiddenSize])
        let distance = ParityTests.distance(last, all.slice(1, 19..<20))
        #expect(distance < 1e-12, "\(name), padding \(padding ?? []): \(distance)")
        // In two pieces: the second's queries see keys of the first.
        let cache = KeyValueCache(layers: model.config.layers)
        let first = try model.decoder.embeddings(rows.map { Array($0[..<12]) })
        _ = model.decoder.hidden(first, padding: padding, cache: cache, lastOnly: true)
        let second = try model.decoder.embeddings(rows.map { Array($0[12...]) })
        let rest = model.decoder.hidden(second, padding: padding, cache: cache, lastOnly: true)
        let later = ParityTests.distance(rest, all.slice(1, 19..<20))
        #expect(later < 1e-12, "\(name), padding \(padding ?? []), in two pieces: \(later)")
      }
    }
  }
}
