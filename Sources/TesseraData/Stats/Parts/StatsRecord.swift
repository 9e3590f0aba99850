private import Foundation
internal import TesseraCodecs
internal import TesseraCore
internal import TesseraTransforms

/// `run.json` of a folder of statistics: everything that decides them, so that only parts of one survey are joined.
package struct StatsRecord: Codable, Equatable, Sendable {
  /// Tells the record from that of other jobs.
  private enum Kind: String, Codable { case stats }

  private var kind = Kind.stats
  var tessera: String
  /// What the samples were opened from: the whole path, or a URL without a server's signature.
  package var source: String
  /// The number of samples, and the dataset's fingerprint.
  var samples: Int
  var fingerprint: Fingerprint
  var headersOnly: Bool
  var pipeline: String?
  var policy: DecodePolicy
  var generation: PillowGeneration
  var subset: Int?
  var seed: UInt64
  var countsValues: Bool
  var findsDuplicates: Bool
  var findsPixelDuplicates: Bool

  init(_ job: StatsJob, source: String) throws {
    tessera = TesseraVersion.current
    self.source = Self.whole(source)
    samples = job.dataset.count
    fingerprint = try job.dataset.fingerprint()
    headersOnly = job.headersOnly
    pipeline = job.pipeline?.text
    policy = job.policy
    generation = job.generation
    subset = job.subset
    seed = job.seed
    countsValues = job.countsValues
    findsDuplicates = job.findsDuplicates
    findsPixelDuplicates = job.findsPixelDuplicates
  }

  /// The job that the record is of.
  ///
  /// - Parameter dataset: what `source` opens.
  /// - Throws: `invalidPipeline` if this version does not know the record's pipeline.
  package func job(_ dataset: any Dataset) throws -> StatsJob {
    var job = StatsJob(dataset: dataset)
    job.headersOnly = headersOnly
    job.pipeline = try pipeline.map { try Pipeline(text: $0) }
    job.policy = policy
    job.generation = generation
    job.subset = subset
    job.seed = seed
    job.countsValues = countsValues
    job.findsDuplicates = findsDuplicates
    job.findsPixelDuplicates = findsPixelDuplicates
    return job
  }

  /// A source's whole path, so that it is one name from everywhere. `..` and links stay: they are the file system's.
  private static func whole(_ source: String) -> String {
    if RemoteName.isRemote(source) { return RemoteName.shown(source) }
    // A pattern may begin with whole paths, `{/a,/b}/*.tar`; a list's name stands behind its mark.
    if source.hasPrefix("{") { return source }
    if ShardPaths.isList(source) { return "@" + whole(String(source.dropFirst())) }
    let path = source.hasPrefix("/") ? source : FileManager.default.currentDirectoryPath + "/" + source
    return "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }

  var json: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
  }

  /// The record in `folder`; nil if there is none, or another job's.
  ///
  /// - Throws: `io`.
  package static func found(in folder: String) throws -> StatsRecord? {
    let path = folder + "/" + RunRecord.name
    guard try FileIO.sizeIfThere(path) != nil else { return nil }
    let bytes = try FileIO.read(path)
    // Not a record of statistics: another job's, and that one's to read.
    return try? JSONDecoder().decode(Self.self, from: Data(bytes))
  }

  /// Refuses another record in `folder`.
  func check(in folder: String) throws {
    let path = folder + "/" + RunRecord.name
    guard try FileIO.sizeIfThere(path) != nil else { return }
    guard let earlier = try Self.found(in: folder) else {
      throw RunKind.stats.refusal(try FileIO.read(path), in: folder)
    }
    if earlier != self { throw RunRecord.otherRun(differences(from: earlier), in: folder) }
  }

  /// What of `other` differs, as `name: there, now`.
  private func differences(from other: StatsRecord) -> [String] {
    let found = zip(rows, other.rows).filter { $0.value != $1.value }.map { mine, theirs in
      "\(mine.name): \(theirs.value) there, \(mine.value) now"
    }
    return found + (policy == other.policy ? [] : ["options of decoding differ"])
  }

  private var rows: [(name: String, value: String)] {
    [
      ("source", source), ("samples", "\(samples) (fingerprint \(fingerprint))"),
      ("--headers-only", "\(headersOnly)"), ("pipeline", pipeline.map { "'\($0)'" } ?? "none"),
      ("resizing", generation.rawValue),
      ("--sample", subset.map { "\($0)" } ?? "all"), ("seed", "\(seed)"), ("--channels", "\(countsValues)"),
      ("--duplicates", "\(findsDuplicates)"), ("--pixels", "\(findsPixelDuplicates)"), ("version", tessera),
    ]
  }
}
