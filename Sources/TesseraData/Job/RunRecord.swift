private import Foundation
internal import TesseraCodecs
internal import TesseraCore
internal import TesseraTransforms

/// `run.json`: everything that decides a run's bytes, so that only the same run can go on in a folder.
struct RunRecord: Codable, Equatable {
  static let name = "run.json"

  var tessera: String
  /// The pipeline as text.
  var pipeline: String
  var format: String
  /// The profile as resolved: `tessera`, `pillow@13` …
  var profile: String
  var policy: DecodePolicy
  var generation: PillowGeneration
  var seed: UInt64
  /// Pictures a shard; nil where every picture has its own file.
  var shardSize: Int?
  var jpeg: JPEGEncoder?
  var png: PNGEncoder?
  /// The number of pictures in the list, and a digest of their names, labels and order.
  var pictures: Int
  var listDigest: String
  /// A digest of the file with captions or conversations; nil where there is none.
  var texts: String?

  var json: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
  }

  /// Reads the record in `folder`; nil if there is none.
  static func read(in folder: String) throws -> RunRecord? {
    let path = folder + "/" + name
    guard try FileIO.sizeIfThere(path) != nil else { return nil }
    let bytes = try FileIO.read(path)
    do { return try JSONDecoder().decode(RunRecord.self, from: Data(bytes)) } catch {
      throw RunKind.preprocess.refusal(bytes, in: folder)
    }
  }

  /// Refuses another run's record in `folder`.
  func check(in folder: String) throws {
    guard let earlier = try Self.read(in: folder) else { return }
    let differences = differences(from: earlier)
    if !differences.isEmpty { throw Self.otherRun(differences, in: folder) }
  }

  /// The error for a folder with the results of another run.
  static func otherRun(_ differences: [String], in folder: String) -> TesseraError {
    TesseraError(
      .invalidArgument(
        name: "the destination", expected: "the results of the same run",
        got: "those of another (\(differences.joined(separator: "; ")))"),
      path: folder)
  }

  /// What of `other` differs, as `name: here, there`.
  func differences(from other: RunRecord) -> [String] {
    var found: [String] = []
    func compare<T: Equatable>(_ name: String, _ mine: T, _ theirs: T, _ show: (T) -> String) {
      if mine != theirs { found.append("\(name): \(show(theirs)) there, \(show(mine)) now") }
    }
    compare("pipeline", pipeline, other.pipeline) { "'\($0)'" }
    compare("format", format, other.format) { $0 }
    compare("profile", profile, other.profile) { $0 }
    compare("decode scale", policy.decodeScale, other.policy.decodeScale) { "\($0)" }
    compare("seed", seed, other.seed) { String($0) }
    compare("shard size", shardSize, other.shardSize) { $0.map { String($0) } ?? "none" }
    compare(
      "the list of pictures", [String(pictures), listDigest], [String(other.pictures), other.listDigest]
    ) {
      "\($0[0]) pictures (digest \($0[1]))"
    }
    compare("captions", texts, other.texts) { $0.map { "a file of digest \($0)" } ?? "none" }
    compare("version", tessera, other.tessera) { $0 }
    if found.isEmpty && self != other { found.append("options of decoding or encoding differ") }
    return found
  }

  /// FNV-1a, 64 bit, over names and labels: enough to notice a folder that changed.
  static func digest(of files: PictureFiles) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    for entry in files.files {
      for byte in entry.name.utf8 { add(byte) }
      add(0)
      for byte in (files.className(of: entry) ?? "").utf8 { add(byte) }
      add(0)
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
