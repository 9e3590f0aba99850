private import Foundation
internal import TesseraCodecs
internal import TesseraCore

/// One run of a pack: what is left to do, in order, and how it ends.
final class PackRun {
  private let job: PackJob
  private let control: JobControl
  private let progress: @Sendable (PreprocessJob.Progress) -> Void
  private let encoder: SampleEncoder
  private var counts = PreprocessJob.Progress(total: 0, done: 0, failed: 0, carried: 0)
  private var shards: [Int: PackedShard]
  private let state: PackState
  private let share: JobShare
  private let names: PartNames
  private var open: ShardFile?
  private var bytesWritten = 0

  /// What a sample came to, and what lists call it.
  private typealias Outcome = (name: String, result: Result<SampleEncoder.Encoded, TesseraError>)

  init(
    job: PackJob, control: JobControl, progress: @escaping @Sendable (PreprocessJob.Progress) -> Void
  ) throws {
    self.job = job
    self.control = control
    self.progress = progress
    encoder = SampleEncoder(
      transcoder: job.rewritesProgressive || job.restartRows > 0
        ? JPEGTranscoder(limits: job.limits, restartRows: job.restartRows) : nil,
      verifies: job.verifiesPictures, limits: job.limits)
    share = JobShare(job.shard, total: job.dataset.count, shardSize: job.shardSize, isSharded: true)
    names = PartNames(job.shard)
    state = try PackState(job, try PackRecord(job), share)
    shards = state.finished
  }

  func run() throws -> PackSummary {
    let started = ProcessInfo.processInfo.systemUptime
    let mine = share.blocks.map { $0.lowerBound / job.shardSize }
    let carried = shards.values.flatMap(\.samples)
    counts.total = mine.reduce(0) { $0 + samples($1).count }
    counts.carried = carried.count
    counts.failed = carried.count { $0.failure != nil }
    counts.done = carried.count - counts.failed
    if control.isCancelled {
      var summary = summary(mine)
      summary.job.isInterrupted = true
      return summary
    }
    // The claim's lock lasts until all is written.
    let claim = try state.prepare()
    return try withExtendedLifetime(claim) {
      try work(mine.filter { shards[$0] == nil }, claim)
      var summary = summary(mine)
      summary.job.seconds = ProcessInfo.processInfo.systemUptime - started
      return try finish(summary, claim)
    }
  }

  private func samples(_ shard: Int) -> Range<Int> {
    shard * job.shardSize..<min((shard + 1) * job.shardSize, job.dataset.count)
  }

  // MARK: the work

  private func work(_ left: [Int], _ claim: PartClaim) throws {
    let journal = try Journal(
      job.destination + "/" + names.journal,
      lines: finished.map(\.lines))
    try claim.removeOthers(state.adopted)
    // Work is counted by pieces; where each shard's start is tells a piece's sample.
    let last = left.last.map { (left.count - 1) * job.shardSize + samples($0).count } ?? 0
    let size = job.shardSize
    let sample = { @Sendable (piece: Int) in left[piece / size] * size + piece % size }
    defer { open = nil }
    do {
      // A post a thread, and one for whichever writes.
      let writer = job.threads
      try StallWatch.watching(job.threads + 1, job.stallWarning) { posts in
        let work = OrderedWork<Outcome>(count: last, window: 4 * job.threads) { piece, outcome in
          posts[writer].begin(sample(piece), name: outcome.name, .write)
          defer { posts[writer].end() }
          try self.consume(sample(piece), outcome, journal)
        }
        try work.run(threads: job.threads, isCancelled: { [control] in control.isCancelled }) {
          [encoder, dataset = job.dataset] thread, piece in
          posts[thread].begin(sample(piece), .read)
          defer { posts[thread].end() }
          var encoder = encoder
          encoder.post = posts[thread]
          return encoder.encode(dataset, sample(piece))
        }
      }
    } catch {
      throw stopped(by: TesseraError.of(error))
    }
  }

  /// Takes a sample's outcome in its turn: into the shard at hand, which is finished with its last sample.
  private func consume(_ sample: Int, _ outcome: Outcome, _ journal: Journal) throws {
    let number = sample / job.shardSize
    if open == nil { open = try ShardFile(number, job: job) }
    guard let shard = open else { return }
    do { try shard.add(sample, outcome.name, try outcome.result.get()) } catch var error as TesseraError {
      // A field that the format cannot hold is the sample's fault; a disk that cannot be written is not.
      if case .success = outcome.result {
        guard case .invalidArgument = error.reason else { throw error }
        error.stage = .encode
      }
      error.path = outcome.name
      if job.errorPolicy == .stop { throw error.with(index: sample) }
      shard.note(sample, outcome.name, error)
    }
    if shard.samples.last?.failure == nil { counts.done += 1 } else { counts.failed += 1 }
    progress(counts)
    guard sample == samples(number).upperBound - 1 else { return }
    let finished = try shard.finish()
    bytesWritten += finished.bytes
    open = nil
    try journal.append(finished.lines)
    shards[number] = finished
  }

  // MARK: the end

  private func summary(_ mine: [Int]) -> PackSummary {
    var summary = PackSummary()
    var failures: [PictureRecord.Failure: JobSummary.FailureCount] = [:]
    summary.job.total = counts.total
    summary.job.carried = counts.carried
    summary.job.bytesWritten = bytesWritten
    for sample in shards.values.flatMap(\.samples) {
      summary.rewritten += sample.rewritten
      summary.keptProgressive += sample.kept
      guard let failure = sample.failure else {
        summary.job.done += 1
        continue
      }
      summary.job.failed += 1
      failures[
        failure,
        default: .init(stage: failure.stage, reason: failure.reason, count: 0, example: sample.source)
      ].count += 1
    }
    summary.job.failures = failures.values.sorted { ($1.count, $0.example) < ($0.count, $1.example) }
    summary.shards = shards.count
    summary.job.isInterrupted = shards.count < mine.count
    return summary
  }

  /// What ends a run before its end: a sample's failure, which is listed, or a destination that cannot be written.
  private func stopped(by error: TesseraError) -> TesseraError {
    guard error.index != nil else { return error.with(stage: .write) }
    do { _ = try writeErrors(stopper: error) } catch { return TesseraError.of(error).with(stage: .write) }
    return error
  }

  private func finish(_ summary: PackSummary, _ claim: PartClaim) throws -> PackSummary {
    if summary.job.isInterrupted { return summary }
    let errors = try writeErrors(stopper: nil)
    let (manifest, list) = try writeLists()
    if !job.shard.isWhole {
      let outputs = finished.map {
        PartRecord.Output(name: PackJob.shardName($0.number), bytes: $0.bytes)
      }
      try claim.folder.finish(
        PartRecord(
          share: share, run: claim.runDigest, manifest: manifest, errors: errors, shards: list, layout: nil,
          outputs: outputs))
    }
    try FileIO.remove(job.destination + "/" + names.journal)
    return summary
  }

  private var finished: [PackedShard] { shards.values.sorted { $0.number < $1.number } }

  /// The list of failures; of a run that was stopped, up to the one that stopped it.
  ///
  /// - Returns: SHA-256 of the list.
  private func writeErrors(stopper: TesseraError?) throws -> String {
    var errors = finished.flatMap(\.samples).filter { $0.failure != nil }.map(\.errorLine)
    if let stopper, let sample = stopper.index {
      errors += (open?.samples ?? []).filter { $0.failure != nil }.map(\.errorLine)
      errors.append(PackedSample(sample: sample, error: stopper).errorLine)
    }
    return try write(errors, names.errors)
  }

  /// The lists beside the shards.
  ///
  /// - Returns: SHA-256 of the manifest and of the list of shards.
  private func writeLists() throws -> (manifest: String, shards: String) {
    let classes = job.dataset.classes
    let manifest = try write(
      finished.flatMap { shard in
        let name = PackJob.shardName(shard.number)
        return shard.samples.filter { $0.failure == nil }.enumerated().map { index, sample in
          sample.manifestLine(shard: name, index: index, classes: classes)
        }
      }, names.manifest)
    return (manifest, try write(finished.map(\.listLine), names.shards))
  }

  private func write(_ lines: [String], _ name: String) throws -> String {
    let bytes = Array(lines.joined().utf8)
    try AtomicFile.write(bytes, to: job.destination + "/" + name, sync: true)
    return Digest.hex(of: bytes)
  }
}
