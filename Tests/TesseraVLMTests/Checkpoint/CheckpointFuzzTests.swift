import Foundation
import TestSupport
import Tessera
import TesseraCore
import TesseraData
import TesseraVLM
import Testing

/// Edits of good files: each must be refused with a typed error or be read; nothing else may happen.
@Suite("edits of checkpoints")
struct CheckpointFuzzTests {
  /// A few bytes changed, taken out, put in or cut off.
  private static func mutate(_ bytes: [UInt8], within range: Range<Int>, _ random: inout RandomStream)
    -> [UInt8]
  {
    var result = bytes
    let interesting = Array("{}[]\",:0123456789-.eE\\ntfu".utf8) + [0, 0x7F, 0x80, 0xFF]
    for _ in 0...random.integer(in: 0...3) {
      let place = random.integer(
        in: range.lowerBound...max(range.lowerBound, min(range.upperBound, result.count) - 1))
      guard place < result.count else { continue }
      let value = interesting[random.integer(in: 0...interesting.count - 1)]
      switch random.integer(in: 0...4) {
      case 0: result[place] ^= 1 << UInt8(random.integer(in: 0...7))
      case 1: result[place] = value
      case 2: result.remove(at: place)
      case 3: result.insert(value, at: place)
      default: if random.integer(in: 0...3) == 0 { result = Array(result[..<place]) }
      }
    }
    return result
  }

  /// Runs `body` on many edits; how many were refused.
  private func refused(
    _ bytes: [UInt8], within range: Range<Int>, seed: UInt64, count: Int, _ body: ([UInt8]) throws -> Void
  ) -> Int {
    var refused = 0
    for sample in 0..<count {
      var random = RandomStream(seed: seed, sample: UInt64(sample))
      do { try body(Self.mutate(bytes, within: range, &random)) } catch is TesseraError { refused += 1 } catch
      {
        Issue.record("edit \(sample): \(error)")
      }
    }
    return refused
  }

  @Test("1,500 edits of a safetensors header are read or refused")
  func header() throws {
    let folder = try TemporaryFolder()
    let bytes = try Repository.bytes("Tests/Golden/checkpoints/llava-4/model.safetensors")
    let length = 8 + Int(bytes[0]) + Int(bytes[1]) << 8
    try folder.write(try Repository.bytes("Tests/Golden/checkpoints/llava-4/config.json"), "config.json")
    let count = refused(bytes, within: 0..<length, seed: 1, count: 1500) {
      try folder.write($0, "model.safetensors")
      let checkpoint = try Checkpoint(folder.path)
      for parameter in checkpoint.parameters {
        try parameter.weight.withBytes { #expect($0.count == 4 * parameter.spec.count) }
      }
    }
    // Nearly every edit of a header changes what it says.
    #expect(count > 1200, "\(count)")
  }

  @Test("1,500 edits of an index are read or refused")
  func index() throws {
    let folder = try TemporaryFolder()
    let source = try Checkpoint(Repository.path("Tests/Golden/checkpoints/llava-4"))
    guard case .llava(let config) = source.config else { return #expect(Bool(false)) }
    var writer = CheckpointWriter()
    (writer.shardLimit, writer.syncs) = (6000, false)
    try writer.write(config, to: folder.path + "/m", dataType: .float32, source: source.source)
    let bytes = try FileIO.read(folder.path + "/m/model.safetensors.index.json")
    let count = refused(bytes, within: 0..<bytes.count, seed: 2, count: 1500) {
      try folder.write($0, "m/model.safetensors.index.json")
      _ = try Checkpoint(folder.path + "/m")
    }
    #expect(count > 1000, "\(count)")
  }

  @Test("2,000 edits of configs are read or refused, and what is read can be counted and written")
  func config() throws {
    for (seed, version) in [(3, "4"), (4, "5")] {
      let bytes = try Repository.bytes("Tests/Golden/checkpoints/llava-\(version)/config.json")
      let count = refused(bytes, within: 0..<bytes.count, seed: UInt64(seed), count: 1000) {
        let config = try LlavaConfig(json: $0, file: "config.json")
        _ = config.imageTokens
        _ = config.usedVisionLayers
        let specs = ExpectedParameters.llava(config)
        #expect(specs.allSatisfy { $0.shape.allSatisfy { $0 > 0 } })
        let again = try LlavaConfig(json: config.json(dataType: "float32"), file: "again")
        #expect(again.text == config.text && again.vision == config.vision)
      }
      #expect(count > 150, "\(count)")
    }
  }
}
