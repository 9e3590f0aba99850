import Foundation
import TestSupport
import Tessera
import TesseraCore
import TesseraData
import Testing

import TesseraVLM

@Suite("joining a tower and a decoder")
struct DirectoryJoinTests {
  /// Directories of a tower and of a decoder with a tokenizer of `letters` tokens.
  private func parts(
    _ folder: TemporaryFolder, vision: String = "clip", language: String = "llama", letters: Int? = 20
  ) throws -> (vision: String, language: String) {
    let (v, l) = (folder.path + "/vision", folder.path + "/language")
    try TinyModel.named(vision).write(v)
    try TinyModel.named(language).write(l)
    if let letters {
      let vocabulary = (0..<letters).map { #""t\#($0)":\#($0)"# }.joined(separator: ",")
      try folder.write(
        #"{"version":"1.0","added_tokens":[],"model":{"type":"BPE","vocab":{\#(vocabulary)},"merges":[]}}"#,
        "language/tokenizer.json")
    }
    return (v, l)
  }

  @Test("a whole CLIP and a Llama become a LLaVA that opens, with every tensor of theirs unchanged")
  func join() throws {
    let folder = try TemporaryFolder()
    let paths = try parts(folder)
    let join = try DirectoryJoin(vision: paths.vision, language: paths.language)
    #expect(join.addedTokens == [.init(content: "<image>", id: 20), .init(content: "<pad>", id: 21)])
    #expect(
      join.config.imageToken == 20 && join.config.text.padToken == 21 && join.config.text.vocabularySize == 64
    )
    #expect(
      join.config.imageTokens == 4 && join.config.featureSelection == .withoutFirst && join.keptRows == 20)
    let path = folder.path + "/joined"
    try CheckpointWriter().write(
      join.config, to: path, dataType: .float32, sideFiles: try join.sideFiles(), source: join.source)
    let joined = try Checkpoint(path)
    #expect(joined.ignored.isEmpty && joined.notes.isEmpty && joined.layout == .llava4)
    for parameter in joined.parameters where parameter.spec.part != .projector {
      let from = try #require(join.vision[parameter.spec.name] ?? join.language[parameter.spec.name])
      let old = try from.withBytes { Array($0) }
      let new = try parameter.weight.withBytes { Array($0) }
      #expect(Array(new.prefix(old.count)) == old, "\(parameter.spec.name)")
      if from.shape == parameter.spec.shape { #expect(new.count == old.count) }
    }
  }

  @Test("new rows of embedding and head are the mean of the old ones")
  func rows() throws {
    let folder = try TemporaryFolder()
    let paths = try parts(folder)
    let join = try DirectoryJoin(vision: paths.vision, language: paths.language)
    for name in ["language_model.model.embed_tokens.weight", "language_model.lm_head.weight"] {
      let old = try #require(join.language[name]).withBytes { Array($0.bindMemory(to: Float.self)) }
      let spec = try #require(ExpectedParameters.llava(join.config).first { $0.name == name })
      try join.source(spec) { type, bytes in
        #expect(type == .float32 && spec.shape == [64, 8])
        let new = Array(bytes.bindMemory(to: Float.self))
        for column in 0..<8 {
          let mean = (0..<20).reduce(0) { $0 + Double(old[$1 * 8 + column]) } / 20
          for row in 20..<64 { #expect(new[row * 8 + column] == Float(mean)) }
        }
      }
    }
  }

  @Test("the projector is new: normal weights by the seed, biases 0")
  func projector() throws {
    let folder = try TemporaryFolder()
    let paths = try parts(folder)
    func values(_ seed: UInt64, _ name: String) throws -> [Float] {
      var options = DirectoryJoin.Options()
      options.seed = seed
      let join = try DirectoryJoin(vision: paths.vision, language: paths.language, options: options)
      let spec = try #require(join.newParameters.first { $0.name == "multi_modal_projector.\(name)" })
      var result: [Float] = []
      try join.source(spec) { result = Array($1.bindMemory(to: Float.self)) }
      return result
    }
    let first = try values(1, "linear_1.weight")
    #expect(try first == values(1, "linear_1.weight") && first != values(2, "linear_1.weight"))
    #expect(try first != values(1, "linear_2.weight"))
    #expect(try values(1, "linear_1.bias") == Array(repeating: 0, count: 8))
    let deviation = (first.reduce(0) { $0 + $1 * $1 } / 64).squareRoot()
    #expect((0.014...0.026).contains(deviation), "\(deviation)")
  }

  @Test("tokens that are there are used, pad is never one that ends an answer, free rows are enough")
  func tokens() throws {
    let folder = try TemporaryFolder()
    let paths = try parts(folder, vision: "siglip-vision", letters: 12)
    let vocab = (0..<12).map { #""t\#($0)":\#($0)"# }.joined(separator: ",")
    let tokenizer = #"{"added_tokens":[{"id":12,"content":"<image>"}],"model":{"vocab":{"# + vocab + "}}}"
    try folder.write(tokenizer, "language/tokenizer.json")
    let config = try TinyModel.named("llama").config.setting("pad_token_id", .int(2))
    try folder.write(JSONText(copying: config).text, "language/config.json")
    // Pad 2 is Llama's end token: a new one. Rows 12 and 13 of 20 are free: nothing grows.
    let join = try DirectoryJoin(vision: paths.vision, language: paths.language)
    #expect(join.addedTokens == [.init(content: "<pad>", id: 13)])
    #expect(join.config.imageToken == 12 && join.config.text.vocabularySize == 20)
    #expect(join.config.featureSelection == .full && join.config.imageTokens == 4)
    try folder.write(JSONText(copying: config.setting("pad_token_id", .int(5))).text, "language/config.json")
    let padded = try DirectoryJoin(vision: paths.vision, language: paths.language)
    #expect(padded.addedTokens.isEmpty && padded.config.text.padToken == 5)
    // Where the vocabulary leaves ids out, tokenizers counts: so does whoever adds.
    let holes = #"{"added_tokens":[{"id":12,"content":"<image>"}],"model":{"vocab":{"a":0,"b":11}}}"#
    try folder.write(holes, "language/tokenizer.json")
    try folder.write(JSONText(copying: config).text, "language/config.json")
    let counted = try DirectoryJoin(vision: paths.vision, language: paths.language)
    #expect(counted.config.imageToken == 2 && counted.addedTokens == [.init(content: "<pad>", id: 3)])
  }

  @Test("the new tokens stand in every file that names tokens")
  func files() throws {
    let folder = try TemporaryFolder()
    let paths = try parts(folder)
    let join = try DirectoryJoin(vision: paths.vision, language: paths.language)
    let files = Dictionary(
      uniqueKeysWithValues: try join.sideFiles().files(for: join.config).map { ($0.name, $0.bytes) })
    let tokenizer = try TokenizerFacts(files["tokenizer.json"] ?? [], file: "tokenizer.json")
    #expect(
      tokenizer["<image>"] == 20 && tokenizer["<pad>"] == 21 && tokenizer["t3"] == 3 && tokenizer.lastID == 21
    )
    let settings = try JSONReader.read(files["tokenizer_config.json"] ?? [])
    #expect(JSONText(copying: settings["pad_token"] ?? .null).text == #""<pad>""#)
    #expect(JSONText(copying: settings["additional_special_tokens"] ?? .null).text == #"["<image>"]"#)
    #expect(settings["added_tokens_decoder"]?.names == ["20", "21"])
    let generation = try JSONReader.read(files["generation_config.json"] ?? [])
    #expect(JSONText(copying: generation["pad_token_id"] ?? .null).text == "21")
    #expect(files["chat_template.jinja"] != nil && files["special_tokens_map.json"] != nil)
  }

  @Test("a tied decoder, a headless tower, and pixel shuffle join too")
  func others() throws {
    let folder = try TemporaryFolder()
    let paths = try parts(folder, vision: "siglip-vision-headless", language: "qwen2-tied", letters: nil)
    var options = DirectoryJoin.Options()
    options.projector = .pixelShuffle(factor: 2)
    let join = try DirectoryJoin(vision: paths.vision, language: paths.language, options: options)
    // Without a tokenizer every row counts as taken.
    #expect(join.config.imageToken == 20 && join.config.text.isTied && join.config.imageTokens == 1)
    let path = folder.path + "/joined"
    try CheckpointWriter().write(
      join.config, to: path, dataType: .bfloat16, sideFiles: try join.sideFiles(), source: join.source)
    let joined = try Checkpoint(path)
    #expect(joined["multi_modal_projector.linear.weight"]?.shape == [8, 32])
    #expect(joined["language_model.lm_head.weight"] == nil && joined.notes.isEmpty)
  }

  @Test("directories of another kind, and options that contradict the tower, are refused")
  func refused() throws {
    let folder = try TemporaryFolder()
    let paths = try parts(folder)
    let swapped = message { _ = try DirectoryJoin(vision: paths.language, language: paths.vision) }
    #expect(
      swapped.contains("model_type must be a CLIP or SigLIP directory, got a llama decoder"), "\(swapped)")
    let twice = message { _ = try DirectoryJoin(vision: paths.vision, language: paths.vision) }
    #expect(
      twice.contains("must be a Llama, Qwen2 or Mistral directory, got a CLIP vision tower"), "\(twice)")
    var options = DirectoryJoin.Options()
    options.featureLayers = [-9]
    let layer = message {
      _ = try DirectoryJoin(vision: paths.vision, language: paths.language, options: options)
    }
    #expect(layer.contains("vision_feature_layer must be a whole number in -3...2, got -9"), "\(layer)")
    options = DirectoryJoin.Options()
    options.projector = .pixelShuffle(factor: 3)
    let factor = message {
      _ = try DirectoryJoin(vision: paths.vision, language: paths.language, options: options)
    }
    #expect(factor.contains("pixel_shuffle_factor must be a divisor of the 2 patches"), "\(factor)")
  }
}
