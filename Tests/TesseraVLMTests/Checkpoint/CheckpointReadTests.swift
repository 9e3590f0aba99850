import Foundation
import TestSupport
import Tessera
import TesseraCore
import TesseraData
import TesseraVLM
import Testing

@Suite("checkpoints")
struct CheckpointReadTests {
  private static let everyModel = ["4", "5"].flatMap { (try? TinyModel.all($0)) ?? [] }

  @Test("the fixtures are there: fourteen models of each version")
  func fixtures() { #expect(Self.everyModel.count == 28) }

  @Test("every parameter of every model is found, by its name in files and in memory", arguments: everyModel)
  func layouts(_ model: TinyModel) throws {
    for (kind, names) in [("file", model.file), ("memory", model.memory)] {
      let folder = try TemporaryFolder()
      var names = names
      // In memory a tied head is the embedding; in a file of them it would be the same bytes.
      let isTied = model.name.contains("tied") && kind == "memory"
      if isTied { names.removeAll { $0.name == "lm_head.weight" } }
      try model.write(folder.path, names)
      let checkpoint = try Checkpoint(folder.path)
      #expect(checkpoint.parameters.map(\.spec) == checkpoint.config.parameters)
      #expect(checkpoint.parameters.count + checkpoint.ignored.count == names.count, "\(kind)")
      let shapes = Dictionary(uniqueKeysWithValues: names.map { ($0.name, $0.shape) })
      for parameter in checkpoint.parameters {
        #expect(shapes[parameter.weight.name] == parameter.spec.shape)
        // The last two parts of a name are the same in every layout.
        let tail = parameter.spec.name.split(separator: ".").suffix(2)
        #expect(parameter.weight.name.split(separator: ".").suffix(2) == tail)
      }
      let isWhole = model.name == "clip" || model.name == "siglip"
      #expect(checkpoint.ignored.isEmpty == !isWhole)
      if isWhole { #expect(checkpoint.ignored.contains { $0.name.hasPrefix("text_model.") }) }
    }
  }

  @Test("the layout is told from the names")
  func layoutNames() throws {
    let expected: [(String, String, Bool, CheckpointLayout)] = [
      ("llava-clip-llama", "4", false, .llava4), ("llava-clip-llama", "5", false, .llava5),
      ("llava-clip-llama", "4", true, .llavaMemory4), ("llava-clip-llama", "5", true, .llavaMemory5),
      ("clip", "4", false, .vision4), ("clip-vision", "5", false, .vision5), ("llama", "4", false, .language),
    ]
    for (name, version, inMemory, layout) in expected {
      let folder = try TemporaryFolder()
      let model = try TinyModel.named(name, version)
      try model.write(folder.path, inMemory ? model.memory : model.file)
      #expect(try Checkpoint(folder.path).layout == layout, "\(model)")
    }
  }

  @Test("directories that transformers wrote are read: 4.57's and 5's with the bytes of their tensors")
  func realDirectories() throws {
    for version in ["4", "5"] {
      let path = Repository.path("Tests/Golden/checkpoints/llava-\(version)")
      let checkpoint = try Checkpoint(path)
      let plain = try SafetensorsFile("\(path)/model.safetensors")
      #expect(checkpoint.parameters.count == plain.names.count)
      for parameter in checkpoint.parameters {
        let tensor = try plain.tensor(parameter.weight.name)
        let stored = try parameter.weight.withBytes { Array($0) }
        tensor.withUnsafeBytes { #expect(Array($0) == stored) }
        // No copy: the block is the mapping.
        let block = try parameter.weight.block(alignment: 4)
        #expect(try parameter.weight.withBytes { $0.baseAddress } == UnsafeRawPointer(block.base))
      }
    }
  }

  @Test("missing, unexpected and mis-shaped parameters are all listed, then it stops")
  func strict() throws {
    let folder = try TemporaryFolder()
    let model = try TinyModel.named("llava-clip-llama")
    var names = model.file.filter { $0.name != "language_model.model.norm.weight" }
    names.append(("language_model.model.layers.2.input_layernorm.weight", [8]))
    names.append(("mystery.weight", [1]))
    let place = try #require(names.firstIndex { $0.name == "multi_modal_projector.linear_1.weight" })
    names[place].shape = [8, 9]
    try model.write(folder.path, names)
    let report = try Checkpoint.compare(folder.path)
    #expect(report.missing == ["language_model.model.norm.weight"])
    #expect(report.unexpected == ["language_model.model.layers.2.input_layernorm.weight", "mystery.weight"])
    #expect(report.mismatched.map(\.found) == ["[8, 9]"] && report.mismatched.map(\.expected) == ["[8, 8]"])
    let text = message { _ = try Checkpoint(folder.path) }
    for part in [
      "1 missing:\n  language_model.model.norm.weight", "2 unexpected:", "mystery.weight",
      "multi_modal_projector.linear_1.weight: [8, 9] instead of [8, 8]", folder.path,
    ] { #expect(text.contains(part), "\(text)") }
  }

  @Test("position_ids, inv_freq and score.weight are passed over, with the reason")
  func ignored() throws {
    let folder = try TemporaryFolder()
    let model = try TinyModel.named("llava-clip-llama")
    let more: [(name: String, shape: [Int])] = [
      ("vision_tower.vision_model.embeddings.position_ids", [1, 5]), ("score.weight", [1, 8]),
      ("language_model.model.layers.0.self_attn.rotary_emb.inv_freq", [1]),
    ]
    try model.write(folder.path, model.file + more)
    let checkpoint = try Checkpoint(folder.path)
    #expect(Set(checkpoint.ignored.map(\.name)) == Set(more.map(\.name)))
    #expect(checkpoint.files["score.weight"]?.shape == [1, 8])
    #expect(checkpoint.ignored.allSatisfy { !$0.reason.isEmpty })
  }

  @Test("numbers of a type that a model cannot have are named, those that are passed over are not")
  func types() throws {
    let folder = try TemporaryFolder()
    let model = try TinyModel.named("llama")
    try model.write(folder.path)
    let path = "\(folder.path)/model.safetensors"
    let bytes = try FileIO.read(path)
    let length = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16
    var head = String(decoding: bytes[8..<(8 + length)], as: UTF8.self)
    head = head.replacingOccurrences(
      of: #""model.norm.weight":{"dtype":"F32","shape":[8]"#,
      with: #""model.norm.weight":{"dtype":"F64","shape":[4]"#)
    head = head.replacingOccurrences(
      of: #""model.layers.0.mlp.up_proj.weight":{"dtype":"F32""#,
      with: #""model.layers.0.mlp.up_proj.weight":{"dtype":"I32""#)
    try folder.write(
      Array(bytes[..<8]) + Array(head.utf8) + Array(bytes[(8 + length)...]), "model.safetensors")
    let text = message { _ = try Checkpoint(folder.path) }
    #expect(text.contains("model.layers.0.mlp.up_proj.weight: I32 instead of F32, F16 or BF16"), "\(text)")
    #expect(text.contains("model.norm.weight: [4] instead of [8]"))
  }

  @Test("two names of one parameter, from two layouts in one file, are not both taken")
  func mixedLayouts() throws {
    let folder = try TemporaryFolder()
    let model = try TinyModel.named("llama")
    try model.write(folder.path, model.file + [("norm.weight", [8])])
    #expect(try Checkpoint.compare(folder.path).unexpected == ["norm.weight"])
  }

  @Test("a directory of another model says so")
  func otherModel() throws {
    let folder = try TemporaryFolder()
    let llama = try TinyModel.named("llama")
    try TinyModel.named("siglip-vision").write(folder.path, llama.file)
    let text = message { _ = try Checkpoint(folder.path) }
    #expect(
      text.contains("missing:") && text.contains("… and ") && text.contains("21 unexpected:"), "\(text)")
  }

  // MARK: ties

  /// Tie at the top, tie in text_config, is there a head, is it the embedding: → tied, or nil for an error.
  @Test(
    "the head's presence decides where the config contradicts itself or the files",
    arguments: [
      (true, true, false, false, true), (true, true, true, true, true), (true, true, true, false, false),
      (true, false, false, false, true), (true, false, true, false, false), (false, true, false, false, true),
      (false, true, true, true, false), (false, false, true, false, false), (nil, true, false, false, true),
      (false, false, false, false, nil), (nil, false, false, false, nil),
    ] as [(Bool?, Bool, Bool, Bool, Bool?)])
  func ties(_ top: Bool?, _ inner: Bool, _ hasHead: Bool, _ isSame: Bool, _ expected: Bool?) throws {
    let folder = try TemporaryFolder()
    let model = try TinyModel.named("llava-clip-llama")
    let config = model.config.setting("tie_word_embeddings", top.map { .bool($0) })
      .setting("text_config.tie_word_embeddings", .bool(inner))
    try FileIO.makeFolder(folder.path)
    try folder.write(JSONText(copying: config).text, "config.json")
    var tensors: [String: AnyTensor] = [:]
    for (index, (name, shape)) in model.file.enumerated() where hasHead || !name.contains("lm_head") {
      let isPair = isSame && (name.contains("lm_head") || name.contains("embed_tokens"))
      let count = shape.reduce(1, *)
      tensors[name] = .float32(Tensor(shape: shape, (0..<count).map { Float($0 + (isPair ? 0 : index)) }))
    }
    try SafetensorsFile.write(tensors, to: "\(folder.path)/model.safetensors")
    guard let expected else {
      let text = message { _ = try Checkpoint(folder.path) }
      return #expect(text.contains("1 missing:\n  language_model.lm_head.weight"), "\(text)")
    }
    let checkpoint = try Checkpoint(folder.path)
    guard case .llava(let config) = checkpoint.config else { return #expect(Bool(false)) }
    #expect(config.text.isTied == expected)
    #expect((checkpoint["language_model.lm_head.weight"] == nil) == expected)
    let isContradiction = (top.map { $0 != inner } ?? false) || inner && hasHead && !isSame
    #expect(checkpoint.notes.isEmpty == !isContradiction, "\(checkpoint.notes)")
  }
}
