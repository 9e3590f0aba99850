import Foundation
import TestSupport
import Testing

@Suite("tessera-vlm info and inspect") struct InspectCommandTests {
  private func run(_ arguments: String...) throws -> Command.Result {
    try Command.run(arguments, tool: "tessera-vlm")
  }

  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test("info names libtorch, threads and CUDA, for people and for programs")
  func info() throws {
    let plain = try run("info")
    #expect(plain.status == 0)
    for word in ["libtorch", "BLAS", "threads", "CUDA"] { #expect(plain.output.contains(word)) }
    let json = try object(run("info", "--json").output)
    #expect((json["threads"] as? Int ?? 0) >= 1)
    #expect((json["libtorch"] as? String)?.isEmpty == false)
  }

  @Test("every layout and every part alone is described", arguments: Models.whole + Models.parts)
  func describes(_ name: String) throws {
    let result = try run("inspect", Models.path(name))
    #expect(result.status == 0, "\(result.errors)")
    for word in ["parameters", "total", "layout", "weights"] { #expect(result.output.contains(word)) }
    let json = try object(run("inspect", Models.path(name), "--json").output)
    #expect(json["fits"] as? Bool == true)
    let counts = try #require(json["parameters"] as? [String: Int])
    let total = try #require(counts["total"])
    #expect(counts.values.reduce(0, +) == 2 * total)
    // The sums of the files: nothing is counted twice or left out.
    let memory = try #require(json["memory"] as? [String: Any])
    if ["bf16", "f16"].contains(name) {
      #expect(memory["weights"] as? Int == 2 * total)
    } else {
      #expect(memory["weights"] as? Int == json["stored_bytes"] as? Int)
      #expect(memory["training"] as? Int == 16 * total)
    }
  }

  @Test("the figures are those of the config: tokens of a picture, rows, cache")
  func figures() throws {
    let json = try object(run("inspect", Models.path("clip-llama-tied-full"), "--json").output)
    // 24 pixels in patches of 8, and the class token.
    #expect(json["image_tokens"] as? Int == 10)
    #expect(json["image_token"] as? Int == 286)
    #expect(json["rows"] as? Int == 288)
    #expect(json["tokens"] as? Int == 288)
    #expect(json["tied"] as? Bool == true)
    // 2 · 3 layers · 1 head of 8 · 4 bytes.
    #expect((json["memory"] as? [String: Any])?["cache_per_token"] as? Int == 192)
    #expect((json["rope"] as? String)?.contains("linear ÷4.0") == true)
  }

  @Test("keys that do not fit are listed by name, and it fails")
  func misfit() throws {
    let folder = try TemporaryFolder()
    try Models.copy("clip-llama-untied-full", to: folder.path + "/m")
    try folder.replace("m/config.json", "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4", last: false)
    let result = try run("inspect", folder.path + "/m")
    #expect(result.status == 1)
    #expect(result.output.contains("missing"))
    #expect(result.output.contains("layers.3."))
    let json = try run("inspect", folder.path + "/m", "--json")
    #expect(json.status == 1)
    let told = try object(json.output)
    #expect(told["fits"] as? Bool == false)
    #expect((told["missing"] as? [String])?.isEmpty == false)
    #expect((told["unexpected"] as? [String])?.isEmpty == true)
  }

  @Test("what the config says and is not known is remarked, by every command that reads it")
  func unknown() throws {
    let folder = try TemporaryFolder()
    try Models.copy("clip-llama-untied-full", to: folder.path + "/m")
    try folder.replace("m/config.json", "\"use_cache\": true", "\"brand_new\": true", last: false)
    let path = folder.path + "/m"
    #expect(try run("inspect", path).output.contains("not applied: text_config.brand_new true"))
    let results = [
      try run("generate", path, "--prompt", "x", "--max-new-tokens", "1"),
      try run("convert", path, folder.path + "/out"),
    ]
    for result in results {
      #expect(result.status == 0 && result.errors.contains("text_config.brand_new true"), "\(result.errors)")
    }
    // It is kept, and remarked again.
    #expect(try run("inspect", folder.path + "/out").output.contains("text_config.brand_new true"))
  }

  @Test("a tensor of another shape is named with both shapes")
  func shape() throws {
    let folder = try TemporaryFolder()
    try Models.copy("clip-llama-untied-full", to: folder.path + "/m")
    try folder.replace("m/config.json", "\"vocab_size\": 288", "\"vocab_size\": 289", last: true)
    let result = try run("inspect", folder.path + "/m")
    #expect(result.status == 1)
    #expect(result.output.contains("embed_tokens.weight: [288, 16] instead of [289, 16]"))
  }

  @Test("what is no model directory is an error that names it, in every command")
  func refusals() throws {
    let folder = try TemporaryFolder()
    try folder.write("x", "file")
    try FileManager.default.createDirectory(atPath: folder.path + "/empty", withIntermediateDirectories: true)
    try folder.write(#"{"model_type": "blip-2"}"#, "other/config.json")
    try folder.write("{", "torn/config.json")
    try Models.copy("clip-llama-tied-full", to: folder.path + "/cut")
    let weights = folder.path + "/cut/model.safetensors"
    let whole = try Data(contentsOf: URL(filePath: weights))
    try whole.prefix(whole.count - 100).write(to: URL(filePath: weights))
    let words = [
      "file": "config.json", "empty": "config.json", "other": "blip-2", "torn": "config.json",
      "cut": "model.safetensors", "absent": "config.json",
    ]
    let out = folder.path + "/out"
    let record = folder.path + "/r.jsonl"
    try folder.write(#"{"image": "a.png", "text": "x"}"# + "\n", "r.jsonl")
    for (name, word) in words.sorted(by: { $0.key < $1.key }) {
      let path = folder.path + "/" + name
      let runs = [
        try run("inspect", path), try run("convert", path, out),
        try run("init", "--vision", path, "--language", Models.path("llama-only"), out),
        try run("init", "--vision", Models.path("clip-only"), "--language", path, out),
      ]
      for result in runs {
        #expect(result.status == 1, "\(name): \(result.status) \(result.errors)")
        #expect(result.errors.contains(word), "\(name): \(result.errors)")
      }
      if name != "cut" {
        let shown = try run("show-sample", record, "--model", path)
        #expect(shown.status == 1 && shown.errors.contains(word), "\(name): \(shown.errors)")
      }
    }
    #expect(!FileManager.default.fileExists(atPath: out))
  }

  @Test("wrong usage is 64")
  func usage() throws {
    let wrong: [[String]] = [
      ["inspect"], ["convert", "a"], ["convert", "a", "b", "--dtype", "int8"],
      ["convert", "a", "b", "--shard-size", "nanGB"], ["convert", "a", "b", "--shard-size", "0"],
      ["init", "out"], ["init", "--vision", "a", "--language", "b", "c", "--factor", "2"],
      ["init", "--vision", "a", "--language", "b", "c", "--projector", "pixel-shuffle", "--factor", "17"],
      ["show-sample", "a"], ["show-sample", "a", "--model", "b", "--index", "-1"],
      ["show-sample", "a", "--model", "b", "--template", "mine"],
      ["show-sample", "a", "--model", "b", "--max-length", "0"],
    ]
    for arguments in wrong {
      let result = try Command.run(arguments, tool: "tessera-vlm")
      #expect(result.status == 64, "\(arguments): \(result.status) \(result.errors)")
    }
  }
}
