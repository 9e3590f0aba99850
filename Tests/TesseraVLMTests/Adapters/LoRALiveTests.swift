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
    let adapter: String
    let version: String
    let loading: [String: [String]]
    let warnings: [String]
    let zero: [String]
    let ids: [Int]
    let max: Double
    let logits: [Double]
  }

  /// What PEFT says of adapters on a model directory; "-" is the model alone.
  static func ask(_ environment: String, _ base: String, _ adapters: [String]) throws -> [Said] {
    let process = Process()
    process.executableURL = URL(filePath: Repository.path(".oracle/\(environment)/bin/python"))
    process.arguments = [Repository.path("Tests/Golden/lora/adapters.py"), "ask", base] + adapters
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

  @Test(
    "both versions load every adapter without a word, with the same logits, and the merged directory too",
    .enabled(if: hasOracle),
    arguments: ["clip-llama-untied-default", "siglip-llama-untied-default", "clip-qwen2-untied-default"])
  func live(_ base: String) throws {
    let folder = try TemporaryFolder()
    let model = try LoRAFixtures.model(base)
    let prompt = try TinyLlava.directory(base).prompt(
      try #require(
        ParityTests.cases("logits").first {
          try $0.string("directory") == base && $0.string("prompt") == "one"
        }
      ).string("text"), "a")
    var (paths, merged, wanted): ([String], [String], [[Double]]) = ([], [], [])
    var writer = CheckpointWriter()
    writer.syncs = false
    for (name, config) in Self.configs() {
      let adapter = try Self.adapter(config, model)
      let path = "\(folder.path)/\(name.replacing(" ", with: "-"))"
      try adapter.write(model.config, to: path, base: base, syncs: false)
      try writer.write(Checkpoint(ParityTests.path(base)), merging: adapter, to: path + "-merged")
      paths.append(path)
      merged.append(path + "-merged")
      let logits = try LoRAFixtures.logits(model.adapted(by: adapter), prompt)
      wanted.append(logits.select(0, logits.size(0) - 1).array(of: Double.self))
    }
    for environment in Self.environments {
      let said = try Self.ask(environment, ParityTests.path(base), ["-"] + paths)
      #expect(said.count == paths.count + 1)
      for (found, wanted) in zip(said.dropFirst(), wanted) {
        let distance = Self.distance(found, wanted)
        #expect(found.ids == prompt.ids && distance < 1e-5, "\(found.version) \(found.adapter): \(distance)")
        #expect(found.warnings == [] && found.zero == [], "\(found.version) \(found.adapter)")
        // The adapter does something: the model alone says something else.
        #expect(Self.distance(said[0], wanted) > 1e-2, "\(found.adapter)")
      }
      for (path, wanted) in zip(merged, wanted) {
        let found = try #require(Self.ask(environment, path, ["-"]).first)
        let distance = Self.distance(found, wanted)
        #expect(found.loading.isEmpty && distance < 1e-5, "\(found.version) \(path): \(distance)")
      }
    }
  }

  private static func distance(_ said: Said, _ wanted: [Double]) -> Double {
    zip(said.logits, wanted).map { abs($0 - $1) }.max().map { $0 / said.max } ?? .infinity
  }
}
