internal import TesseraCore

/// A tar shard that is being written, sample by sample.
final class ShardFile {
  private let number: Int
  private let tar: TarWriter
  private var keys: Set<[UInt8]> = []
  /// What became of its samples so far.
  private(set) var samples: [PackedSample] = []

  init(_ number: Int, job: PackJob) throws {
    self.number = number
    tar = try TarWriter(job.destination + "/" + PackJob.shardName(number))
    let classes = job.dataset.classes
    if !classes.isEmpty {
      let names = JSONText.array(classes.map { .string($0) }).text
      try tar.write(String(decoding: TarWriter.classesName, as: UTF8.self), Array(names.utf8))
    }
  }

  /// Writes a sample's members.
  func add(_ sample: Int, _ name: String, _ encoded: SampleEncoder.Encoded) throws {
    let key = free(encoded.key ?? SampleEncoder.key(name, sample: sample), sample)
    try tar.writeSample(key: key, encoded.fields)
    keys.insert(Array(key.utf8))
    samples.append(
      PackedSample(
        sample: sample, source: name, key: key, label: encoded.label, width: encoded.size.width,
        height: encoded.size.height,
        fields: encoded.fields.map(\.suffix).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
        rewritten: encoded.rewritten, kept: encoded.kept))
  }

  /// Takes note of a sample that leaves a hole.
  func note(_ sample: Int, _ name: String, _ error: TesseraError) {
    samples.append(PackedSample(sample: sample, source: name, error: error))
  }

  /// Gives the shard its name.
  func finish() throws -> PackedShard {
    PackedShard(number: number, bytes: try tar.finish(), samples: samples)
  }

  /// A key that no sample of the shard has: two neighbours with one key would be read as one sample.
  private func free(_ key: String, _ sample: Int) -> String {
    var free = key
    while keys.contains(Array(free.utf8)) { free += "~\(sample)" }
    return free
  }
}

extension PackedSample {
  /// A sample that failed.
  init(sample: Int, source: String? = nil, error: TesseraError) {
    self.init(
      sample: sample, source: source ?? error.path ?? "",
      failure: .init(
        stage: (error.stage ?? .read).rawValue, reason: error.reason.description))
  }
}
