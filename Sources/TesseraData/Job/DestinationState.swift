private import Foundation
internal import TesseraCore

/// What stands in the destination before a run: nothing, or an earlier run's results to go on from.
struct DestinationState {
  /// What an earlier run has finished.
  private(set) var pictures: [PictureRecord] = []
  private(set) var shards: [ShardRecord] = []
  private let folder: String
  private let isFresh: Bool

  /// Looks at the destination; writes nothing.
  ///
  /// - Throws: `invalidArgument` if there are results and the job does not resume, or other than its own.
  init(job: PreprocessJob, record: RunRecord, files: PictureFiles, names: OutputNames) throws {
    folder = job.destination
    let earlier = try RunRecord.read(in: folder)
    isFresh = earlier == nil
    guard let earlier else {
      if try !Self.isEmpty(folder) {
        throw Self.refusal(folder, "an empty or new folder", "one with other files in it")
      }
      return
    }
    guard job.resume else {
      throw Self.refusal(
        folder, "an empty or new folder", "one with an earlier run's results (--resume goes on with them)")
    }
    let differences = record.differences(from: earlier)
    guard differences.isEmpty else {
      throw Self.refusal(
        folder, "the results of the same run to resume",
        "those of another (\(differences.joined(separator: "; ")))")
    }
    if let journal = try Journal.read(in: folder) {
      (pictures, shards) = journal
    } else {
      try readManifest(count: files.count)
    }
    keepWhatExists(job, files, names)
  }

  static func refusal(_ folder: String, _ expected: String, _ got: String) -> TesseraError {
    TesseraError(.invalidArgument(name: "the destination", expected: expected, got: got), path: folder)
  }

  static func isEmpty(_ folder: String) throws -> Bool {
    guard FileIO.identity(folder) != nil else { return true }
    var walk = FolderWalk()
    try walk.walk(folder, depth: 1)
    return walk.folders.allSatisfy { $0.files.allSatisfy(AtomicFile.isPart) } && !walk.hasInnerFolders
  }

  /// A finished run's pictures. Its failures are left out: to resume a finished run is to retry them.
  private mutating func readManifest(count: Int) throws {
    let path = folder + "/" + Manifest.name
    guard FileIO.size(path) != nil else { return }
    struct Line: Decodable {
      var sample: Int
      var width: Int
      var height: Int
    }
    for (number, line) in try FileIO.read(path).split(separator: UInt8(ascii: "\n")).enumerated() {
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(line)),
        (0..<count).contains(line.sample)
      else {
        throw TesseraError(
          .corrupt(format: "the manifest", detail: "line \(number + 1) cannot be read"), path: path)
      }
      // -1: the size of the output is not known.
      pictures.append(
        PictureRecord(sample: line.sample, size: Size(width: line.width, height: line.height), bytes: -1))
    }
  }

  /// Drops records whose output is not there with its size, and whole shards that are not complete.
  private mutating func keepWhatExists(_ job: PreprocessJob, _ files: PictureFiles, _ names: OutputNames) {
    var bySample: [Int: PictureRecord] = [:]
    for record in pictures where (0..<files.count).contains(record.sample) {
      bySample[record.sample] = record
    }
    if job.format == .safetensors {
      keepShards(job, files.count, bySample)
      return
    }
    pictures = bySample.values.sorted { $0.sample < $1.sample }.compactMap { record in
      if record.failure != nil { return record }
      guard let size = FileIO.size(folder + "/" + names.names[record.sample]),
        record.bytes == size || record.bytes == -1
      else { return nil }
      var record = record
      record.bytes = size
      return record
    }
  }

  private mutating func keepShards(_ job: PreprocessJob, _ count: Int, _ bySample: [Int: PictureRecord]) {
    let isFinished = shards.isEmpty
    let known = Dictionary(shards.map { ($0.shard, $0.bytes) }) { $1 }
    (pictures, shards) = ([], [])
    for number in 0..<(count + job.shardSize - 1) / job.shardSize {
      let samples = number * job.shardSize..<min((number + 1) * job.shardSize, count)
      let records = samples.compactMap { bySample[$0] }
      let size = FileIO.size(folder + "/" + ShardSink.name(number)) ?? 0
      guard records.count == samples.count, isFinished ? size > 0 : known[number] == size else { continue }
      for var record in records {
        record.bytes = 0
        pictures.append(record)
      }
      shards.append(ShardRecord(shard: number, bytes: size))
    }
  }

  /// Makes the destination ready: the folder, the run's record, no unfinished files of a killed run.
  func prepare(_ record: RunRecord) throws {
    try FileIO.makeFolder(folder)
    if isFresh { return try AtomicFile.write(try record.json, to: folder + "/" + RunRecord.name, sync: true) }
    var walk = FolderWalk()
    try walk.walk(folder)
    for below in walk.folders {
      for file in below.files where AtomicFile.isPart(file) {
        let path = below.path.isEmpty ? file : below.path + [UInt8(ascii: "/")] + file
        try FileIO.remove(folder + "/" + String(decoding: path, as: UTF8.self))
      }
    }
  }
}
