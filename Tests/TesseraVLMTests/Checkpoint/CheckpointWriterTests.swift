import Foundation
import TestSupport
import Tessera
import TesseraCore
import TesseraData
import Testing

import TesseraVLM

@Suite("writing checkpoints")
struct CheckpointWriterTests {
  private static func golden(_ version: String) throws -> (Checkpoint, LlavaConfig, path: String) {
    let path = Repository.path("Tests/Golden/checkpoints/llava-\(version)")
    let checkpoint = try Checkpoint(path)
    guard case .llava(let config) = checkpoint.config else {
      throw TesseraError(.unknownFormat(firstBytes: []), path: path)
    }
    return (checkpoint, config, path)
  }

  private static func json(_ bytes: Data?) throws -> JSONValue {
    try JSONReader.read([UInt8](bytes ?? Data()))
  }

  /// The text of a value with its members in order.
  private static func text(_ value: JSONValue?) -> String { (value ?? .null).pythonText() }

  @Test("what 4.57 wrote is written again byte for byte")
  func sameBytes() throws {
    let folder = try TemporaryFolder()
    let (checkpoint, config, path) = try Self.golden("4")
    try CheckpointWriter().write(
      config, to: folder.path + "/m", dataType: .float32, sideFiles: SideFiles(from: path),
      source: checkpoint.source)
    let (old, new) = (try TemporaryFolder.contents(path), try TemporaryFolder.contents(folder.path + "/m"))
    #expect(Set(old.keys) == Set(new.keys))
    for name in old.keys.sorted() where name != "config.json" { #expect(old[name] == new[name], "\(name)") }
    // The config says more than 4.57's, never something else.
    let (a, b) = (try Self.json(old["config.json"]), try Self.json(new["config.json"]))
    for key in a.names where !["text_config", "vision_config"].contains(key) {
      #expect(Self.text(a[key]) == Self.text(b[key]), "\(key)")
    }
    for part in ["text_config", "vision_config"] {
      for key in a[part]?.names ?? [] {
        #expect(Self.text(a[part]?[key]) == Self.text(b[part]?[key]), "\(key)")
      }
    }
    #expect(try TemporaryFolder.contents(folder.path).keys.allSatisfy { $0.hasPrefix("m/") })
  }

  @Test("what 5 wrote becomes 4.57's: names, tensors byte for byte, tokenizer and processor files")
  func fromVersion5() throws {
    let folder = try TemporaryFolder()
    let (checkpoint, config, path) = try Self.golden("5")
    let reference = try Self.golden("4")
    try CheckpointWriter().write(
      config, to: folder.path + "/m", dataType: .float32, sideFiles: SideFiles(from: path),
      source: checkpoint.source)
    let again = try Checkpoint(folder.path + "/m")
    #expect(again.layout == .llava4)
    #expect(again.parameters.map(\.weight.name) == reference.0.parameters.map(\.weight.name))
    for (a, b) in zip(checkpoint.parameters, again.parameters) {
      #expect(try a.weight.withBytes { Array($0) } == b.weight.withBytes { Array($0) })
    }
    let (old, new) = (
      try TemporaryFolder.contents(reference.path), try TemporaryFolder.contents(folder.path + "/m")
    )
    #expect(Set(old.keys) == Set(new.keys))
    for name in [
      "preprocessor_config.json", "processor_config.json", "special_tokens_map.json", "chat_template.jinja",
    ] {
      #expect(old[name] == new[name], "\(name)")
    }
    // 4.57 writes two more members, each its default there. Without the names its `generate` refuses the inputs.
    let expected = try Self.json(old["tokenizer_config.json"]).without("extra_special_tokens")
      .without("clean_up_tokenization_spaces")
      .with("model_input_names", .array([.string("input_ids"), .string("attention_mask")]))
    #expect(Self.text(try Self.json(new["tokenizer_config.json"])) == Self.text(expected))
  }

  @Test("files that no source has are written")
  func newSideFiles() throws {
    let folder = try TemporaryFolder()
    let (checkpoint, config, path) = try Self.golden("4")
    var tokens = config
    (tokens.text.beginToken, tokens.text.endTokens, tokens.text.padToken) = (16, [17], 18)
    let tokenizer = try FileIO.read("\(path)/tokenizer.json")
    try CheckpointWriter().write(
      tokens, to: folder.path + "/m", dataType: .float32,
      sideFiles: SideFiles(replacements: ["tokenizer.json": tokenizer]), source: checkpoint.source)
    let (old, new) = (try TemporaryFolder.contents(path), try TemporaryFolder.contents(folder.path + "/m"))
    #expect(Set(old.keys) == Set(new.keys))
    for name in ["preprocessor_config.json", "processor_config.json", "special_tokens_map.json"] {
      #expect(Self.text(try Self.json(old[name])) == Self.text(try Self.json(new[name])), "\(name)")
    }
    let expected = try Self.json(old["tokenizer_config.json"]).without("extra_special_tokens")
      .with("model_input_names", .array([.string("input_ids"), .string("attention_mask")]))
    #expect(Self.text(try Self.json(new["tokenizer_config.json"])) == Self.text(expected))
    #expect(Self.text(try Self.json(new["generation_config.json"])["pad_token_id"]) == "18\n")
    #expect(String(decoding: new["chat_template.jinja"] ?? Data(), as: UTF8.self).contains("ASSISTANT:"))
  }

  // MARK: shards

  private static func plan(_ sizes: [Int], _ limit: Int) -> [[Int]] {
    let tensors = sizes.enumerated().map {
      ShardPlan.Tensor(
        spec: ParameterSpec(name: "t\($0)", shape: [$1], part: .language), dataType: .float32)
    }
    return ShardPlan(tensors, limit: limit).files.map { $0.tensors.map { $0.byteCount / 4 } }
  }

  @Test("tensors are divided as transformers divides them")
  func shardPlan() {
    // The example in the library's own documentation, in units of four bytes, and one tensor over the limit.
    #expect(Self.plan([6, 6, 2, 6, 2, 2], 40) == [[6], [6, 2], [6, 2, 2]])
    #expect(Self.plan([1, 20, 1], 40) == [[20], [1, 1]])
    #expect(Self.plan([5, 5], 40) == [[5, 5]] && Self.plan([5, 5, 1], 40) == [[5, 5], [1]])
  }

  @Test("a directory in shards has an index and reads back the same")
  func sharded() throws {
    let folder = try TemporaryFolder()
    let (checkpoint, config, _) = try Self.golden("4")
    var writer = CheckpointWriter()
    writer.shardLimit = 3000
    try writer.write(config, to: folder.path + "/m", dataType: .float32, source: checkpoint.source)
    let again = try Checkpoint(folder.path + "/m")
    for (a, b) in zip(checkpoint.parameters, again.parameters) {
      #expect(a.spec == b.spec)
      #expect(try a.weight.withBytes { Array($0) } == b.weight.withBytes { Array($0) })
    }
    let files = try TemporaryFolder.contents(folder.path + "/m")
    let shards = files.keys.filter { $0.hasSuffix(".safetensors") }.sorted()
    #expect(shards.count > 3 && shards[0] == "model-00001-of-0000\(shards.count).safetensors")
    let index = try Self.json(files["model.safetensors.index.json"])
    let total = checkpoint.parameters.reduce(0) { $0 + $1.weight.byteCount }
    #expect(Self.text(index["metadata"]?["total_size"]) == "\(total)\n")
    #expect(index["weight_map"]?.names.count == checkpoint.parameters.count)
  }

  // MARK: conversion

  private static func convert<A: BitwiseCopyable, B: BitwiseCopyable>(
    _ values: [A], _ from: DataType, _ to: DataType, as: B.Type
  ) throws -> [B] {
    var bytes: [UInt8] = []
    try values.withUnsafeBytes { try WeightConversion.convert($0, from: from, to: to) { bytes += $0 } }
    return bytes.withUnsafeBytes { raw in
      (0..<raw.count / MemoryLayout<B>.size).map {
        raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<B>.size, as: B.self)
      }
    }
  }

  @Test("every F16 and BF16 number comes through F32 unchanged")
  func exact() throws {
    let patterns = (0...UInt16.max).map { $0 }
    for (type, isNaN) in [
      (DataType.bfloat16, { (bits: UInt16) in bits & 0x7FFF > 0x7F80 }), (.float16, { $0 & 0x7FFF > 0x7C00 }),
    ] {
      let wide = try Self.convert(patterns, type, .float32, as: Float.self)
      let back = try Self.convert(wide, .float32, type, as: UInt16.self)
      for (before, after) in zip(patterns, back) {
        if isNaN(before) {
          #expect(isNaN(after))
        } else if before != after {
          Issue.record("\(before) → \(after)")
        }
      }
    }
  }

  @Test("rounding is to nearest, ties to even, and overflows to infinity, as torch rounds")
  func rounding() throws {
    // The bits that torch 2.15 gives for these (`x.bfloat16()`, `x.half()`).
    let values: [Float] = [
      1 + 0x1p-8, 1 + 0x3p-8, 1 + 0x1p-8 + 0x1p-20, -1 - 0x1p-8, 3.4e38, 0x1p-133 * 1.5, 1 + 0x1p-11,
      1 + 0x3p-11,
      65504, 65519.996, 65520, 0x1p-25, 0x1p-25 * 1.001, -0.0,
    ]
    let brain: [UInt16] = [
      0x3F80, 0x3F82, 0x3F81, 0xBF80, 0x7F80, 0x0002, 0x3F80, 0x3F80, 0x4780, 0x4780, 0x4780, 0x3300, 0x3300,
      0x8000,
    ]
    let half: [UInt16] = [
      0x3C04, 0x3C0C, 0x3C04, 0xBC04, 0x7C00, 0x0000, 0x3C00, 0x3C02, 0x7BFF, 0x7BFF, 0x7C00, 0x0000, 0x0001,
      0x8000,
    ]
    #expect(try Self.convert(values, .float32, .bfloat16, as: UInt16.self) == brain)
    #expect(try Self.convert(values, .float32, .float16, as: UInt16.self) == half)
  }

  @Test("tensors longer than a piece are converted whole")
  func pieces() throws {
    let count = WeightConversion.chunk * 2 + 3
    let values = (0..<count).map { Float($0 % 251) }
    let back = try Self.convert(
      Self.convert(values, .float32, .bfloat16, as: UInt16.self), .bfloat16, .float32, as: Float.self)
    #expect(back == values)
  }

  @Test("a converted directory says its type and has half the bytes")
  func converted() throws {
    let folder = try TemporaryFolder()
    let (checkpoint, config, _) = try Self.golden("4")
    try CheckpointWriter().write(
      config, to: folder.path + "/m", dataType: .bfloat16, source: checkpoint.source)
    let again = try Checkpoint(folder.path + "/m")
    for (a, b) in zip(checkpoint.parameters, again.parameters) {
      #expect(b.weight.type == .bfloat16 && a.weight.byteCount == 2 * b.weight.byteCount)
    }
    let text = try String(contentsOfFile: folder.path + "/m/config.json", encoding: .utf8)
    #expect(text.contains(#""dtype": "bfloat16""#) && text.contains(#""torch_dtype": "bfloat16""#))
  }

  // MARK: aside and renamed

  @Test("what stands in the way is refused, and replaced only where it is a model and that is asked for")
  func replacing() throws {
    let folder = try TemporaryFolder()
    let (checkpoint, config, _) = try Self.golden("4")
    var writer = CheckpointWriter()
    func write(_ name: String) throws {
      try writer.write(config, to: "\(folder.path)/\(name)", dataType: .float32, source: checkpoint.source)
    }
    try folder.write("mine", "docs/letter.txt")
    try folder.write("old", "m/config.json")
    try folder.write("x", "file")
    #expect(message { try write("m") }.contains("got a directory that exists"))
    #expect(message { try write("file") }.contains("got a file"))
    writer.replacesExisting = true
    #expect(
      message { try write("docs") }.contains("a model's, which has config.json, got one with 1 other files"))
    #expect(message { try write("file") }.contains("got a file"))
    try write("m")
    #expect(try Checkpoint("\(folder.path)/m").parameters.count == checkpoint.parameters.count)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(Set(names) == ["docs", "m", "file"])
  }

  @Test("a directory may be written over itself while its weights are mapped")
  func inPlace() throws {
    let folder = try TemporaryFolder()
    let (checkpoint, config, _) = try Self.golden("4")
    let path = folder.path + "/m"
    var writer = CheckpointWriter()
    try writer.write(config, to: path, dataType: .float32, source: checkpoint.source)
    let own = try Checkpoint(path)
    writer.replacesExisting = true
    try writer.write(
      config, to: path, dataType: .float16, sideFiles: SideFiles(from: path), source: own.source)
    #expect(try Checkpoint(path).parameters.allSatisfy { $0.weight.type == .float16 })
  }

  @Test(
    "a source that fails, or gives the wrong bytes, leaves nothing behind and the old directory as it was")
  func failing() throws {
    let folder = try TemporaryFolder()
    let (checkpoint, config, _) = try Self.golden("4")
    try folder.write("old", "m/config.json")
    var writer = CheckpointWriter()
    writer.replacesExisting = true
    let failures: [(String, CheckpointWriter.Source)] = [
      ("no memory for 7 bytes", { _, _ in throw TesseraError(.outOfMemory(bytes: 7)) }),
      ("got nothing", { _, _ in }),
      (
        "floating-point numbers, once, got 3 bytes",
        { _, body in try [UInt8](repeating: 0, count: 3).withUnsafeBytes { try body(.float32, $0) } }
      ),
      (
        "call 2",
        { spec, body in
          try checkpoint.source(spec, body)
          try checkpoint.source(spec, body)
        }
      ),
    ]
    for (expected, source) in failures {
      let text = message {
        try writer.write(config, to: folder.path + "/m", dataType: .float32, source: source)
      }
      #expect(text.contains(expected), "\(text)")
      #expect(
        try TemporaryFolder.contents(folder.path).mapValues { String(decoding: $0, as: UTF8.self) } == [
          "m/config.json": "old"
        ])
    }
  }
}
