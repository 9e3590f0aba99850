private import Foundation
internal import TesseraCodecs
internal import TesseraCore
internal import TesseraTransforms

/// One run of a job over its list: what is left to do, who does it, and how it ends.
final class JobRun: Sendable {
  let job: PreprocessJob
  let source: JobSource
  let control: JobControl
  let progress: @Sendable (PreprocessJob.Progress) -> Void
  let worker: PictureWorker
  let names: OutputNames
  /// The samples that this run works on, and the names of its own files.
  let share: JobShare
  let parts: PartNames
  private let record: RunRecord
  private let state: Guarded<State>

  /// What threads share.
  fileprivate struct State {
    /// Samples to do, in order, and how many of them are given out.
    var pending: [Int] = []
    var next = 0
    /// What became of each sample so far.
    var records: [PictureRecord?] = []
    var progress = PreprocessJob.Progress(total: 0, done: 0, failed: 0, carried: 0)
    /// No more samples are given out.
    var isStopped = false
    var bytesWritten = 0
    /// The failure that ends the run: the one of the lowest sample.
    var stopper: TesseraError?
  }

  init(
    job: PreprocessJob, source: JobSource, control: JobControl,
    progress: @escaping @Sendable (PreprocessJob.Progress) -> Void
  ) throws {
    self.job = job
    self.source = source
    let files = source.files
    self.control = control
    self.progress = progress
    worker = PictureWorker(
      pipeline: job.pipeline, policy: job.policy, generation: job.generation, seed: job.seed)
    names = OutputNames(files.files.map(\.name), fileExtension: job.format.fileExtension)
    let isSharded = job.format == .safetensors
    share = JobShare(job.shard, total: files.count, shardSize: job.shardSize, isSharded: isSharded)
    parts = PartNames(job.shard)
    record = RunRecord(
      tessera: TesseraVersion.current, pipeline: job.pipeline.text, format: job.format.rawValue,
      profile: job.profile, policy: job.policy, generation: job.generation, seed: job.seed,
      shardSize: isSharded ? job.shardSize : nil, jpeg: job.format == .jpeg ? job.jpeg : nil,
      png: job.format == .png ? job.png : nil, pictures: files.count,
      listDigest: RunRecord.digest(of: files), texts: source.textDigest)
    state = Guarded(State())
  }

  /// The pictures.
  var files: PictureFiles { source.files }

  func run() throws -> JobSummary {
    let earlier = try DestinationState(run: self, record: record)
    state.withLock { $0.start(share, carrying: earlier.pictures) }
    let started = now()
    let isSharded = job.format == .safetensors
    let layout = isSharded ? try ArrayLayout.find(for: self) : nil
    if control.isCancelled {
      var summary = summary(state.withLock { $0 }, seconds: now() - started)
      summary.isInterrupted = true
      return summary
    }
    // The claim's lock lasts until all is written.
    let claim = try earlier.prepare()
    return try withExtendedLifetime(claim) {
      let journal = try Journal(
        job.destination + "/" + parts.journal, carrying: earlier.pictures, shards: earlier.shards)
      try claim.removeOthers(earlier.adopted)
      let sink: any JobSink =
        isSharded
        ? ShardSink(run: self, layout: layout, journal: journal) : FileSink(run: self, journal: journal)
      try work(sink)
      sink.abandonUnfinished()
      return try finish(claim, layout, seconds: now() - started)
    }
  }

  /// Calls `body` for each of `count` numbers on the job's threads, in no order; stops when cancelled.
  func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws {
    let next = Guarded(0)
    try WorkerThreads.run(min(job.threads, max(count, 1))) { [control] _ in
      while !control.isCancelled {
        let number = next.withLock { next -> Int in
          defer { next += 1 }
          return next
        }
        guard number < count else { return }
        body(number)
      }
    }
  }

  // MARK: the work

  private func work(_ sink: any JobSink) throws {
    let left = state.withLock { $0.pending.count }
    guard left > 0 else { return }
    let threads = min(job.threads, left)
    try StallWatch.watching(threads, job.stallWarning) { [self] posts in
      try WorkerThreads.run(threads) { [self] thread in
        while let sample = nextSample() { process(sample, sink, posts[thread]) }
      }
    }
  }

  private func nextSample() -> Int? {
    state.withLock { state in
      guard !state.isStopped, !control.isCancelled, state.next < state.pending.count else { return nil }
      defer { state.next += 1 }
      return state.pending[state.next]
    }
  }

  private func process(_ sample: Int, _ sink: any JobSink, _ post: StallWatch.Post) {
    post.begin(sample, name: files[sample].name, .read)
    defer { post.end() }
    do {
      var (record, payload) = outcome(of: sample, sink, post)
      if let failure = record.error, job.errorPolicy == .stop { throw failure }
      post.enter(.write)
      do { record.picture.bytes = try sink.store(record.picture, payload) } catch let error as TesseraError {
        throw error.with(stage: .write)
      }
      note(record.picture, bytes: payload?.byteCount ?? 0)
    } catch {
      stop(sample, error)
    }
  }

  /// What a picture gives: something to store, or the reason why not.
  private func outcome(
    of sample: Int, _ sink: any JobSink, _ post: StallWatch.Post
  ) -> (Outcome, Payload?) {
    do {
      let (output, header) = try worker.run(files[sample], sample: sample, post: post)
      post.enter(.encode)
      let payload = try sink.encode(output)
      return (Outcome(picture: PictureRecord(sample: sample, size: header.size)), payload)
    } catch {
      let known = TesseraError.of(error)
      return (Outcome(picture: PictureRecord(sample: sample, failure: known), error: known), nil)
    }
  }

  private struct Outcome {
    var picture: PictureRecord
    var error: TesseraError?
  }

  /// Ends the run: the destination cannot be written, or the policy is to stop.
  private func stop(_ sample: Int, _ error: any Error) {
    let known = TesseraError.of(error)
    state.withLock { state in
      state.isStopped = true
      if let old = state.stopper?.index, old <= sample { return }
      state.stopper = known.with(path: files[sample].name, index: sample)
    }
  }

  private func note(_ record: PictureRecord, bytes: Int) {
    state.withLock { state in
      state.records[record.sample] = record
      state.bytesWritten += bytes
      if record.failure == nil { state.progress.done += 1 } else { state.progress.failed += 1 }
      progress(state.progress)
    }
  }

  // MARK: the end

  private func finish(_ claim: PartClaim, _ layout: ArrayLayout?, seconds: Double) throws
    -> JobSummary
  {
    let end = state.withLock { $0 }
    if let error = end.stopper {
      do { try Manifest(run: self).writeErrors(of: end.records, stopper: error) } catch {
        // The disk that refused the output refuses the list too: what stopped the run is what counts.
        if end.stopper?.stage != .write { throw error }
      }
      throw error
    }
    let summary = summary(end, seconds: seconds)
    if summary.isInterrupted { return summary }
    let records = end.records.compactMap { $0 }
    let digests = try Manifest(run: self).write(records)
    if !job.shard.isWhole {
      let record = PartRecord(
        share: share, run: claim.runDigest, manifest: digests.manifest, errors: digests.errors,
        layout: layout?.words, outputs: try outputs(records, layout))
      try claim.folder.finish(record)
    }
    try FileIO.remove(job.destination + "/" + parts.journal)
    return summary
  }

  private func summary(_ end: State, seconds: Double) -> JobSummary {
    var summary = JobSummary(end.records, files)
    summary.total = share.count
    summary.carried = end.progress.carried
    summary.notices = files.notices
    summary.seconds = seconds
    summary.bytesWritten = end.bytesWritten
    summary.sharedStems = job.format == .safetensors ? 0 : names.shared.count { share.owns($0) }
    summary.isInterrupted = summary.done + summary.failed < summary.total
    return summary
  }

  /// The files of a finished part with their sizes.
  private func outputs(_ records: [PictureRecord], _ layout: ArrayLayout?) throws -> [PartRecord.Output] {
    guard job.format == .safetensors else {
      return records.filter { $0.failure == nil }.map {
        PartRecord.Output(name: names.names[$0.sample], bytes: $0.bytes)
      }
    }
    // Without a single readable header there are no shards at all.
    guard layout != nil else { return [] }
    return try share.blocks.map { block in
      let name = ShardSink.name(block.lowerBound / share.block)
      let path = job.destination + "/" + name
      guard let size = try FileIO.sizeIfThere(path) else { throw FileIO.notThere("look at", path) }
      return PartRecord.Output(name: name, bytes: size)
    }
  }

  private func now() -> Double { ProcessInfo.processInfo.systemUptime }
}

extension JobRun.State {
  fileprivate mutating func start(_ share: JobShare, carrying records: [PictureRecord]) {
    self.records = Array(repeating: nil, count: share.total)
    for record in records { self.records[record.sample] = record }
    pending = share.blocks.flatMap { $0.filter { self.records[$0] == nil } }
    progress = .init(
      total: share.count, done: records.count { $0.failure == nil },
      failed: records.count { $0.failure != nil },
      carried: records.count)
  }
}

extension JobSummary {
  fileprivate init(_ records: [PictureRecord?], _ files: PictureFiles) {
    var counts: [PictureRecord.Failure: FailureCount] = [:]
    for case let record? in records {
      guard let failure = record.failure else {
        done += 1
        continue
      }
      failed += 1
      counts[
        failure,
        default: FailureCount(
          stage: failure.stage, reason: failure.reason, count: 0, example: files[record.sample].name)
      ].count += 1
    }
    failures = counts.values.sorted { ($1.count, $0.example) < ($0.count, $1.example) }
  }
}

extension PreprocessJob.Format {
  /// What outputs' names end in.
  var fileExtension: String { self == .jpeg ? "jpg" : rawValue }
}

extension TesseraError {
  /// The error itself if it is ours; others (there should be none) in its clothes.
  static func of(_ error: any Error) -> TesseraError {
    error as? TesseraError
      ?? TesseraError(.io(operation: "\(type(of: error))", code: 0, message: String(describing: error)))
  }
}
