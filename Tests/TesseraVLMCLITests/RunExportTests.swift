import Foundation
import TestSupport
import Tessera
import TesseraVLM
import Testing

/// What a run trained, as both transformers read it: where `TESSERA_ORACLE` is set and `.oracle/big` is there
/// (`make oracle`).
@Suite("a run's exports answer the same in transformers", .serialized)
struct RunExportTests {
  static let hasOracle =
    ProcessInfo.processInfo.environment["TESSERA_ORACLE"] != nil
    && FileManager.default.fileExists(atPath: Repository.path(".oracle/big/bin/python"))

  /// Two stages on tiny scenes: what the first leaves is what the second begins with.
  static func recipe(_ vision: String) -> String {
    """
    name: exported
    seed: 5
    prepare: [{make: shapes, folder: data, train: 120, validation: 4, heldout: 4}]
    model:
      new:
        vision: {kind: \(vision), hidden_size: 32, layers: 2, heads: 2, intermediate_size: 64, image_size: 48, patch_size: 16}
        decoder: {hidden_size: 32, layers: 2, heads: 4, key_value_heads: 2, intermediate_size: 64, positions: 128}
        feature_layer: \(vision == "clip" ? -2 : -1)
        vocabulary: 320
    stages:
      - stage: align
        name: captions
        data: [data/train/captions.jsonl]
        train: {vision: true, projector: true, decoder: true}
        steps: 30
        batch: {samples: 12}
        optimizer: {learning_rate: 1e-2, warmup: 3}
      - stage: sft
        name: questions
        data: [data/train/questions.jsonl]
        steps: 20
        batch: {samples: 12}
        optimizer: {learning_rate: 5e-3, warmup: 3}

    """
  }

  struct Said: Decodable {
    struct Result: Decodable {
      struct Logits: Decodable {
        let max: Double
        let last: [Double]
      }
      let version: String
      let error: String?
      let missing: [String]?
      let unexpected: [String]?
      let mismatched: [String]?
      let ids: [Int]?
      let new: [Int]?
      let logits: Logits?
    }
    let directory: String
    let results: [Result]
  }

  /// What 4.57 and 5.x say of directories, asked about a picture.
  private func ask(_ directories: [String], _ prompt: String, _ image: String) throws -> [Said] {
    let process = Process()
    process.executableURL = URL(filePath: Repository.path(".oracle/big/bin/python"))
    process.arguments =
      [Repository.path("Tests/Golden/vlm/roundtrip.py")] + directories
      + ["--prompt", prompt, "--image", image, "--max-new-tokens", "16"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try JSONDecoder().decode([Said].self, from: output)
  }

  @Test(
    "greedy ids are the same and logits within 1e-5 of the largest, for pictures with text",
    .enabled(if: hasOracle), arguments: ["siglip", "clip"])
  func live(_ vision: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.recipe(vision), "recipe.yaml")
    let run = try Command.run(
      ["run", "\(folder.path)/recipe.yaml", "-o", "\(folder.path)/run", "--threads", "1"], tool: "tessera-vlm"
    )
    #expect(run.status == 0, "\(run.errors)")
    let directories = ["base", "captions/model", "questions/model"].map { "\(folder.path)/run/\($0)" }
    let image = "\(folder.path)/run/data/validation/images/000001.png"
    let text = "USER: <image>\nWhat colour is the circle? ASSISTANT:"
    let said = try ask(directories, text, image)
    #expect(said.count == 3)
    var answers: [[Int]] = []
    for (directory, said) in zip(directories, said) {
      let ours = try ours(directory, text, image)
      answers.append(ours.answer.ids)
      #expect(said.results.count == 2)
      for result in said.results {
        let name = "\(vision) \(directory) \(result.version)"
        let found = try #require(result.logits, "\(name): \(result.error ?? "")")
        let distance =
          zip(ours.logits, found.last).map { abs($0 - $1) }.max().map { $0 / found.max } ?? .infinity
        #expect(result.ids == ours.ids, "\(name)")
        #expect(distance <= 1e-5, "\(name): \(distance)")
        #expect(ours.answer.nearTies > 0 || result.new == ours.answer.ids, "\(name)")
        #expect(result.missing == [] && result.unexpected == [] && result.mismatched == [], "\(name)")
      }
    }
    // The stages did something that can be told apart.
    #expect(Set(answers).count > 1)
  }

  private func ours(_ directory: String, _ text: String, _ image: String) throws -> (
    ids: [Int], logits: [Double], answer: Answer
  ) {
    let model = try LlavaModel(Checkpoint(directory))
    let processor = try Processor(directory, model.config)
    let prompt = try processor.prompt(text, pixels: [processor.pixels(contentsOf: image)])
    let logits = try noGrad {
      try model.logits(
        [prompt.ids], pixels: TorchTensor.stack(prompt.pixels),
        places: prompt.imageSpans.flatMap { Array($0) })
    }
    let last = logits.select(0, 0).select(0, prompt.ids.count - 1).array(of: Double.self)
    var options = GenerationOptions()
    options.maxNewTokens = 16
    let answer = try Generator(model, processor).answer([prompt], options).answers[0]
    return (prompt.ids, last, answer)
  }
}
