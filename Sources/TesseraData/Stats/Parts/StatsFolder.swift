internal import TesseraCore

/// A folder in which processes gather the statistics of one dataset, each a part of the samples.
///
/// What they have in common is `run.json`; each writes its part's tally, whole or not at all. Joined, they become
/// `stats.json`, byte for byte what one process gathers alone, and the parts go. Whatever is there already is not
/// done again: a lost process is replaced by starting it once more.
///
///     let folder = StatsFolder("stats")
///     _ = try folder.gather(job, of: "photos", part: try ShardAssignment("2/8"))     // in each process
///     let statistics = try folder.merge(job)                                         // once, when all have ended
public struct StatsFolder: Sendable {
  /// The folder.
  public let path: String

  /// The result's name in the folder.
  public static let resultName = "stats.json"

  /// - Parameter path: the folder; it need not exist.
  public init(_ path: String) { self.path = path }

  /// What gathering came to.
  public enum Outcome: Sendable {
    /// A part of several.
    case part(Part)
    /// The result. Partial where the job was cancelled; then it is not in the folder.
    case whole(DatasetStatistics, wasThere: Bool)
  }

  /// A part of several, as a process leaves it.
  public struct Part: Sendable, Equatable {
    public var assignment: ShardAssignment
    /// Samples that were looked at.
    public var samples: Int
    /// Pictures and samples that could not be used.
    public var failed: Int
    /// Whether the folder had it already.
    public var wasThere: Bool
    /// Whether the job was cancelled before its end: then nothing was written.
    public var isInterrupted: Bool
  }

  /// Looks at a part of the samples and writes what it counted; or, as the only process, at whatever the parts in the
  /// folder have not, and writes the result.
  ///
  /// - Parameters:
  ///   - job: equal in all processes but for its threads.
  ///   - source: what the job's dataset was opened from, as a merge will open it again.
  ///   - part: which part; `.whole` for the only process.
  ///   - control: ends the job from another thread.
  ///   - progress: called after each sample, on the thread that did it, one call at a time.
  /// - Throws: as `StatsJob.run`; `invalidArgument` for a folder with other files or of another survey; `io`, also while another process does the same. A damaged part is counted again.
  public func gather(
    _ job: StatsJob, of source: String, part: ShardAssignment = .whole, control: JobControl = JobControl(),
    progress: @escaping @Sendable (PreprocessJob.Progress) -> Void = { _ in }
  ) throws -> Outcome {
    try job.validate()
    let record = try StatsRecord(job, source: source)
    let folder = PartFolder(path, for: part, finishingAlone: "--shard none")
    let lock = try folder.enter(resume: true) { try record.check(in: path) }
    if lock != nil {
      if let there = try result() {
        if part.isWhole { try removeParts() }
        return .whole(there, wasThere: true)
      }
      if let there = try earlier(folder.names) {
        return .part(Self.part(part, there.tally, wasThere: true))
      }
    }
    let claim = try folder.begin(lock, try record.json, outputs: { [] }) { try record.check(in: path) }
    return try withExtendedLifetime(claim) {
      let indices = job.chosen()
      let missing = part.isWhole ? try Adopted(self, indices.count, countsAgain: true) : nil
      let places = missing?.places ?? Array(Self.share(part, indices).blocks.joined())
      var tally = try job.gather(indices, places, control, progress)
      guard let missing else {
        // In order, so that a part's bytes do not depend on the threads.
        tally.sort()
        let isInterrupted = tally.samples < places.count
        if !isInterrupted { try write(StatsPart(part, run: claim.runDigest, tally), folder.names) }
        return .part(Self.part(part, tally, wasThere: false, isInterrupted: isInterrupted))
      }
      for other in missing.parts { tally.merge(other.tally) }
      let statistics = try job.statistics(of: tally, indices, control)
      if !statistics.isPartial { try finish(statistics) }
      return .whole(statistics, wasThere: false)
    }
  }

  /// Joins the parts, all of which must be there, and removes them. A folder that is merged already stays as it is.
  ///
  /// - Parameter job: as the parts were gathered.
  /// - Throws: `invalidInput` for parts that are missing, or of another division or survey, by name; `corrupt` for
  ///   a damaged one; `io`, also while a process is at work there.
  public func merge(_ job: StatsJob) throws -> DatasetStatistics {
    guard let there = try StatsRecord.found(in: path) else {
      throw refusal("a folder of statistics (with \(RunRecord.name))", "one without")
    }
    if let statistics = try finished() { return statistics }
    let record = try StatsRecord(job, source: there.source)
    try record.check(in: path)
    let lock = try FolderLock(path, for: nil)
    return try withExtendedLifetime(lock) {
      let indices = job.chosen()
      let adopted = try Adopted(self, indices.count, countsAgain: false)
      try adopted.refuseGaps(self)
      var tally = StatsTally()
      for part in adopted.parts { tally.merge(part.tally) }
      let statistics = try job.statistics(of: tally, indices, JobControl())
      try finish(statistics)
      return statistics
    }
  }

  /// The result, if the parts are joined already; removes what an interrupted merge has left of them. The dataset need not be
  /// there any more.
  ///
  /// - Throws: `corrupt` for a damaged result; `io`, also while a process is at work there.
  package func finished() throws -> DatasetStatistics? {
    guard let statistics = try result() else { return nil }
    let lock = try FolderLock(path, for: nil)
    return try withExtendedLifetime(lock) {
      try removeParts()
      return statistics
    }
  }

  /// The parts that a merge would join, or removed.
  ///
  /// - Throws: `io`.
  package func parts() throws -> [PartNames] {
    try PartNames.found(in: path).filter { try FileIO.sizeIfThere(path + "/" + $0.tally) != nil }
  }

  // MARK: inside

  /// A part that is there, sound and of this run.
  private func earlier(_ names: PartNames) throws -> StatsPart? {
    do {
      guard let part = try StatsPart.read(names, in: path), try isOfRun(part) else { return nil }
      return part.assignment == names.assignment ? part : nil
    } catch let error as TesseraError {
      // A damaged one is done again.
      if case .corrupt = error.reason { return nil }
      throw error
    }
  }

  /// The result, if it is there.
  private func result() throws -> DatasetStatistics? {
    let file = path + "/" + Self.resultName
    guard try FileIO.sizeIfThere(file) != nil else { return nil }
    do {
      return try DatasetStatistics(json: String(decoding: try FileIO.read(file), as: UTF8.self))
    } catch let
      error as TesseraError
    { throw error.with(path: file) }
  }

  private func finish(_ statistics: DatasetStatistics) throws {
    try AtomicFile.write(
      Array((try statistics.json() + "\n").utf8), to: path + "/" + Self.resultName, sync: true)
    try removeParts()
  }

  private func removeParts() throws {
    for part in try parts() { try FileIO.remove(path + "/" + part.tally) }
  }

  private func write(_ part: StatsPart, _ names: PartNames) throws {
    try AtomicFile.write(try part.encoded, to: path + "/" + names.tally, sync: true)
  }

  private func isOfRun(_ part: StatsPart) throws -> Bool {
    part.run == Digest.hex(of: try FileIO.read(path + "/" + RunRecord.name))
  }

  private static func share(_ part: ShardAssignment, _ indices: SampleIndices) -> JobShare {
    JobShare(part, total: indices.count, shardSize: 1024, isSharded: false)
  }

  private static func part(
    _ assignment: ShardAssignment, _ tally: StatsTally, wasThere: Bool, isInterrupted: Bool = false
  ) -> Part {
    Part(
      assignment: assignment, samples: tally.samples, failed: tally.failures.count, wasThere: wasThere,
      isInterrupted: isInterrupted)
  }

  private func refusal(_ expected: String, _ got: String) -> TesseraError {
    TesseraError(.invalidInput(operation: "merge", expected: expected, got: got), path: path)
  }

  /// The parts in a folder, of one division and one run, and what is left to do besides.
  private struct Adopted {
    private(set) var parts: [StatsPart] = []
    /// Places, in order, that no part has looked at.
    private(set) var places: [Int] = []
    private var missing: [ShardAssignment] = []

    /// - Parameter countsAgain: whether a damaged part is as good as a missing one.
    init(_ folder: StatsFolder, _ total: Int, countsAgain: Bool) throws {
      try PartNames.refuseStrangers(in: folder.path)
      let found = try folder.parts()
      let counts = Set(found.map(\.assignment.count)).sorted()
      guard counts.count <= 1 else {
        throw folder.refusal(
          "parts of one division", "parts of \(counts.map(String.init).joined(separator: " and of "))")
      }
      guard let count = counts.first else {
        places = Array(0..<total)
        return
      }
      for index in 0..<count {
        let assignment = try ShardAssignment(index: index, count: count)
        let share = JobShare(assignment, total: total, shardSize: 1024, isSharded: false)
        guard let part = try Self.read(assignment, folder, countsAgain) else {
          missing.append(assignment)
          places += share.blocks.joined()
          continue
        }
        try Self.check(part, is: assignment, samples: share.count, folder)
        parts.append(part)
      }
      places.sort()
    }

    private static func read(
      _ assignment: ShardAssignment, _ folder: StatsFolder, _ countsAgain: Bool
    ) throws -> StatsPart? {
      do { return try StatsPart.read(PartNames(assignment), in: folder.path) } catch let error as TesseraError
      {
        if countsAgain, case .corrupt = error.reason { return nil }
        throw error
      }
    }

    private static func check(
      _ part: StatsPart, is assignment: ShardAssignment, samples: Int, _ folder: StatsFolder
    ) throws {
      let name = PartNames(assignment).tally
      if part.assignment != assignment {
        throw folder.refusal("shard \(assignment) in \(name)", "shard \(part.assignment)")
      }
      if try !folder.isOfRun(part) {
        throw folder.refusal("parts made with the settings of \(RunRecord.name)", "\(name) with others")
      }
      if part.tally.samples != samples {
        throw folder.refusal("\(samples) samples in \(name)", "\(part.tally.samples)")
      }
    }

    func refuseGaps(_ folder: StatsFolder) throws {
      if parts.isEmpty {
        throw folder.refusal("parts of stats (made with --shard i/n --into \(folder.path))", "none")
      }
      if missing.isEmpty { return }
      let words = missing.prefix(8).map { "shard \($0) (no \(PartNames($0).tally))" }
      let rest = missing.count > 8 ? ", and \(missing.count - 8) more" : ""
      throw folder.refusal(
        "all \(parts.count + missing.count) parts (run those that are missing again)",
        words.joined(separator: ", ") + rest + " missing")
    }
  }
}
