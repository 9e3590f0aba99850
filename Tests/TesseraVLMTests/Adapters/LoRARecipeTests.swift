import Foundation
import TestSupport
import Tessera
import TesseraVLM
import Testing

/// Adapters that recipes train, on the tiny models of the golden tests.
@Suite("a recipe trains an adapter", .serialized)
struct LoRARecipeTests {
  static let base = "clip-llama-untied-default"

  /// A run of four steps on captions of the two golden pictures.
  private static func train(_ folder: TemporaryFolder, _ lora: String, projector: Bool) throws -> String {
    let lines = ["a", "b"].map { name in
      #"{"image": "\#(name).png", "caption": "picture \#(name) of two"}"#
    }
    try folder.write(lines.joined(separator: "\n") + "\n", "captions.jsonl")
    let yaml = """
      model: {directory: \(ParityTests.path(base))}
      stages:
        - stage: sft
          name: adapter
          data: [{path: \(folder.path)/captions.jsonl, images: \(Repository.path("Tests/Golden/vlm/shared"))}]
          lora: \(lora)
          train: {projector: \(projector)}
          steps: 4
          batch: {samples: 2}
          optimizer: {learning_rate: 1e-2, warmup: 0}
      """
    let run = RecipeRun(try Recipe(yaml: yaml, file: "lora.yaml"), folder: "\(folder.path)/run")
    #expect(try run.run() == .done)
    return "\(folder.path)/run/adapter"
  }

  /// What is trained, and the directory of the model and adapter together or merged.
  static let cases = [
    ("{rank: 3, alpha: 6}", false), ("{rank: 2, alpha: 4, targets: [q_proj, down_proj]}", true),
    ("{rank: 2, alpha: 3, rslora: true, parts: [vision, decoder]}", false),
  ]

  @Test("its adapter and its merged model answer alike, and otherwise than the base", arguments: cases)
  func alike(_ lora: String, _ projector: Bool) throws {
    let folder = try TemporaryFolder()
    let path = try Self.train(folder, lora, projector: projector)
    let base = try LoRAFixtures.model(Self.base)
    let adapter = try LoRAAdapter("\(path)/adapter", for: base)
    #expect(adapter.saved.count == (projector ? 4 : 0))
    #expect(Set(adapter.layers.map(\.part)).count == (lora.contains("vision") ? 2 : 1))
    let prompt = try Self.prompt()
    let (adapted, alone, merged) = (
      try LoRAFixtures.logits(base.adapted(by: adapter), prompt), try LoRAFixtures.logits(base, prompt),
      try LoRAFixtures.logits(LlavaModel(Checkpoint("\(path)/model")), prompt)
    )
    #expect(ParityTests.distance(merged, adapted) < 1e-5)
    #expect(ParityTests.distance(alone, adapted) > 1e-3)
  }

  private static func prompt() throws -> Prompt {
    try TinyLlava.prompt(TinyLlava.logits(base, "one"), TinyLlava.directory(base))
  }

  @Test(
    "PEFT loads it under both versions without a word, and computes the same",
    .enabled(if: LoRALiveTests.hasOracle))
  func live() throws {
    let prompt = try Self.prompt()
    var asked: [(base: String, adapter: String)] = []
    var wanted: [[Double]] = []
    // Held until PEFT has read them.
    var folders: [TemporaryFolder] = []
    for (lora, projector) in Self.cases {
      let folder = try TemporaryFolder()
      folders.append(folder)
      let path = try Self.train(folder, lora, projector: projector)
      let base = try LoRAFixtures.model(Self.base)
      let model = base.adapted(by: try LoRAAdapter("\(path)/adapter", for: base))
      let all = try LoRAFixtures.logits(model, prompt)
      let last = all.select(0, all.size(0) - 1).array(of: Double.self)
      asked += [(ParityTests.path(Self.base), "\(path)/adapter"), ("\(path)/model", "-")]
      wanted += [last, last]
    }
    for environment in LoRALiveTests.environments {
      let said = try LoRALiveTests.ask(environment, asked)
      #expect(said.count == wanted.count)
      for (found, logits) in zip(said, wanted) {
        let distance =
          zip(found.logits, logits).map { abs($0 - $1) }.max().map { $0 / found.max } ?? .infinity
        #expect(found.ids == prompt.ids && distance < 1e-5, "\(found.version): \(distance)")
        #expect(found.loading.isEmpty && found.warnings == [] && found.zero == [], "\(found.version)")
      }
    }
    withExtendedLifetime(folders) {}
  }

  @Test("beside an adapter the projector learns at its own rate, and nothing else learns")
  func plan() throws {
    let base = try LoRAFixtures.model(Self.base)
    var config = LoRAConfig()
    config.modulesToSave = ["multi_modal_projector"]
    let model = base.adapted(by: try LoRAAdapter(config, for: base))
    var plan = ParameterPlan()
    plan.projector.learningRateScale = 0.1
    let selection = try plan.apply(to: model)
    for parameter in selection.trained {
      let isProjector = parameter.name.hasPrefix("multi_modal_projector.")
      #expect(parameter.learningRateScale == (isProjector ? 0.1 : 1), "\(parameter.name)")
      #expect(isProjector || parameter.name.contains(".lora_"), "\(parameter.name)")
      #expect(parameter.tensor.requiresGrad)
    }
    #expect(selection.trained.count == 2 * 3 * 7 + 4)
    #expect(selection.frozen.map(\.name) == ["decoder", "vision"])
    for (spec, tensor) in base.parameters.all { #expect(!tensor.requiresGrad, "\(spec.name)") }
  }

  @Test("a model with an adapter is not written without it")
  func unwritten() throws {
    let folder = try TemporaryFolder()
    let base = try LoRAFixtures.model(Self.base)
    let model = base.adapted(by: try LoRAAdapter(LoRAConfig(), for: base))
    let message = LoRAFixtures.message { try model.write(to: "\(folder.path)/m") }
    #expect(message.contains("without an adapter"))
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/m"))
  }
}
