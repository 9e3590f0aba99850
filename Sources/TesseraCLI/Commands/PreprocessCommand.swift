import ArgumentParser
import Foundation
import Tessera
import TesseraTerminal

/// `tessera preprocess`: a folder of pictures through a pipeline, onto the disk.
struct PreprocessCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preprocess", abstract: "Run pictures through a pipeline and write arrays or pictures.",
    discussion: """
      Beside the outputs stand manifest.jsonl (what each picture became), errors.jsonl (which failed, where \
      and why) and run.json (the settings). The result does not depend on the number of threads; an \
      interrupted run is finished by the same command with --resume. Several processes share the work by \
      --shard i/n, which is read from the launcher (mpirun, srun, torchrun, Kubernetes) if not given; tessera \
      merge then makes the folder that one process would have written.
      """)

  @ArgumentParser.Argument(
    help: ArgumentHelp(
      "A folder of any depth, a list (.txt, .jsonl), a picture, or tars (paths or URLs with braces; @list).",
      valueName: "src"))
  var source: String

  @ArgumentParser.Argument(help: ArgumentHelp("The folder to write to.", valueName: "dst"))
  var destination: String

  @OptionGroup(title: "Pipeline") var pipeline: PipelineOptions

  @Option(
    help: """
      npy: an array a picture, in mirrored folders. safetensors: shards with images and labels. png, jpeg: \
      pictures.
      """)
  var format: PreprocessJob.Format = .npy

  @Option(help: ArgumentHelp("Pictures a shard.", valueName: "n"))
  var shardSize = 1024

  @Option(help: ArgumentHelp("What chance starts from; equal seeds give equal results.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "Threads (default: one a core, shared with the other processes of the job on this machine). The result does not depend on it.",
      valueName: "n"))
  var threads: Int?

  @Option(help: "When a picture fails: stop, or skip it and go on.")
  var onError: PreprocessJob.ErrorPolicy = .stop

  @Flag(help: "Finish an interrupted run, or retry what failed in a finished one.")
  var resume = false

  @Option(help: ArgumentHelp("JPEG quality, 1 to 100.", valueName: "n"))
  var quality = 90

  @Option(help: "JPEG subsampling: 4:4:4, 4:2:2 or 4:2:0.")
  var subsampling: JPEGEncoder.Subsampling = .yuv420

  @Option(help: ArgumentHelp("PNG compression, 0 to 9.", valueName: "n"))
  var compression = 6

  @OptionGroup var stall: StallOptions

  @OptionGroup(title: "Several processes") var sharding: ShardOptions

  @OptionGroup(title: "Decoding") var decoding: DecodeOptions

  @OptionGroup(title: "Shards on servers") var remote: RemoteArguments

  @Flag(help: "The summary as JSON.")
  var json = false

  mutating func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1, got \(threads)") }
    if shardSize < 1 { throw ValidationError("--shard-size must be at least 1, got \(shardSize)") }
    if !(1...100).contains(quality) { throw ValidationError("--quality must be 1 to 100, got \(quality)") }
    if !(0...9).contains(compression) {
      throw ValidationError("--compression must be 0 to 9, got \(compression)")
    }
  }

  func run() throws {
    let part = try sharding.resolve()
    try Self.run(try makeJob(part), part, json: json)
  }

  /// Runs a job and says what came of it, on a terminal or for machines.
  static func run(_ job: PreprocessJob, _ part: ShardResolution, json: Bool) throws {
    announce(job, part)
    let control = JobControl()
    let watch = InterruptWatch(control)
    defer { watch.stop() }
    let line = ProgressLine()
    let summary: JobSummary
    do {
      summary = try job.run(control: control) { line.update($0) }
      line.finish()
    } catch let error as TesseraError {
      line.finish()
      throw fault(error, list: job.destination + "/" + PartNames(job.shard).errors)
    }
    Talk.notices(summary.notices)
    report(summary, job, json: json)
    if summary.failed > 0 || summary.isInterrupted { throw ExitCode.failure }
  }

  private func makeJob(_ part: ShardResolution) throws -> PreprocessJob {
    let resolved = try decoding.resolve()
    var job = PreprocessJob(source: source, destination: destination, pipeline: try pipeline.resolve())
    job.format = format
    job.policy = resolved.policy
    job.generation = resolved.generation
    job.profile = resolved.name
    job.seed = seed
    job.threads = threads ?? part.defaultThreads
    job.stallWarning = stall.patience
    job.errorPolicy = onError
    job.resume = resume
    job.shard = part.assignment
    job.shardSize = shardSize
    job.jpeg = JPEGEncoder(quality: quality, subsampling: subsampling)
    job.png = PNGEncoder(compressionLevel: compression)
    job.remote = try remote.store()
    return job
  }

  /// Settings that contradict each other are wrong usage; what the world did is a failure.
  ///
  /// - Parameter list: the list of errors, where there is one.
  static func fault(_ error: TesseraError, list: String?) -> any Error {
    if case .invalidArgument = error.reason, error.stage == nil { return ValidationError("\(error)") }
    Talk.say("tessera: \(error)")
    if error.stage == .write {
      Talk.say("tessera: the destination cannot be written; mend that and go on with --resume")
    } else if error.index != nil, let list {
      Talk.say(
        "tessera: stopped; see \(list). Mend the file and add --resume, or go on with --on-error skip --resume"
      )
    }
    return ExitCode.failure
  }

  // MARK: what is said

  private static func announce(_ job: PreprocessJob, _ part: ShardResolution) {
    let shards = job.format == .safetensors ? ", \(job.shardSize) pictures a shard" : ""
    let source = RemoteName.shown(job.source) + (job.captions.map { " (samples of \($0))" } ?? "")
    let rows = [
      ["source", source], ["destination", "\(job.destination) (\(job.format.rawValue)\(shards))"],
      ["pipeline", job.pipeline.text], ["profile", "\(job.profile): \(job.policy.summary)"],
      ["resizing", "as \(job.generation.rawValue)"], ["seed", "\(job.seed)"],
      ["threads", "\(job.threads)"],
      ["on error", "\(job.errorPolicy.rawValue)\(job.resume ? ", resuming" : "")"],
      ["processes", part.description],
    ]
    for line in TextTable.lines(rows) { Talk.say(line) }
    for notice in part.notices { Talk.say("tessera: \(notice)") }
  }

  private static func report(_ summary: JobSummary, _ job: PreprocessJob, json: Bool) {
    if json { print(jsonSummary(summary, job).text) } else { printSummary(summary, job) }
    if !job.shard.isWhole && !summary.isInterrupted {
      Talk.say(ShardOptions.finished(job.shard, job.destination))
    }
    guard summary.isInterrupted else { return }
    let left = summary.total - summary.done - summary.failed
    Talk.say(
      "tessera: interrupted with \(Words.count(left, "picture")) left; the same command with --resume goes on"
    )
  }

  private static func printSummary(_ summary: JobSummary, _ job: PreprocessJob) {
    var line = job.shard.isWhole ? "" : "shard \(job.shard.index) of \(job.shard.count): "
    line += "\(summary.done) of \(Words.count(summary.total, "picture")) done"
    if summary.carried > 0 { line += " (\(summary.carried) dealt with before)" }
    line += ", \(summary.failed) failed, \(String(format: "%.2f", summary.seconds)) s"
    line += ", \(Words.rate(summary.imagesPerSecond)) images/s"
    print(line)
    for failure in summary.failures.prefix(10) {
      let others = failure.count > 1 ? " and \(failure.count - 1) more" : ""
      print("  \(failure.stage): \(failure.reason.printableLines) (\(failure.example.visible)\(others))")
    }
    if summary.failures.count > 10 {
      print("  … see \(job.destination.visible)/\(PartNames(job.shard).errors)")
    }
    if summary.sharedStems > 0 {
      print(
        "  \(Words.count(summary.sharedStems, "output")) keep the source's extension: others share the stem")
    }
  }

  private static func jsonSummary(_ summary: JobSummary, _ job: PreprocessJob) -> JSONText {
    .object([
      ("source", .string(RemoteName.shown(job.source))), ("destination", .string(job.destination)),
      ("pipeline", .string(job.pipeline.text)), ("format", .string(job.format.rawValue)),
      ("profile", .string(job.profile)), ("generation", .string(job.generation.rawValue)),
      ("seed", .string(String(job.seed))), ("threads", .int(job.threads)),
      ("shard", .int(job.shard.index)), ("shards", .int(job.shard.count)),
      ("total", .int(summary.total)), ("done", .int(summary.done)), ("failed", .int(summary.failed)),
      ("carried", .int(summary.carried)), ("interrupted", .bool(summary.isInterrupted)),
      ("seconds", .double(summary.seconds)), ("images_per_second", .double(summary.imagesPerSecond)),
      ("bytes_written", .int(summary.bytesWritten)), ("shared_stems", .int(summary.sharedStems)),
      (
        "failures",
        .array(
          summary.failures.map { failure in
            .object([
              ("stage", .string(failure.stage)), ("reason", .string(failure.reason)),
              ("count", .int(failure.count)), ("example", .string(failure.example)),
            ])
          })
      ),
    ])
  }
}
