import Foundation
import TestSupport
import Tessera
import TesseraVLM
import Testing

/// What Tessera writes as PEFT reads it, under transformers 4.57 and 5.x: where `TESSERA_ORACLE` is set and `.oracle/peft`
/// and `.oracle/peft4` are there (`make oracle`).
@Suite("PEFT reads what is written", .serialized)
struct LoRALiveTests {
  static let environments = ["peft4", "peft"]
  static let hasOracle =
    ProcessInfo.processInfo.environment["TESSERA_ORACLE"] != nil
    && environments.allSatisfy {
      FileManager.default.fileExists(atPath: Repository.path(".oracle/\($0)/bin/python"))
    }

  struct Said: Decodable {
    let version: String
    let loading: [String: [String]]
    let warnings: [String]
    let zero: [String]
    let ids: [Int]
    let max: Double
    let logits: [Double]
  }

  /// What PEFT says of adapters on model directories; "-" is the model alone.
  static func ask(_ environment: String, _ pairs: [(base: String, adapter: String)]) throws -> [Said] {
    let process = Process()
    process.executableURL = URL(filePath: Repository.path(".oracle/\(environment)/bin/python"))
    process.arguments =
      [Repository.path("Tests/Golden/lora/adapters.py"), "ask"] + pairs.flatMap { [$0.base, $0.adapter] }
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try JSONDecoder().decode([Said].self, from: output)
  }

  /// Adapters of our own: every way to name modules, ranks and alphas of single layers, saved modules.
  static func configs() -> [(String, LoRAConfig)] {
    func config(_ change: (inout LoRAConfig) -> Void) -> LoRAConfig {
      var config = LoRAConfig()
      (config.rank, config.alpha) = (3, 7.5)
      change(&config)
      return config
    }
    return [
      ("standard", config { _ in }),
      ("every part", config { $0.targets = .parts([.language, .vision, .projector, .head]) }),
      (
        "some names of parts",
        config { $0.targets = .parts([.language, .vision], named: ["q_proj", "fc2"]) }
      ),
      ("everywhere", config { ($0.targets, $0.usesRootScaling) = (.allLinear, true) }),
      (
        "names",
        config {
          $0.targets = .names(["v_proj", "down_proj", "linear_2"])
          $0.targets.layers = [0, 1]
          $0.targets.excluded = .pattern(#".*vision_tower.*layers\.0\..*"#)
        }
      ),
      (
        "saved",
        config {
          $0.modulesToSave = ["multi_modal_projector"]
          $0.rankPattern = [.init("q_proj", 5), .init(#"layers\.2\.mlp\..*"#, 1)]
          $0.alphaPattern = [.init("k_proj", 2)]
        }
      ),
      // Under 5.x the tower has no `vision_model.`.
      (
        "names of 4.57",
        config {
          $0.targets = .pattern(#"model\.vision_tower\.vision_model\.encoder\.layers\.0\..*(fc1|q_proj)"#)
          $0.rankPattern = [.init(#"vision_tower\.vision_model\.encoder\.layers\.0\.mlp\.fc1"#, 2)]
        }
      ),
    ]
  }

  /// An adapter whose B is not 0.
  static func adapter(_ config: LoRAConfig, _ model: LlavaModel) throws -> LoRAAdapter {
    let adapter = try LoRAAdapter(config, for: model, seed: 3)
    for (index, layer) in adapter.layers.enumerated() {
      layer.b.copy(from: ModelGradientTests.wave(layer.b.shape, index) * 0.3)
    }
    for (index, (spec, tensor)) in adapter.saved.enumerated() {
      tensor.add(ModelGradientTests.wave(spec.shape, index).to(tensor.type), times: 0.2)
    }
    return adapter
  }

  /// A directory of a model with an adapter, or merged, and the last logits that Tessera computes for it.
  struct Written {
    let base: String
    let adapter: String
    let ids: [Int]
    let logits: [Double]
  }

  /// Every adapter of a model, beside it and merged.
  static func write(_ base: String, in folder: String) throws -> [Written] {
    let model = try LoRAFixtures.model(base)
    let item = try #require(
      ParityTests.cases("logits").first {
        try $0.string("directory") == base && $0.string("prompt") == "one"
      })
    let prompt = try TinyLlava.prompt(item, TinyLlava.directory(base))
    let source = ParityTests.path(base)
    var writer = CheckpointWriter()
    writer.syncs = false
    var written: [Written] = []
    for (name, config) in configs() {
      let adapter = try Self.adapter(config, model)
      let path = "\(folder)/\(base)-\(name.replacing(" ", with: "-"))"
      try adapter.write(model.config, to: path, base: base, syncs: false)
      try writer.write(Checkpoint(source), merging: adapter, to: path + "-merged")
      let all = try LoRAFixtures.logits(model.adapted(by: adapter), prompt)
      let last = all.select(0, all.size(0) - 1).array(of: Double.self)
      // The adapter does something: the model alone says something else.
      let alone = try LoRAFixtures.logits(model, prompt)
      #expect(ParityTests.distance(alone, all) > 1e-2, "\(name)")
      written += [
        Written(base: source, adapter: path, ids: prompt.ids, logits: last),
        Written(base: path + "-merged", adapter: "-", ids: prompt.ids, logits: last),
      ]
    }
    return written
  }

  @Test(
    "both versions load every adapter without a word, and every merged directory, with the same logits",
    .enabled(if: hasOracle))
  func live() throws {
    let folder = try TemporaryFolder()
    let written = try [
      "clip-llama-untied-default", "siglip-llama-untied-default", "clip-qwen2-untied-default",
    ].flatMap { try Self.write($0, in: folder.path) }
    for environment in Self.environments {
      let said = try Self.ask(environment, written.map { ($0.base, $0.adapter) })
      #expect(said.count == written.count)
      for (found, wanted) in zip(said, written) {
        let distance = Self.distance(found, wanted.logits)
        let name = "\(found.version) \(wanted.base) \(wanted.adapter)"
        #expect(found.ids == wanted.ids && distance < 1e-5, "\(name): \(distance)")
        #expect(found.loading.isEmpty && found.warnings == [] && found.zero == [], "\(name)")
      }
    }
  }

  private static func distance(_ said: Said, _ wanted: [Double]) -> Double {
    zip(said.logits, wanted).map { abs($0 - $1) }.max().map { $0 / said.max } ?? .infinity
  }
}
