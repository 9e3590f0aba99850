private import Foundation
internal import TesseraCore

/// What stands in a pack's destination: nothing, or an earlier run's finished shards.
struct PackState {
  /// Shards that are there whole, by number.
  private(set) var finished: [Int: PackedShard] = [:]
  /// Parts whose work one process takes over to finish the whole.
  private(set) var adopted: [PartNames] = []
  private let shared: PartFolder
  private let share: JobShare
  private let record: PackRecord
  private let lock: FolderLock?

  private var folder: String { shared.path }

  /// Looks at the destination; writes nothing.
  ///
  /// - Throws: `invalidArgument` if there are results and the job does not resume, or other than its own.
  init(_ job: PackJob, _ record: PackRecord, _ share: JobShare) throws {
    shared = PartFolder(job.destination, for: job.shard)
    self.share = share
    self.record = record
    lock = try shared.enter(resume: job.resume) { try record.check(in: job.destination) }
    if lock == nil { return }
    if job.shard.isWhole { adopted = try PartNames.found(in: folder) }
    for shard in try earlier(job.shardSize, job.dataset.classes) {
      let start = shard.number * job.shardSize
      let path = folder + "/" + PackJob.shardName(shard.number)
      guard start < record.samples, share.owns(start),
        shard.samples.map(\.sample) == Array(start..<min(start + job.shardSize, record.samples)),
        try FileIO.sizeIfThere(path) == shard.bytes
      else { continue }
      finished[shard.number] = shard
    }
  }

  /// Shards of the whole's results, then of parts', which are newer. A part that has none yet begins with the
  /// whole's.
  private func earlier(_ shardSize: Int, _ classes: [String]) throws -> [PackedShard] {
    let hasBegun = try shared.has(shared.names.journal) || shared.has(shared.names.manifest)
    let sources = hasBegun || shared.assignment.isWhole ? [shared.names] + adopted : [PartNames(.whole)]
    return try sources.flatMap { try journal($0) ?? finishedRun($0, shardSize, classes) }
  }

  /// The shards that a journal tells of; nil if there is none. What follows its last newline is torn, and samples
  /// without their shard's line do not count.
  private func journal(_ names: PartNames) throws -> [PackedShard]? {
    let path = folder + "/" + names.journal
    guard try FileIO.sizeIfThere(path) != nil else { return nil }
    let lines = try FileIO.read(path).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var (shards, samples): ([PackedShard], [PackedSample]) = ([], [])
    let decoder = JSONDecoder()
    for (number, line) in lines.dropLast().enumerated() {
      let data = Data(line)
      if let sample = try? decoder.decode(PackedSample.self, from: data) {
        samples.append(sample)
      } else if let shard = try? decoder.decode(ShardRecord.self, from: data) {
        shards.append(PackedShard(number: shard.shard, bytes: shard.bytes, samples: samples))
        samples = []
      } else {
        throw TesseraError(
          .corrupt(format: "the journal", detail: "line \(number + 1) cannot be read"), path: path)
      }
    }
    return shards
  }

  /// The shards of a run that came to its end. Those with failures are left out: to resume is to retry them.
  private func finishedRun(_ names: PartNames, _ shardSize: Int, _ classes: [String]) throws -> [PackedShard]
  {
    struct Line: Decodable {
      var sample: Int
      var source: String
      var key: String
      var label: Label?
      var width: Int
      var height: Int
      var fields: [String]
      var rewritten_as_baseline: Int?
      var kept_progressive: Int?
    }
    struct Listed: Decodable {
      var bytes: Int
      var failed: Int
      var first_sample: Int
    }
    guard try PartRecord.isSound(names, in: folder) else { return [] }
    let manifest = try lines(names.manifest, Line.self)
    let shards = try lines(names.shards, Listed.self)
    let byShard = Dictionary(grouping: manifest) { $0.sample / shardSize }
    return shards.filter { $0.failed == 0 }.map { listed in
      let number = listed.first_sample / shardSize
      let samples = (byShard[number] ?? []).map { line in
        PackedSample(
          sample: line.sample, source: line.source, key: line.key, label: line.label?.number(in: classes),
          width: line.width, height: line.height, fields: line.fields,
          rewritten: line.rewritten_as_baseline ?? 0, kept: line.kept_progressive ?? 0)
      }
      return PackedShard(number: number, bytes: listed.bytes, samples: samples)
    }
  }

  private func lines<T: Decodable>(_ name: String, _ type: T.Type) throws -> [T] {
    let path = folder + "/" + name
    guard try FileIO.sizeIfThere(path) != nil else { return [] }
    return try FileIO.read(path).split(separator: UInt8(ascii: "\n")).enumerated().map { number, line in
      do { return try JSONDecoder().decode(T.self, from: Data(line)) } catch {
        throw TesseraError(
          .corrupt(
            format: name,
            detail:
              "line \(number + 1) cannot be read (without the file, all of its samples are packed again)"),
          path: path)
      }
    }
  }

  /// Makes the destination ready: the folder, the run's record, no unfinished files of a killed run.
  func prepare() throws -> PartClaim {
    let outputs = { Set(share.blocks.map { Array(PackJob.shardName($0.lowerBound / share.block).utf8) }) }
    return try shared.begin(lock, try record.json, outputs: outputs) { try record.check(in: folder) }
  }
}

/// A label in a manifest: the class's name where classes have names, else its number.
private enum Label: Decodable {
  case number(Int)
  case name(String)

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Int.self) {
      self = .number(number)
    } else {
      self = .name(try container.decode(String.self))
    }
  }

  func number(in classes: [String]) -> Int? {
    switch self {
    case .number(let number): number
    case .name(let name): classes.firstIndex { $0.utf8.elementsEqual(name.utf8) }
    }
  }
}
