private import Foundation
internal import TesseraCore

/// What stands in the destination before a run: nothing, or an earlier run's results to go on from.
struct DestinationState {
  /// What an earlier run has finished.
  private(set) var pictures: [PictureRecord] = []
  private(set) var shards: [ShardRecord] = []
  private let run: JobRun
  private let record: RunRecord
  private let shared: PartFolder
  private var lock: FolderLock?
  /// Parts whose work one process takes over to finish the whole.
  private(set) var adopted: [PartNames] = []

  private var folder: String { run.job.destination }

  /// Looks at the destination; writes nothing.
  ///
  /// - Throws: `invalidArgument` if there are results and the job does not resume, or other than its own.
  init(run: JobRun, record: RunRecord) throws {
    self.run = run
    self.record = record
    shared = PartFolder(run.job.destination, for: run.job.shard)
    lock = try shared.enter(resume: run.job.resume) { [folder = shared.path] in try record.check(in: folder) }
    if lock == nil { return }
    if run.job.shard.isWhole { adopted = try PartNames.found(in: folder) }
    try readAll()
    try keepWhatExists()
  }

  /// The error for a destination that cannot be used.
  static func refusal(_ folder: String, _ expected: String, _ got: String) -> TesseraError {
    TesseraError(.invalidArgument(name: "the destination", expected: expected, got: got), path: folder)
  }

  /// Whether a folder is not there, or has nothing in it but unfinished files.
  static func isEmpty(_ folder: String) throws -> Bool {
    guard try FileIO.exists(folder) else { return true }
    var walk = FolderWalk()
    try walk.walk(folder, depth: 1)
    if let fault = walk.faults.first { throw fault.error }
    return walk.folders.allSatisfy { $0.files.allSatisfy(AtomicFile.isPart) } && !walk.hasInnerFolders
  }

  // MARK: what was done before

  /// Results of the whole, then of parts, which are newer. A part that has none yet begins with the whole's.
  private mutating func readAll() throws {
    if run.job.shard.isWhole {
      for names in [run.parts] + adopted { try read(names) }
    } else {
      let hasBegun = try shared.has(run.parts.journal) || shared.has(run.parts.manifest)
      try read(hasBegun ? run.parts : PartNames(.whole))
    }
  }

  private mutating func read(_ names: PartNames) throws {
    if let journal = try Journal.read(folder + "/" + names.journal) {
      pictures += journal.pictures
      shards += journal.shards
    } else if try PartRecord.isSound(names, in: folder) {
      try readManifest(names.manifest)
    }
  }

  /// A finished run's pictures. Its failures are left out: to resume a finished run is to retry them.
  private mutating func readManifest(_ name: String) throws {
    guard try shared.has(name) else { return }
    struct Line: Decodable {
      var sample: Int
      var width: Int
      var height: Int
    }
    let path = folder + "/" + name
    for (number, line) in try FileIO.read(path).split(separator: UInt8(ascii: "\n")).enumerated() {
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(line)),
        run.files.files.indices.contains(line.sample)
      else {
        throw TesseraError(
          .corrupt(
            format: "the manifest",
            detail: "line \(number + 1) cannot be read (without the file, all of its pictures are made again)"
          ),
          path: path)
      }
      // -1: the size of the output is not known.
      pictures.append(
        PictureRecord(sample: line.sample, size: Size(width: line.width, height: line.height), bytes: -1))
      let shard = line.sample / run.job.shardSize
      if shards.last?.shard != shard { shards.append(ShardRecord(shard: shard, bytes: -1)) }
    }
  }

  /// Drops records whose output is not there with its size, and whole shards that are not complete.
  private mutating func keepWhatExists() throws {
    var bySample: [Int: PictureRecord] = [:]
    for record in pictures where run.files.files.indices.contains(record.sample) {
      if run.share.owns(record.sample) { bySample[record.sample] = record }
    }
    if run.job.format == .safetensors { return try keepShards(bySample) }
    shards = []
    pictures = try bySample.values.sorted { $0.sample < $1.sample }.compactMap { record in
      if record.failure != nil { return record }
      guard let size = try FileIO.sizeIfThere(folder + "/" + run.names.names[record.sample]),
        record.bytes == size || record.bytes == -1
      else { return nil }
      var record = record
      record.bytes = size
      return record
    }
  }

  private mutating func keepShards(_ bySample: [Int: PictureRecord]) throws {
    let known = Dictionary(shards.map { ($0.shard, $0.bytes) }) { $1 }
    (pictures, shards) = ([], [])
    for samples in run.share.blocks {
      let number = samples.lowerBound / run.job.shardSize
      let records = samples.compactMap { bySample[$0] }
      let size = try FileIO.sizeIfThere(folder + "/" + ShardSink.name(number)) ?? 0
      guard let bytes = known[number], records.count == samples.count, bytes == -1 ? size > 0 : bytes == size
      else { continue }
      for var record in records {
        record.bytes = 0
        pictures.append(record)
      }
      shards.append(ShardRecord(shard: number, bytes: size))
    }
  }

  // MARK: making it ours

  /// Makes the destination ready: the folder, the run's record, no unfinished files of a killed run.
  func prepare() throws -> PartClaim {
    try shared.begin(lock, try record.json, outputs: outputs) { try record.check(in: folder) }
  }

  /// What the outputs of this part are called.
  private func outputs() -> Set<[UInt8]> {
    let names = run.share.blocks.lazy.flatMap { block -> [String] in
      guard run.job.format == .safetensors else { return block.map { run.names.names[$0] } }
      let shard = ShardSink.name(block.lowerBound / run.share.block)
      return [shard, shard + ShardSink.rowsSuffix]
    }
    return Set(names.map { Array($0.utf8) })
  }
}
