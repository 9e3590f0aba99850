import Foundation
import TestSupport
import Tessera
import TesseraCore
import TesseraText
import TesseraVLM
import Testing

@Suite("models and prompts that do not fit are refused with facts")
struct BadModelTests {
  @Test("a directory of a part, or of nothing, says what is expected")
  func parts() throws {
    for name in ["clip-only", "siglip-only", "clip-vision-only", "llama-only", "qwen2-only"] {
      let text = message { _ = try LlavaModel(Checkpoint(ParityTests.path(name))) }
      #expect(text.contains("needs a LLaVA directory") && text.contains(name), "\(text)")
    }
    #expect(message { _ = try Checkpoint(ParityTests.path("no-such")) }.contains("no-such/config.json"))
    let config = try TinyLlava.directory("clip-llama-untied-default").model.config
    #expect(message { _ = try Processor(ParityTests.path("clip-only"), config) }.contains("tokenizer.json"))
  }

  @Test("weights of another model are listed, missing, unexpected and mis-shaped")
  func otherWeights() throws {
    let folder = try TemporaryFolder()
    let names = ["clip-llama-untied-default", "siglip-llama-untied-default"].map(ParityTests.path)
    try folder.write(Array(Data(contentsOf: URL(filePath: "\(names[0])/config.json"))), "config.json")
    try folder.write(
      Array(Data(contentsOf: URL(filePath: "\(names[1])/model.safetensors"))), "model.safetensors")
    let text = message { _ = try LlavaModel(Checkpoint(folder.path)) }
    for part in ["missing", "unexpected", "another shape"] {
      #expect(text.contains(part), "\(part) is not in: \(text)")
    }
  }

  @Test("ids beyond the embedding, places and pictures that disagree")
  func prompts() throws {
    let directory = try TinyLlava.directory("clip-llama-untied-default")
    let (model, processor) = (directory.model, directory.processor)
    let pixels = try processor.pixels(contentsOf: Repository.path("Tests/Golden/vlm/shared/a.png"))
    let rows = model.config.text.vocabularySize
    for id in [-1, rows, Int.max] {
      let text = message { _ = try model.logits([[1, 2], [3, id]]) }
      #expect(text.contains("\(id) at place 1 of text 1") && text.contains("0..<\(rows)"), "\(text)")
    }
    let picture = TorchTensor.stack([pixels])
    for places in [[], [0], Array(0..<model.config.imageTokens + 1)] {
      let text = message {
        _ = try model.logits([Array(repeating: 5, count: 20)], pixels: picture, places: places)
      }
      #expect(
        text.contains("\(model.config.imageTokens), got \(places.count)")
          || text.contains("got \(places.count)"))
    }
    let outside = Array(10..<10 + model.config.imageTokens)
    #expect(
      message { _ = try model.logits([Array(repeating: 5, count: 12)], pixels: picture, places: outside) }
        .contains("places in 0..<12"))
    #expect(message { _ = try processor.prompt("<image> and <image>", pixels: [pixels]) }.contains("2 times"))
    #expect(message { _ = try processor.prompt("none", pixels: [pixels]) }.contains("0 times"))
    #expect(message { _ = try processor.prompt("<image>") }.contains("for each of 0 pictures"))
    for wrong in [[3, 7, 24], [1, 24, 24], [3, 24]] {
      let text = message { _ = try processor.prompt("<image>", pixels: [TorchTensor.zeros(wrong)]) }
      #expect(text.contains("\(wrong)"), "\(text)")
    }
    let generator = Generator(model, processor)
    #expect(message { _ = try generator.answer([Prompt(ids: [])]) }.contains("one token or more"))
    let stray = Prompt(ids: [1, 2, 3], imageSpans: [], pixels: [pixels])
    #expect(message { _ = try generator.answer([stray]) }.contains("each of 1 pictures"))
    let beyond = Prompt(ids: [1, 2, 3], imageSpans: [1..<1 + model.config.imageTokens], pixels: [pixels])
    #expect(message { _ = try generator.answer([beyond]) }.contains("places in 0..<3"))
  }

  @Test("a tokenizer of another model, and weights that are no numbers")
  func mismatches() throws {
    let directory = try TinyLlava.directory("siglip-qwen2-untied-default")
    var small = directory.model.config
    small.text.vocabularySize = 40
    small.imageToken = 3
    let text = message {
      _ = try Processor(directory.processor.path, small).prompt("USER: What?")
    }
    #expect(text.contains("they do not belong together"), "\(text)")
    small.imageToken = 4000
    #expect(message { _ = try Processor(directory.processor.path, small) }.contains("image_token_index 4000"))
    let broken = directory.model.parameters.map { spec, tensor in
      spec.name.hasSuffix("model.norm.weight") ? tensor * Double.nan : tensor
    }
    let generator = Generator(LlavaModel(directory.model.config, broken), directory.processor)
    #expect(message { _ = try generator.answer([Prompt(ids: [5, 6])]) }.contains("finite logits"))
  }

  static let edited = [
    "config.json", "generation_config.json", "preprocessor_config.json", "processor_config.json",
    "special_tokens_map.json", "tokenizer_config.json", "tokenizer.json", "chat_template.jinja",
    "model.safetensors",
  ]

  @Test(
    "edits of any file of a directory are refused with a typed error, or the model still answers",
    arguments: edited)
  func edits(_ file: String) throws {
    let folder = try TemporaryFolder()
    let source = ParityTests.path("clip-llama-untied-default")
    for name in Self.edited {
      try folder.write(Array(Data(contentsOf: URL(filePath: "\(source)/\(name)"))), name)
    }
    let bytes = Array(try Data(contentsOf: URL(filePath: "\(source)/\(file)")))
    // Of the weights, the header.
    let range = file == "model.safetensors" ? 0..<8 + Int(bytes[0]) + Int(bytes[1]) << 8 : 0..<bytes.count
    var (answered, refused) = (0, 0)
    for sample in 0..<60 {
      var random = RandomStream(seed: 11, epoch: UInt64(file.utf8.count), sample: UInt64(sample))
      var edited = bytes
      for _ in 0...random.integer(in: 0...2) {
        let place = random.integer(in: range.lowerBound...range.upperBound - 1)
        let value = Array("{}[]\",:019-.eE\\ntf".utf8) + [0, 0x80, 0xFF]
        switch random.integer(in: 0...3) {
        case 0: edited[min(place, edited.count - 1)] ^= 1 << UInt8(random.integer(in: 0...7))
        case 1: edited[min(place, edited.count - 1)] = value[random.integer(in: 0...value.count - 1)]
        case 2: edited.remove(at: min(place, edited.count - 1))
        default: edited.insert(value[random.integer(in: 0...value.count - 1)], at: min(place, edited.count))
        }
      }
      try folder.write(edited, file)
      do {
        try Self.ask(folder.path)
        answered += 1
      } catch is TesseraError { refused += 1 } catch { Issue.record("\(file), edit \(sample): \(error)") }
    }
    #expect(
      answered + refused == 60 && (refused > 0 || file == "processor_config.json"),
      "\(answered), \(refused)")
  }

  /// Opens a directory, and answers a question on a picture.
  private static func ask(_ path: String) throws {
    let checkpoint = try Checkpoint(path)
    let model = try LlavaModel(checkpoint)
    let processor = try Processor(path, model.config)
    let pixels = try processor.pixels(contentsOf: Repository.path("Tests/Golden/vlm/shared/a.png"))
    let prompt = try processor.prompt(
      [ChatMessage(role: "user", content: [.image, .text("Red?")])], pixels: [pixels])
    var options = GenerationOptions()
    options.maxNewTokens = 2
    _ = try Generator(model, processor).answer([prompt], options)
  }
}
