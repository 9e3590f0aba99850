public import TesseraCodecs
internal import TesseraCore

/// A dataset to tar shards in WebDataset's layout: `shard-000000.tar`, … with the encoded pictures as they are.
///
/// Shard *k* holds what came of the samples from *k · size* on; a failed sample leaves a hole and nothing slides.
/// Members: the pictures (`jpg`, `png`, …; several: `0.jpg`, `1.png`), the label (`cls`), the text (`txt`), the
/// conversation (`json`, as Hugging Face's messages), tensors (`NAME.npy`); a `WebDataset`'s members are copied as
/// they are, of whatever suffix. The classes' names stand in each shard's `__classes__`.
///
/// The bytes are a pure function of the dataset and the settings: the number of threads, a kill and a resume in
/// between, and the number of processes that share the job never change one. Beside the shards stand `manifest.jsonl` (where each sample is), `errors.jsonl` (which
/// failed, where and why), `shards.jsonl` (each shard's size and samples) and `run.json` (the settings).
///
///     var job = PackJob(try ImageFolder("photos"), destination: "shards")
///     job.shardSize = 10_000
///     let summary = try job.run()
public struct PackJob: Sendable {
  public var dataset: any Dataset
  /// The folder to write to.
  public var destination: String
  /// Samples a shard.
  public var shardSize = 1000
  /// Threads; the result does not depend on it.
  public var threads = 1
  /// How long one sample may be read or written (a disk that does not answer) before the log says which; nil for never.
  public var stallWarning: Duration? = .seconds(60)
  public var errorPolicy: PreprocessJob.ErrorPolicy = .stop
  /// Go on where an earlier run in the destination was interrupted, or retry what failed in a finished one.
  public var resume = false
  /// Rewrite progressive JPEGs as baseline with identical pixels, each proved (`JPEGTranscoder`).
  public var rewritesProgressive = false
  /// Rows of blocks between restart markers that JPEGs are given, 0 for none: every JPEG is rewritten as baseline then,
  /// with identical pixels, and random crops of it decode faster.
  public var restartRows = 0
  /// Decode every picture, so that a damaged one fails now and not in training. Without it headers are read only.
  public var verifiesPictures = false
  /// What one picture may ask for.
  public var limits = DecodeLimits()
  /// Which part of the job this process does, if several share it: the shards *k* with *k* mod *n* = *i*.
  /// `MergeJob` joins the parts.
  public var shard = ShardAssignment.whole

  public init(_ dataset: any Dataset, destination: String) {
    self.dataset = dataset
    self.destination = destination
  }

  /// Runs the job on its own threads and waits for it.
  ///
  /// **Memory**: the samples at hand, at most four a thread.
  ///
  /// - Parameters:
  ///   - control: cancels the run from another thread.
  ///   - progress: called after each sample, one call at a time, in the samples' order.
  /// - Throws: before any work: `invalidArgument` for settings that cannot be, or a destination with other results;
  ///   later: `io` if the destination cannot be written, and a sample's own error if the policy is `stop`.
  public func run(
    control: JobControl = JobControl(),
    progress: @escaping @Sendable (PreprocessJob.Progress) -> Void = { _ in }
  ) throws -> PackSummary {
    func fault(_ name: String, _ got: Int) -> TesseraError {
      TesseraError(.invalidArgument(name: name, expected: "at least 1", got: "\(got)"))
    }
    if threads < 1 { throw fault("threads", threads) }
    if shardSize < 1 { throw fault("shard size", shardSize) }
    guard (0...255).contains(restartRows) else {
      throw TesseraError(
        .invalidArgument(name: "restart rows", expected: "0 to 255", got: "\(restartRows)"))
    }
    guard dataset.count > 0 else {
      throw TesseraError(.invalidInput(operation: "pack", expected: "samples", got: "none"), stage: .list)
    }
    // Nothing is written yet: `run.json` would be of another list than that of the next try.
    if errorPolicy == .stop, let fault = (dataset as? ListedPictures)?.files.unlisted { throw fault }
    return try PackRun(job: self, control: control, progress: progress).run()
  }

  /// `shard-000000.tar`.
  static func shardName(_ number: Int) -> String {
    let digits = String(number)
    return "shard-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".tar"
  }
}

/// What a pack job did.
public struct PackSummary: Sendable, Equatable {
  /// Samples, failures, time.
  public var job = JobSummary()
  /// Shards in the destination that are this run's.
  public var shards = 0
  /// JPEGs rewritten as baseline.
  public var rewritten = 0
  /// JPEGs kept as they are, because their pixels could not be promised to stay.
  public var keptProgressive = 0

  public init() {}
}
