private import Foundation
internal import TesseraCore

/// What became of one sample: a line of the journal, and later of the manifest or of the error list.
struct PackedSample: Codable, Equatable, Sendable {
  /// The index in the dataset.
  var sample: Int
  /// What the dataset calls it.
  var source: String
  /// The key in the shard; empty for a failure.
  var key = ""
  var label: Int?
  /// The first picture's stored size; 0 where there is none.
  var width = 0
  var height = 0
  /// The suffixes of its members.
  var fields: [String] = []
  /// Progressive pictures that were rewritten, and that were kept.
  var rewritten = 0
  var kept = 0
  var failure: PictureRecord.Failure?

  /// A journal's line.
  var line: String {
    var pairs: [(key: String, value: JSONText)] = [("sample", .int(sample)), ("source", .string(source))]
    if let failure {
      pairs.append(
        ("failure", .object([("stage", .string(failure.stage)), ("reason", .string(failure.reason))])))
    }
    if let label { pairs.append(("label", .int(label))) }
    pairs += [
      ("key", .string(key)), ("width", .int(width)), ("height", .int(height)),
      ("fields", .array(fields.map { .string($0) })), ("rewritten", .int(rewritten)), ("kept", .int(kept)),
    ]
    return JSONText.object(pairs).text + "\n"
  }

  /// The manifest's line.
  func manifestLine(shard: String, index: Int, classes: [String]) -> String {
    let name: JSONText
    if let label {
      name = classes.indices.contains(label) ? .string(classes[label]) : .int(label)
    } else {
      name = .null
    }
    var pairs: [(key: String, value: JSONText)] = [
      ("sample", .int(sample)), ("source", .string(source)), ("shard", .string(shard)),
      ("index", .int(index)),
      ("key", .string(key)), ("label", name), ("width", .int(width)), ("height", .int(height)),
      ("fields", .array(fields.map { .string($0) })),
    ]
    if rewritten > 0 { pairs.append(("rewritten_as_baseline", .int(rewritten))) }
    if kept > 0 { pairs.append(("kept_progressive", .int(kept))) }
    return JSONText.object(pairs).text + "\n"
  }

  var errorLine: String {
    JSONText.object([
      ("sample", .int(sample)), ("path", .string(source)), ("stage", JSONText(failure?.stage)),
      ("reason", JSONText(failure?.reason)),
    ]).text + "\n"
  }
}

/// A shard that is complete on the disk, with its samples: the journal's unit.
struct PackedShard: Equatable, Sendable {
  var number: Int
  var bytes: Int
  var samples: [PackedSample]

  /// The journal's lines: the samples', and the shard's own, which makes them count.
  var lines: String { samples.map(\.line).joined() + ShardRecord(shard: number, bytes: bytes).line }

  /// The line of `shards.jsonl`.
  var listLine: String {
    let kept = samples.count { $0.failure == nil }
    return JSONText.object([
      ("shard", .string(PackJob.shardName(number))), ("bytes", .int(bytes)), ("samples", .int(kept)),
      ("failed", .int(samples.count - kept)), ("first_sample", .int(samples.first?.sample ?? 0)),
    ]).text + "\n"
  }
}

/// `run.json`: everything that decides a pack's bytes.
struct PackRecord: Codable, Equatable {
  var tessera: String
  var format = "webdataset"
  var samples: Int
  var shardSize: Int
  var rewritesProgressive: Bool
  var restartRows: Int
  var verifiesPictures: Bool
  /// The dataset's.
  var fingerprint: Fingerprint

  init(_ job: PackJob) throws {
    tessera = TesseraVersion.current
    samples = job.dataset.count
    shardSize = job.shardSize
    rewritesProgressive = job.rewritesProgressive
    restartRows = job.restartRows
    verifiesPictures = job.verifiesPictures
    fingerprint = try job.dataset.fingerprint()
  }

  var json: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
  }

  /// Reads the record in `folder`; nil if there is none.
  static func read(in folder: String) throws -> PackRecord? {
    let path = folder + "/" + RunRecord.name
    guard try FileIO.sizeIfThere(path) != nil else { return nil }
    let bytes = try FileIO.read(path)
    do { return try JSONDecoder().decode(PackRecord.self, from: Data(bytes)) } catch {
      throw RunKind.pack.refusal(bytes, in: folder)
    }
  }

  /// Refuses another run's record in `folder`.
  func check(in folder: String) throws {
    guard let earlier = try Self.read(in: folder) else { return }
    let differences = differences(from: earlier)
    if !differences.isEmpty { throw RunRecord.otherRun(differences, in: folder) }
  }

  /// What of `other` differs, in words.
  func differences(from other: PackRecord) -> [String] {
    var found: [String] = []
    func compare<T: Equatable>(_ name: String, _ mine: T, _ theirs: T) {
      if mine != theirs { found.append("\(name): \(theirs) there, \(mine) now") }
    }
    compare("format", format, other.format)
    compare("samples", samples, other.samples)
    compare("shard size", shardSize, other.shardSize)
    compare("lossless baseline", rewritesProgressive, other.rewritesProgressive)
    compare("restart rows", restartRows, other.restartRows)
    compare("verify", verifiesPictures, other.verifiesPictures)
    compare("the data's fingerprint", "\(fingerprint)", "\(other.fingerprint)")
    compare("version", tessera, other.tessera)
    return found
  }
}
