import Foundation
import TestSupport
import Tessera
import TesseraCore
import TesseraData
import TesseraVLM
import Testing

@Suite("adapters are PEFT's")
struct LoRAParityTests {
  @Test("the golden copy is whole, and every adapter moves the logits")
  func whole() throws {
    #expect(try LoRAFixtures.golden.get().cases.count == 9)
    for item in LoRAFixtures.cases {
      // Without the adapter a model is far from what PEFT says: an adapter that is not applied would show.
      let distance = try LoRAFixtures.distance(LoRAFixtures.model(item.string("base")), item)
      #expect(distance > 0.1, "\(item): \(distance)")
    }
  }

  @Test("logits of what PEFT saved agree, and as many numbers learn", arguments: LoRAFixtures.cases)
  func logits(_ item: Golden.Case) throws {
    let path = try LoRAFixtures.adapter(item.string("adapter"))
    let model = try LoRAFixtures.adapted(item.string("base"), path)
    #expect(try LoRAFixtures.prompt(item).ids == item.ints("ids"))
    let distance = try LoRAFixtures.distance(model, item)
    #expect(distance < 1e-5, "\(item): \(distance)")
    #expect(try model.adapter?.count == item.int("count"))
  }

  @Test(
    "a wrong scale shows",
    arguments: ["lora_alpha": 7, "use_rslora": true, "alpha_pattern": ["q_proj": 7]]
      as [String: any Sendable])
  func scale(_ setting: (key: String, value: any Sendable)) throws {
    let folder = try TemporaryFolder()
    let item = try #require(LoRAFixtures.cases.first { try $0.string("name") == "names" })
    let path = try LoRAFixtures.edited("names", in: folder) { $0[setting.key] = setting.value }
    let distance = try LoRAFixtures.distance(LoRAFixtures.adapted(item.string("base"), path), item)
    #expect(distance > 1e-2, "\(distance)")
  }

  @Test("a merged directory has the logits of model and adapter", arguments: LoRAFixtures.cases)
  func merged(_ item: Golden.Case) throws {
    let folder = try TemporaryFolder()
    let base = try Checkpoint(ParityTests.path(item.string("base")))
    let model = try LoRAFixtures.adapted(
      item.string("base"), LoRAFixtures.adapter(item.string("adapter")), type: .float64)
    let adapter = try #require(model.adapter)
    var writer = CheckpointWriter()
    writer.syncs = false
    try writer.write(base, merging: adapter, to: "\(folder.path)/m")
    let merged = try Checkpoint("\(folder.path)/m")
    #expect(try LoRAFixtures.distance(LlavaModel(merged), item) < 1e-5)
    // W + s·BA is computed in float32 of tensors that have that type in the files.
    let (a, b) = (try LlavaModel(merged, type: .float64), try LoRAFixtures.prompt(item))
    let distance = try ParityTests.distance(
      LoRAFixtures.logits(a, b), LoRAFixtures.logits(model, b))
    #expect(distance < 1e-5, "\(distance)")
    // What the adapter does not touch keeps its bytes; what it does, its type.
    var changed = 0
    for (old, new) in zip(base.parameters, merged.parameters) {
      #expect(old.spec == new.spec && old.weight.type == new.weight.type)
      let isSame = try old.weight.withBytes { Array($0) } == new.weight.withBytes { Array($0) }
      if !isSame { changed += 1 }
      let isAdapted = adapter[String(old.spec.name.dropLast(7))] != nil
      let isSaved = adapter.saved.contains { $0.spec == old.spec }
      #expect(isSame != (isAdapted || isSaved), "\(old.spec.name)")
    }
    #expect(changed == adapter.layers.count + adapter.saved.count)
  }

  @Test("a merge of half weights is rounded once")
  func half() throws {
    let folder = try TemporaryFolder()
    let base = try Checkpoint(ParityTests.path("bf16"))
    guard case .llava(let config) = base.config else { return #expect(Bool(false)) }
    let item = try #require(LoRAFixtures.cases.first { try $0.string("name") == "names" })
    // Made for another tower and decoder of the same sizes.
    let adapter = try LoRAAdapter(LoRAFixtures.adapter(item.string("adapter")), config: config)
    var writer = CheckpointWriter()
    writer.syncs = false
    try writer.write(base, merging: adapter, to: "\(folder.path)/m")
    let merged = try LlavaModel(Checkpoint("\(folder.path)/m"), type: .bfloat16)
    let plain = try LlavaModel(base, type: .bfloat16)
    for layer in adapter.layers {
      let weight = try #require(plain.parameters["\(layer.name).weight"]).to(.float32)
      let wanted = (weight + layer.b.matmul(layer.a) * layer.scale).to(.bfloat16)
      #expect(try #require(merged.parameters["\(layer.name).weight"]).isEqual(to: wanted))
    }
    // Computed apart, the sum of layer and adapter is rounded instead of the weight: close, in its own type.
    let apart = plain.adapted(by: try LoRAAdapter(LoRAFixtures.adapter("names"), for: plain))
    let ids = [[1, 9, 20, 33, 47, 12]]
    let (a, b) = try noGrad { (try merged.logits(ids), try apart.logits(ids)) }
    #expect(apart.adapter?.layers.first?.a.type == .float32 && b.type == .bfloat16)
    let moved = try noGrad { try ParityTests.distance(plain.logits(ids), b) }
    #expect(ParityTests.distance(a, b) < 0.1 && moved > 0.5, "\(ParityTests.distance(a, b)), \(moved)")
  }

  // MARK: files

  @Test("what is written is what was read: tensors, layers, logits", arguments: LoRAFixtures.cases)
  func written(_ item: Golden.Case) throws {
    let folder = try TemporaryFolder()
    let model = try LoRAFixtures.model(item.string("base"))
    let read = try LoRAAdapter(LoRAFixtures.adapter(item.string("adapter")), for: model)
    try read.write(model.config, to: folder.path + "/a", base: "base", syncs: false)
    let again = try LoRAAdapter(folder.path + "/a", for: model)
    #expect(again.layers.map(\.name) == read.layers.map(\.name) && again.all.count == read.all.count)
    #expect(again.layers.map(\.scale) == read.layers.map(\.scale))
    for (a, b) in zip(again.all, read.all) { #expect(a.spec == b.spec && a.tensor.isEqual(to: b.tensor)) }
    #expect(try LoRAFixtures.distance(model.adapted(by: again), item) < 1e-5)
    // Written once more, every byte is the same.
    try again.write(model.config, to: folder.path + "/b", base: "base", syncs: false)
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
      #expect(
        try FileIO.read("\(folder.path)/a/\(name)") == FileIO.read("\(folder.path)/b/\(name)"), "\(name)")
    }
  }

  @Test("every tensor that 4.57's PEFT saved has its name and its bytes again")
  func sameBytes() throws {
    let folder = try TemporaryFolder()
    for name in ["v4-names", "v4-all-linear", "v4-pattern"] {
      let item = try #require(LoRAFixtures.cases.first { try $0.string("name") == name })
      let model = try LoRAFixtures.model(item.string("base"))
      let path = LoRAFixtures.adapter(name)
      try LoRAAdapter(path, for: model).write(model.config, to: "\(folder.path)/\(name)", syncs: false)
      func tensors(_ path: String) throws -> [String: [UInt8]] {
        let file = try WeightsFile(path + "/adapter_model.safetensors")
        return try Dictionary(
          uniqueKeysWithValues: file.weights.map { ($0.name, try $0.withBytes { Array($0) }) })
      }
      #expect(try tensors("\(folder.path)/\(name)") == tensors(path))
    }
  }
}
