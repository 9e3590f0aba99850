public import TesseraCodecs
internal import TesseraCore
public import TesseraTransforms

/// Pictures in, arrays or pictures out: runs a folder through a pipeline and writes what comes out.
///
/// The result is a pure function of the list, the pipeline, the policy and the seed: the number of threads,
/// a kill and a resume in between, and the number of processes that share it never change a byte. Beside the outputs stand `manifest.jsonl` (what each
/// picture became), `errors.jsonl` (which failed, where and why) and `run.json` (the settings).
///
///     let job = PreprocessJob(
///       source: "photos", destination: "out", pipeline: try Pipeline(text: "resize(256)|to_tensor"))
///     let summary = try job.run()
public struct PreprocessJob: Sendable {
  /// What is written.
  public enum Format: String, Sendable, Codable, CaseIterable {
    /// One `.npy` a picture, byte for byte as `numpy.save` writes it.
    ///
    /// - Shape: `[C, H, W]` for tensors; `[H, W, C]` (gray: `[H, W]`) for pictures; `[V, …]` with views.
    case npy
    /// Shards `shard-00000.safetensors` with `images` and `labels`.
    ///
    /// - Shape: `images` `[N, C, H, W]` (`[N, V, C, H, W]` with views), `labels` `[N]` Int64 (−1: none).
    case safetensors
    /// Pictures.
    case png, jpeg
  }

  /// What happens when a picture fails.
  public enum ErrorPolicy: String, Sendable, Codable, CaseIterable {
    /// The run ends with the first failure (in the list's order).
    case stop
    /// The failure is noted and the run goes on.
    case skip
  }

  /// A folder of any depth, a list file, tars or one picture (`PictureFiles`).
  public var source: String
  /// A file whose records are the samples: captions or conversations, of one picture each (`CaptionDataset`,
  /// `ConversationDataset`). Its paths start at the source, which is then a folder. The manifest's lines get the
  /// texts (`text`, `messages`), and `TensorDataset` gives them back. Texts in tars go there without it.
  public var captions: String?
  /// The folder to write to.
  public var destination: String
  public var pipeline: Pipeline
  public var format: Format = .npy
  public var policy: DecodePolicy = .tessera
  /// The release of Pillow whose resampling the pipeline starts with.
  public var generation: PillowGeneration = .newest
  /// What `run.json` calls the policy.
  public var profile = "tessera"
  public var seed: UInt64 = 0
  /// Threads; the result does not depend on it.
  public var threads = 1
  /// How long one picture may be in one stage (a disk that does not answer) before the log says which; nil for never.
  public var stallWarning: Duration? = .seconds(60)
  public var errorPolicy: ErrorPolicy = .stop
  /// Go on where an earlier run in the destination was interrupted, or retry what failed in a finished one.
  public var resume = false
  /// Which part of the job this process does, if several share it; `MergeJob` joins the parts.
  public var shard = ShardAssignment.whole
  /// Pictures a shard; in formats with a file a picture, the most that a block of a divided job has.
  public var shardSize = 1024
  public var jpeg = JPEGEncoder()
  public var png = PNGEncoder()
  /// What reads tars on servers; nil for one of its own.
  public var remote: RemoteStore?

  public init(source: String, destination: String, pipeline: Pipeline) {
    self.source = source
    self.destination = destination
    self.pipeline = pipeline
  }

  /// How far a run is.
  public struct Progress: Sendable, Equatable {
    /// Pictures in the list, or of this process's part of it.
    public var total: Int
    /// Pictures with an output, those of an earlier run included.
    public var done: Int
    public var failed: Int
    /// Pictures that an earlier run had dealt with.
    public var carried: Int
  }

  /// Runs the job on its own threads and waits for it.
  ///
  /// - Parameters:
  ///   - control: cancels the run from another thread.
  ///   - progress: called after each picture, on the thread that did it, one call at a time.
  /// - Throws: before any work: `invalidArgument` for settings that contradict each other, a destination with
  ///   other results, or pictures whose outputs do not fit into one array; later: `io` if the destination
  ///   cannot be written, and a picture's own error if the policy is `stop`.
  public func run(
    control: JobControl = JobControl(), progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) throws -> JobSummary {
    try validate()
    let pictures = try list()
    let files = pictures.files
    guard files.count > 0 else {
      throw TesseraError(
        .invalidInput(
          operation: "preprocess",
          expected: "pictures (\(PictureFiles.extensions.map { "." + $0 }.joined(separator: " ")))",
          got: "none"),
        path: source, stage: .list)
    }
    // Nothing is written yet: `run.json` would be of another list than that of the next try.
    if errorPolicy == .stop, let fault = files.unlisted { throw fault }
    let run = try JobRun(job: self, source: pictures, control: control, progress: progress)
    return try run.run()
  }

  /// The pictures; not those in a destination inside of the source, even if another process makes it just now.
  private func list() throws -> JobSource {
    let before = try FileIO.identityIfThere(destination)
    let pictures = try JobSource(source, captions: captions, excluding: destination, remote: remote)
    guard before == nil, try FileIO.exists(destination) else { return pictures }
    return try JobSource(source, captions: captions, excluding: destination, remote: remote)
  }

  /// Traps nothing, throws everything: the settings come from users.
  private func validate() throws {
    func fault(_ name: String, _ expected: String, _ got: String) -> TesseraError {
      TesseraError(.invalidArgument(name: name, expected: expected, got: got))
    }
    if threads < 1 { throw fault("threads", "at least 1", "\(threads)") }
    if shardSize < 1 { throw fault("shard size", "at least 1", "\(shardSize)") }
    if format == .png || format == .jpeg {
      if pipeline.givesTensor {
        throw fault(
          "the pipeline",
          "one of pictures for format \(format.rawValue) (leave out to_tensor and what follows)",
          "'\(pipeline.text)'")
      }
      if let views = pipeline.steps.first(where: { $0 is any ViewsOperation }) {
        throw fault(
          "the pipeline", "one picture of each for format \(format.rawValue) (npy takes several views)",
          type(of: views).schema.name)
      }
    }
    if let mine = try FileIO.identityIfThere(source), mine == (try FileIO.identityIfThere(destination)) {
      throw fault("the destination", "another folder than the source", destination)
    }
  }
}

/// Stops a running job from another thread or a signal's handler.
public final class JobControl: Sendable {
  private let flag = Guarded(false)

  public init() {}

  /// The run finishes the pictures that are being worked on, and ends.
  public func cancel() { flag.withLock { $0 = true } }

  public var isCancelled: Bool { flag.withLock { $0 } }
}
