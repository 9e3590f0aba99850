import Foundation
import TestSupport
import Tessera
import TesseraCore
import TesseraData
import TesseraVLM
import Testing

@Suite("adapters' files are read strictly")
struct LoRAFileTests {
  static let base = "clip-llama-untied-default"

  /// The modules that settings choose, as a new adapter of the tiny model has them: without `language_model.model.` and
  /// the like, `0.q_proj`.
  private func chosen(_ targets: LoRATargets, saved: [String] = []) throws -> [String] {
    var config = LoRAConfig()
    (config.targets, config.modulesToSave) = (targets, saved)
    return try LoRAAdapter(config, for: LoRAFixtures.model(Self.base)).layers.map(\.name)
  }

  @Test("the default is the linear layers of the decoder, without its head")
  func standard() throws {
    let names = try chosen(LoRAConfig().targets)
    #expect(names.count == 3 * 7 && names.allSatisfy { $0.hasPrefix("language_model.model.layers.") })
  }

  @Test("parts, with names or without, of the tower only what learns")
  func parts() throws {
    #expect(try chosen(.parts([.language], named: ["q_proj", "v_proj"])).count == 6)
    // Layer −2 of three: the first two have a part in the features.
    #expect(try chosen(.parts([.vision])).count == 2 * 6)
    #expect(try chosen(.parts([.vision, .projector], named: ["fc1", "linear_2"])).count == 3)
    #expect(try chosen(.parts([.head])) == ["language_model.lm_head"])
  }

  @Test("names count everywhere, expressions for whole names, all-linear without the head")
  func names() throws {
    #expect(try chosen(.names(["q_proj"])).count == 6)
    #expect(try chosen(.names(["model.language_model.layers.1.self_attn.q_proj"])).count == 1)
    #expect(try chosen(.names(["proj"] + ["fc1"])).count == 3)  // no name ends in ".proj"
    #expect(try chosen(.pattern(#".*layers\.[02]\.mlp\.(up|down)_proj"#)).count == 4)
    #expect(try chosen(.allLinear).count == 3 * 7 + 3 * 6 + 2)
    var some = LoRATargets.names(["q_proj", "fc1"])
    some.layers = [1]
    #expect(try chosen(some).count == 3)
    some.layerNames = ["blocks"]
    #expect(LoRAFixtures.message { _ = try chosen(some) }.contains("which names none"))
    (some.layers, some.excluded) = (nil, .pattern(".*vision.*"))
    #expect(try chosen(some).count == 3)
    some.excluded = .names(["fc1"])
    #expect(try chosen(some).count == 6)
    // What is trained whole has no adapter besides.
    #expect(try chosen(.allLinear, saved: ["multi_modal_projector"]).count == 3 * 7 + 3 * 6)
  }

  @Test("settings that cannot be are refused before anything is made")
  func refused() throws {
    func message(_ change: (inout LoRAConfig) -> Void) -> String {
      var config = LoRAConfig()
      change(&config)
      return LoRAFixtures.message { _ = try LoRAAdapter(config, for: LoRAFixtures.model(Self.base)) }
    }
    #expect(message { $0.rank = 0 }.contains("rank of an adapter must be 1 to 1048576, got 0"))
    #expect(message { $0.alpha = .infinity }.contains("alpha of an adapter must be a number above 0"))
    #expect(message { $0.targets = .names(["nobody"]) }.contains("'nobody', which names none"))
    #expect(message { $0.targets = .pattern("a(") }.contains("target_modules must be a regular expression"))
    #expect(message { $0.rankPattern = [.init("a)|(b", 2)] }.contains("rank_pattern must be a regular"))
    #expect(message { $0.targets = .names(["embed_tokens"]) }.contains("which is no linear layer"))
    #expect(message { $0.targets = .pattern(".*patch_embedding") }.contains("patch_embedding', which is no"))
    #expect(message { $0.modulesToSave = ["nothing"] }.contains("'nothing', which ends none"))
    #expect(message { $0.modulesToSave = [""] }.contains("the ends of modules' names"))
    let tied = LoRAFixtures.message {
      var config = LoRAConfig()
      config.modulesToSave = ["embed_tokens"]
      _ = try LoRAAdapter(config, for: LoRAFixtures.model("siglip-qwen2-tied-default"))
    }
    #expect(tied.contains("which is the head too (tied)"))
  }

  @Test("ranks and alphas of single layers, by patterns")
  func patterns() throws {
    var config = LoRAConfig()
    (config.rank, config.alpha) = (4, 8)
    config.rankPattern = [.init("layers.0.self_attn.q_proj", 2), .init(#"mlp\..*"#, 6)]
    config.alphaPattern = [.init("k_proj", 1)]
    let adapter = try LoRAAdapter(config, for: LoRAFixtures.model(Self.base))
    func layer(_ name: String) -> LoRALayer? { adapter["language_model.model.layers.\(name)"] }
    #expect(layer("0.self_attn.q_proj")?.rank == 2 && layer("1.self_attn.q_proj")?.rank == 4)
    #expect(layer("2.mlp.up_proj")?.rank == 6 && layer("0.self_attn.q_proj")?.scale == 4)
    #expect(layer("0.self_attn.k_proj")?.scale == 0.25 && layer("2.mlp.up_proj")?.scale == 8.0 / 6)
  }

  /// A setting that PEFT has, and a part of what is said of it.
  static let features: [(String, any Sendable, String)] = [
    ("peft_type", "IA3", "peft_type \"IA3\""), ("peft_type", "ADALORA", "peft_type \"ADALORA\""),
    ("use_dora", true, "the setting use_dora (true)"), ("bias", "all", "bias \"all\""),
    ("lora_bias", true, "the setting lora_bias"), ("use_qalora", true, "the setting use_qalora"),
    ("init_lora_weights", "pissa_niter_4", "init_lora_weights \"pissa_niter_4\""),
    ("layer_replication", [[0, 2]], "the setting layer_replication"),
    ("trainable_token_indices", [1, 2], "the setting trainable_token_indices"),
    ("target_parameters", ["x"], "the setting target_parameters"),
    ("some_future_setting", ["x": 1], "the setting some_future_setting"),
  ]

  @Test("what PEFT can and this cannot is refused by its name")
  func features() throws {
    for (name, value, words) in Self.features {
      let folder = try TemporaryFolder()
      let path = try LoRAFixtures.edited("names", in: folder) { $0[name] = value }
      let message = LoRAFixtures.message { _ = try LoRAFixtures.adapted(Self.base, path) }
      #expect(message.contains(words) && message.contains("not supported"), "\(name): \(message)")
      #expect(message.hasPrefix(path + "/adapter_config.json"), "\(message)")
    }
  }

  @Test("wrong values are named with what was expected")
  func values() throws {
    let wrong: [(String, Any, String)] = [
      ("r", "4", "r must be a whole number in 1...1048576, got \"4\""),
      ("lora_alpha", -1, "lora_alpha must be a number above 0"), ("use_rslora", 1, "must be true or false"),
      ("lora_dropout", 1.5, "lora_dropout must be below 1"),
      ("target_modules", NSNull(), "target_modules must be a list of names"),
      ("target_modules", [1], "target_modules must be a list of names"),
      ("target_modules", "(", "target_modules must be a regular expression"),
      ("rank_pattern", ["q_proj": 0], "rank_pattern.q_proj must be a whole number"),
      ("alpha_pattern", [1], "alpha_pattern must be an object"),
      ("layers_to_transform", ["a"], "layers_to_transform must be a whole number or a list of them"),
      ("modules_to_save", "x", "modules_to_save must be a list of names"),
      ("peft_type", NSNull(), "peft_type must be \"LORA\""),
    ]
    for (name, value, words) in wrong {
      let folder = try TemporaryFolder()
      let path = try LoRAFixtures.edited("names", in: folder) { $0[name] = value }
      let message = LoRAFixtures.message { _ = try LoRAFixtures.adapted(Self.base, path) }
      #expect(message.contains(words), "\(name): \(message)")
    }
  }

  @Test("missing, unexpected and mis-shaped tensors are listed")
  func tensors() throws {
    func message(_ base: String = Self.base, _ change: (inout [String: Any]) -> Void) throws -> String {
      let folder = try TemporaryFolder()
      let path = try LoRAFixtures.edited("names", in: folder, change)
      return LoRAFixtures.message { _ = try LoRAFixtures.adapted(base, path) }
    }
    let more = try message { $0["target_modules"] = ["q_proj", "v_proj", "o_proj"] }
    #expect(more.contains("6 missing:") && more.contains("layers.0.self_attn.o_proj.lora_A.weight"))
    let fewer = try message { $0["target_modules"] = ["q_proj"] }
    #expect(fewer.contains("12 unexpected:") && fewer.contains("v_proj.lora_B.weight"))
    let rank = try message { $0["r"] = 3 }
    #expect(rank.contains("24 of another shape") && rank.contains("[4, 16] instead of [3, 16]"))
    // Made for a tower of another kind, the names agree; the decoder's sizes do not.
    let other = try message("siglip-llama-tied-default") { _ in }
    #expect(other.contains("of another shape"))
    let saved = try message { $0["modules_to_save"] = ["multi_modal_projector"] }
    #expect(saved.contains("4 missing:") && saved.contains("multi_modal_projector.linear_1.bias"))
  }

  /// The golden adapter `v4-names` with other names in its file.
  private func renamed(in folder: TemporaryFolder, _ rename: (String) -> String) throws -> String {
    let path = try LoRAFixtures.edited("v4-names", in: folder) { _ in }
    let file = path + "/adapter_model.safetensors"
    let bytes = try FileIO.read(file)
    let length = bytes.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    let header = Array(rename(String(decoding: bytes[8..<8 + length], as: UTF8.self)).utf8)
    let count = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    try folder.write(count + header + bytes[(8 + length)...], "a/adapter_model.safetensors")
    return path
  }

  @Test("the names of every transformers, and those without PEFT's wrapper, give the same adapter")
  func layouts() throws {
    let item = try #require(LoRAFixtures.cases.first { try $0.string("name") == "v4-names" })
    let wrapper = "base_model.model."
    let old: (String) -> String = {
      $0.replacing(wrapper + "model.language_model.", with: wrapper + "language_model.model.")
        .replacing(wrapper + "model.vision_tower.", with: wrapper + "vision_tower.")
    }
    let renames: [(String) -> String] = [
      { $0 }, { $0.replacing(".vision_tower.vision_model.", with: ".vision_tower.") }, old,
      { $0.replacing(wrapper, with: "") },
    ]
    for rename in renames {
      let folder = try TemporaryFolder()
      let model = try LoRAFixtures.adapted(Self.base, renamed(in: folder, rename))
      #expect(try LoRAFixtures.distance(model, item) < 1e-5)
    }
    // A layer twice is no question of names.
    let folder = try TemporaryFolder()
    let mixed = try renamed(in: folder) {
      $0.replacing(".vision_tower.vision_model.encoder.layers.0", with: ".x")
    }
    let message = LoRAFixtures.message { _ = try LoRAFixtures.adapted(Self.base, mixed) }
    #expect(message.contains("4 missing:") && message.contains("4 unexpected:"), "\(message)")
  }

  @Test("an expression that only 5.x's names fit is read, and written for both")
  func expressions() throws {
    let folder = try TemporaryFolder()
    let only5 = #"model\.(language_model|vision_tower\.encoder)\.layers\.\d+\.self_attn\.[qv]_proj"#
    let path = try LoRAFixtures.edited("names", in: folder) {
      $0["target_modules"] = only5
      $0["alpha_pattern"] = [#"vision_tower\.encoder\.layers\.1\.self_attn\.q_proj"#: 3]
    }
    let model = try LoRAFixtures.model(Self.base)
    let read = try LoRAAdapter(path, for: model)
    #expect(read.layers.count == 12 && read.layers.count { $0.scale == 0.75 } == 1)
    try read.write(model.config, to: folder.path + "/b", syncs: false)
    let again = try LoRAAdapter(folder.path + "/b", for: model)
    #expect(again.layers.map(\.name) == read.layers.map(\.name))
    #expect(again.layers.map(\.scale) == read.layers.map(\.scale))
    guard case .pattern(let text) = again.config.targets.choice else { return #expect(Bool(false)) }
    #expect(text != only5 && text.contains("vision_tower"))
    // The same file under 4.57's names, as its PEFT would read it: nothing of it is lost.
    #expect(again.config.alphaPattern.map(\.pattern).allSatisfy { $0.contains("(vision_model") })
  }

  @Test("files that are not there, cut short or pickles fail clearly")
  func files() throws {
    let folder = try TemporaryFolder()
    let path = try LoRAFixtures.edited("names", in: folder) { _ in }
    func message() -> String { LoRAFixtures.message { _ = try LoRAFixtures.adapted(Self.base, path) } }
    #expect(message() == "")
    let bytes = try FileIO.read(path + "/adapter_model.safetensors")
    try folder.write(Array(bytes.dropLast(100)), "a/adapter_model.safetensors")
    #expect(message().contains("adapter_model.safetensors"))
    try FileManager.default.removeItem(atPath: path + "/adapter_model.safetensors")
    try folder.write([1, 2, 3], "a/adapter_model.bin")
    #expect(message().contains("adapter_model.bin, a pickle"))
    try FileManager.default.removeItem(atPath: path + "/adapter_config.json")
    #expect(message().contains("adapter_config.json"))
  }

  @Test("an adapter takes no model's place, and an adapter's only on request")
  func places() throws {
    let folder = try TemporaryFolder()
    let model = try LoRAFixtures.model(Self.base)
    let adapter = try LoRAAdapter(LoRAFixtures.adapter("names"), for: model)
    let path = folder.path + "/a"
    try adapter.write(model.config, to: path, syncs: false)
    #expect(
      LoRAFixtures.message { try adapter.write(model.config, to: path, syncs: false) }.contains("that exists")
    )
    try adapter.write(model.config, to: path, replaces: true, syncs: false)
    try folder.write("{}", "m/config.json")
    let refused = LoRAFixtures.message {
      try adapter.write(model.config, to: folder.path + "/m", replaces: true, syncs: false)
    }
    #expect(refused.contains("an adapter's, which has adapter_config.json"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a", "m"])
  }

  @Test("an adapter with dropout answers, but does not learn")
  func dropout() throws {
    let folder = try TemporaryFolder()
    let path = try LoRAFixtures.edited("names", in: folder) { $0["lora_dropout"] = 0.1 }
    let model = try LoRAFixtures.adapted(Self.base, path)
    let item = try #require(LoRAFixtures.cases.first { try $0.string("name") == "names" })
    #expect(try LoRAFixtures.distance(model, item) < 1e-5)
    let adapter = try #require(model.adapter)
    #expect(LoRAFixtures.message { _ = try adapter.trainable() }.contains("training with dropout"))
  }

  @Test(
    "1,000 edits of the settings and 600 of the tensors' header are read or refused",
    arguments: ["saved", "pattern"])
  func fuzz(_ name: String) throws {
    let folder = try TemporaryFolder()
    let item = try #require(LoRAFixtures.cases.first { try $0.string("name") == name })
    let model = try LoRAFixtures.model(item.string("base"))
    let path = try LoRAFixtures.edited(name, in: folder) { _ in }
    for (name, count, head) in [
      ("adapter_config.json", 1000, Int.max), ("adapter_model.safetensors", 600, 1200),
    ] {
      let bytes = try FileIO.read("\(path)/\(name)")
      var refused = 0
      for sample in 0..<count {
        var random = RandomStream(seed: 3, sample: UInt64(sample))
        var edited = bytes
        for _ in 0...random.integer(in: 0...2) {
          let place = random.integer(in: 0...min(edited.count, head) - 1)
          switch random.integer(in: 0...2) {
          case 0: edited[place] ^= 1 << UInt8(random.integer(in: 0...7))
          case 1: edited.remove(at: place)
          default: edited.insert(Array("{}[]\",:09-.\\(*".utf8)[random.integer(in: 0...13)], at: place)
          }
        }
        try folder.write(edited, "a/\(name)")
        do {
          let adapter = try LoRAAdapter(path, for: model)
          #expect(adapter.layers.allSatisfy { model.parameters["\($0.name).weight"] != nil })
        } catch is TesseraError { refused += 1 }
      }
      #expect(refused > count / 2, "\(name): \(refused)")
      try folder.write(bytes, "a/\(name)")
    }
  }
}
