import Foundation
import TestSupport
import TesseraData
import TesseraVLM
import Testing

@Suite("tessera-vlm convert and init") struct WriteCommandTests {
  private func run(_ arguments: String...) throws -> Command.Result {
    try Command.run(arguments, tool: "tessera-vlm")
  }

  /// Logits of a fixed prompt with one made-up picture.
  private func logits(_ path: String) throws -> [Float] {
    let model = try LlavaModel(Checkpoint(path), type: .float32)
    let side = model.config.vision.imageSize
    let values = (0..<3 * side * side).map { Float(($0 * 37) % 101) / 50 - 1 }
    let pixels = TorchTensor(values, shape: [1, 3, side, side])
    let count = model.config.imageTokens
    let ids = [5, 6] + Array(repeating: model.config.imageToken, count: count) + [7, 8, 9]
    return try noGrad {
      try model.logits([ids], pixels: pixels, places: Array(2..<2 + count)).array(of: Float.self)
    }
  }

  @Test(
    "convert keeps every tensor's bytes and every answer, and writes 4.57's names", arguments: Models.whole)
  func keeps(_ name: String) throws {
    let folder = try TemporaryFolder()
    let out = folder.path + "/out"
    let result = try run("convert", Models.path(name), out)
    #expect(result.status == 0, "\(result.errors)")
    let (old, new) = (try Checkpoint(Models.path(name)), try Checkpoint(out))
    #expect(new.layout == .llava4)
    #expect(old.parameters.count == new.parameters.count)
    for parameter in old.parameters {
      let copy = try #require(new[parameter.spec.name])
      #expect(copy.type == parameter.weight.type)
      let bytes = try parameter.weight.withBytes { Array($0) }
      #expect(try copy.withBytes { Array($0) } == bytes, "\(parameter.spec.name)")
    }
    #expect(try logits(out) == logits(Models.path(name)))
    for file in [
      "tokenizer.json", "chat_template.jinja", "preprocessor_config.json", "generation_config.json",
    ] {
      #expect(FileManager.default.fileExists(atPath: "\(out)/\(file)"), "\(file)")
    }
    // Once more gives the same bytes.
    #expect(try run("convert", out, folder.path + "/again").status == 0)
    #expect(try TemporaryFolder.contents(out) == TemporaryFolder.contents(folder.path + "/again"))
  }

  @Test("convert stores the type that is asked for, in shards of the size that is asked for")
  func types() throws {
    let folder = try TemporaryFolder()
    let out = folder.path + "/out"
    let result = try run(
      "convert", Models.path("layout-5x-clip"), out, "--dtype", "bfloat16", "--shard-size", "10kB")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("F32"))
    #expect(result.output.contains("BF16"))
    let checkpoint = try Checkpoint(out)
    #expect(checkpoint.parameters.allSatisfy { $0.weight.type == .bfloat16 })
    #expect(checkpoint.files.files.count > 1)
    let second = try run("convert", Models.path("bf16"), out)
    #expect(second.status == 1)
    #expect(second.errors.contains("a directory that exists"))
    #expect(try run("convert", Models.path("bf16"), out, "--replace").status == 0)
    #expect(try Checkpoint(out).files.files == ["model.safetensors"])
  }

  @Test("a tower alone is not converted, and says how to make a whole", arguments: Models.towers)
  func parts(_ name: String) throws {
    let folder = try TemporaryFolder()
    let result = try run("convert", Models.path(name), folder.path + "/out")
    #expect(result.status == 1)
    #expect(result.errors.contains("tessera-vlm init"))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/out"))
  }

  @Test(
    "a decoder alone is converted: every byte, 5's and 4.57's config, its names; and it answers as before",
    arguments: ["llama-only", "qwen2-only"])
  func decoders(_ name: String) throws {
    let folder = try TemporaryFolder()
    let out = folder.path + "/out"
    let result = try run("convert", Models.path(name), out, "--shard-size", "20kB")
    #expect(result.status == 0, "\(result.errors)")
    let (old, new) = (try Checkpoint(Models.path(name)), try Checkpoint(out))
    #expect(new.layout == .language && new.files.files.count > 1 && new.notes.isEmpty)
    #expect(old.parameters.count == new.parameters.count)
    for parameter in old.parameters {
      let copy = try #require(new[parameter.spec.name])
      let bytes = try parameter.weight.withBytes { Array($0) }
      #expect(try copy.withBytes { Array($0) } == bytes, "\(parameter.spec.name)")
    }
    guard case .language(let before) = old.config, case .language(let after) = new.config else {
      throw CancellationError()
    }
    #expect(before == after)
    let ask = ["--prompt", "The red star is two.", "--max-new-tokens", "12"]
    let answers = try [Models.path(name), out].map {
      try Command.run(["generate", $0] + ask, tool: "tessera-vlm").output
    }
    #expect(answers[0] == answers[1] && answers[0].count > 2)
    for file in ["preprocessor_config.json", "processor_config.json", "chat_template.jinja"] {
      #expect(!FileManager.default.fileExists(atPath: "\(out)/\(file)"), "\(file)")
    }
    // Once more gives the same bytes.
    #expect(try run("convert", out, folder.path + "/again", "--shard-size", "20kB").status == 0)
    #expect(try TemporaryFolder.contents(out) == TemporaryFolder.contents(folder.path + "/again"))
  }

  @Test("a file that may not grow is an error with its name, and nothing is left")
  func fileLimit() throws {
    let folder = try TemporaryFolder()
    // In blocks of 512 bytes: less than the weights take.
    let result = try Shell.run(
      #"ulimit -f 40; "$1" convert "$2" "$3""#,
      [try Command.path(of: "tessera-vlm"), Models.path("qwen2-only"), folder.path + "/out"])
    #expect(result.status == 1, "\(result.status)")
    #expect(result.errors.contains("File too large") && result.errors.contains("model.safetensors"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("init joins every tower with every decoder: theirs byte for byte, the projector from the seed alone")
  func joins() throws {
    let folder = try TemporaryFolder()
    for tower in ["clip-only", "clip-vision-only", "siglip-only"] {
      for decoder in ["llama-only", "qwen2-only"] {
        let out = "\(folder.path)/\(tower)-\(decoder)"
        let arguments = ["init", "--vision", Models.path(tower), "--language", Models.path(decoder)]
        let result = try Command.run(arguments + [out, "--seed", "7"], tool: "tessera-vlm")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("projector"))
        let (made, source) = (try Checkpoint(out), try Checkpoint(Models.path(tower)))
        for parameter in source.parameters {
          let copy = try #require(made[parameter.spec.name])
          let bytes = try parameter.weight.withBytes { Array($0) }
          #expect(try copy.withBytes { Array($0) } == bytes)
        }
        #expect(try run("inspect", out).status == 0)
        #expect(try logits(out).allSatisfy { $0.isFinite })
        _ = try Command.run(arguments + [out + "-same", "--seed", "7"], tool: "tessera-vlm")
        _ = try Command.run(arguments + [out + "-other", "--seed", "8"], tool: "tessera-vlm")
        let name = "model.safetensors"
        let first = try Data(contentsOf: URL(filePath: "\(out)/\(name)"))
        #expect(try Data(contentsOf: URL(filePath: "\(out)-same/\(name)")) == first)
        #expect(try Data(contentsOf: URL(filePath: "\(out)-other/\(name)")) != first)
      }
    }
  }

  @Test("init takes the projector, layer, selection and type that are asked for")
  func options() throws {
    let folder = try TemporaryFolder()
    let base = ["init", "--vision", Models.path("siglip-only"), "--language", Models.path("llama-only")]
    func config(_ options: [String], _ name: String) throws -> (LlavaConfig, Checkpoint) {
      let out = folder.path + "/" + name
      let result = try Command.run(base + [out] + options, tool: "tessera-vlm")
      #expect(result.status == 0, "\(options): \(result.errors)")
      let checkpoint = try Checkpoint(out)
      guard case .llava(let config) = checkpoint.config else { throw CancellationError() }
      return (config, checkpoint)
    }
    let plain = try config([], "plain").0
    #expect(plain.featureLayers == [-2] && plain.featureSelection == .full && plain.projector == .mlp)
    let other = try config(["--feature-layer", "-1", "--select", "default", "--dtype", "float16"], "other")
    #expect(other.0.featureLayers == [-1] && other.0.featureSelection == .withoutFirst)
    #expect(other.1.parameters.allSatisfy { $0.weight.type == .float16 })
    // A side of the tower's grid that the factor does not divide is said, not rounded.
    let side = plain.vision.patchesPerSide
    let result = try Command.run(
      base + [
        folder.path + "/odd", "--projector", "pixel-shuffle", "--factor", "\(side == 16 ? 15 : side + 1)",
      ],
      tool: "tessera-vlm")
    #expect(result.status == 1)
    #expect(result.errors.contains("pixel_shuffle_factor"))
    let folded = try config(["--projector", "pixel-shuffle", "--factor", "\(side)"], "folded").0
    #expect(folded.projector == .pixelShuffle(factor: side) && folded.imageTokens == 1)
  }
}
