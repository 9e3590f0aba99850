import ArgumentParser
import Foundation
import Tessera
import TesseraTerminal

/// `tessera pack`: a folder, a list or tars to shards.
struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Pack pictures into tar shards (WebDataset) or decoded arrays (safetensors).",
    discussion: """
      webdataset: shards shard-000000.tar with the encoded bytes as they are, labels (cls) and what else samples \
      have. safetensors: what `preprocess --format safetensors` writes, after a pipeline. Shard k holds what came \
      of the sources from k times the shard size on. Beside the shards stand manifest.jsonl, errors.jsonl, \
      shards.jsonl and run.json. The bytes do not depend on the number of threads; an interrupted run is finished \
      by the same command with --resume. Several processes share the work by --shard i/n, which is read from the \
      launcher if not given; then tessera merge.
      """)

  /// `--format`.
  enum Format: String, ExpressibleByArgument, CaseIterable { case webdataset, safetensors }

  @ArgumentParser.Argument(
    help: ArgumentHelp(
      "A folder of any depth, a list (.txt, .jsonl), or tars ('shard-{000000..000146}.tar').",
      valueName: "src"))
  var source: String

  @ArgumentParser.Argument(help: ArgumentHelp("The folder to write to.", valueName: "dst"))
  var destination: String

  @Option(help: "webdataset or safetensors.")
  var format: Format

  @Option(help: ArgumentHelp("Sources a shard.", valueName: "n"))
  var shardSize = 1000

  @Option(
    help: ArgumentHelp(
      """
      A file whose records are the samples: captions (JSONL, JSON, CSV) or conversations (LLaVA's JSON, messages in \
      JSONL). Its paths start at src. In tars they are members, beside arrays they stand in manifest.jsonl, and a \
      sample has one picture.
      """, valueName: "file"))
  var captions: String?

  @Flag(help: "webdataset: rewrite progressive JPEGs as baseline with identical pixels, proved per file.")
  var losslessBaseline = false

  @Flag(
    help: """
      webdataset: rewrite every JPEG as baseline with a restart marker behind each row of blocks, with identical pixels, \
      proved per file: random crops then decode about a fifth faster, from any place of the picture.
      """)
  var seekable = false

  @Flag(help: "webdataset: decode every picture, so that damaged ones fail here and not in training.")
  var verify = false

  @Option(
    help: ArgumentHelp("Threads (default: one a core). The result does not depend on it.", valueName: "n"))
  var threads: Int?

  @Option(help: "When a source fails: stop, or skip it and go on.")
  var onError: PreprocessJob.ErrorPolicy = .stop

  @Flag(help: "Finish an interrupted run, or retry what failed in a finished one.")
  var resume = false

  @OptionGroup var stall: StallOptions

  @OptionGroup(title: "Several processes") var sharding: ShardOptions

  @OptionGroup(title: "Pipeline (safetensors)") var pipeline: PipelineOptions

  @Option(
    help: ArgumentHelp("safetensors: what chance starts from (default: 0).", valueName: "n"))
  var seed: UInt64?

  @OptionGroup(title: "Decoding (safetensors)") var decoding: DecodeOptions

  @OptionGroup(title: "Shards on servers") var remote: RemoteArguments

  @Flag(help: "The summary as JSON.")
  var json = false

  mutating func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1, got \(threads)") }
    if shardSize < 1 { throw ValidationError("--shard-size must be at least 1, got \(shardSize)") }
    switch format {
    case .webdataset:
      let isDecoding = try decoding.resolve().name != "tessera"
      if pipeline.isGiven || seed != nil || isDecoding {
        throw ValidationError(
          "webdataset keeps the encoded bytes: pipelines, --seed and decoding options are for safetensors")
      }
    case .safetensors:
      if losslessBaseline || seekable || verify {
        throw ValidationError("--lossless-baseline, --seekable and --verify are for webdataset")
      }
      _ = try pipeline.resolve()
    }
  }

  func run() throws {
    switch format {
    case .webdataset: try packTars()
    case .safetensors: try preprocess()
    }
  }

  // MARK: tars

  private func packTars() throws {
    let control = JobControl()
    let watch = InterruptWatch(control)
    defer { watch.stop() }
    let line = ProgressLine()
    let summary: PackSummary
    var shard = ShardAssignment.whole
    do {
      let part = try sharding.resolve()
      let job = try makeJob(part)
      shard = job.shard
      announce(job, part)
      summary = try job.run(control: control) { line.update($0) }
      line.finish()
    } catch let error as TesseraError {
      line.finish()
      throw PreprocessCommand.fault(error, list: destination + "/" + PartNames(shard).errors)
    }
    if json { print(Self.json(summary, shard, destination).text) } else { report(summary, shard) }
    if !shard.isWhole && !summary.job.isInterrupted { Talk.say(ShardOptions.finished(shard, destination)) }
    if summary.job.isInterrupted {
      Talk.say("tessera: interrupted; the same command with --resume goes on")
    }
    if summary.job.failed > 0 || summary.job.isInterrupted { throw ExitCode.failure }
  }

  private func makeJob(_ part: ShardResolution) throws -> PackJob {
    let dataset = try PackSource.open(
      source, captions: captions, excluding: destination, remote: try remote.store())
    if let listed = dataset as? ListedPictures { Talk.notices(listed.files.notices) }
    var job = PackJob(dataset, destination: destination)
    job.shardSize = shardSize
    job.threads = threads ?? part.defaultThreads
    job.stallWarning = stall.patience
    job.errorPolicy = onError
    job.resume = resume
    job.shard = part.assignment
    job.rewritesProgressive = losslessBaseline
    job.restartRows = seekable ? 1 : 0
    job.verifiesPictures = verify
    return job
  }

  private func announce(_ job: PackJob, _ part: ShardResolution) {
    let rows = [
      [
        "source",
        "\(RemoteName.shown(source)) (\(Words.count(job.dataset.count, "sample"))\(captions.map { " of \($0)" } ?? ""))",
      ],
      ["destination", "\(destination) (webdataset, \(shardSize) samples a shard)"],
      [
        "pictures",
        seekable
          ? "JPEGs rewritten with restart markers"
          : losslessBaseline ? "progressive JPEGs rewritten as baseline" : "bytes as they are",
      ],
      ["verify", verify ? "every picture is decoded" : "headers only"], ["threads", "\(job.threads)"],
      ["on error", "\(onError.rawValue)\(resume ? ", resuming" : "")"],
      ["processes", part.description],
    ]
    for line in TextTable.lines(rows) { Talk.say(line) }
    for notice in part.notices { Talk.say("tessera: \(notice)") }
  }

  private func report(_ summary: PackSummary, _ shard: ShardAssignment) {
    let job = summary.job
    var line = shard.isWhole ? "" : "shard \(shard.index) of \(shard.count): "
    line += "\(job.done) of \(Words.count(job.total, "sample")) in \(Words.count(summary.shards, "shard"))"
    if job.carried > 0 { line += " (\(job.carried) dealt with before)" }
    line += ", \(job.failed) failed, \(String(format: "%.2f", job.seconds)) s"
    line += ", \(Words.rate(job.imagesPerSecond)) samples/s"
    print(line)
    if losslessBaseline || seekable {
      print(
        "  \(Words.count(summary.rewritten, seekable ? "JPEG" : "progressive JPEG")) rewritten, \(summary.keptProgressive) kept as they are"
      )
    }
    for failure in job.failures.prefix(10) {
      let others = failure.count > 1 ? " and \(failure.count - 1) more" : ""
      print("  \(failure.stage): \(failure.reason.printableLines) (\(failure.example.visible)\(others))")
    }
    if job.failures.count > 10 { print("  … see \(destination.visible)/\(PartNames(shard).errors)") }
  }

  private static func json(_ summary: PackSummary, _ shard: ShardAssignment, _ destination: String)
    -> JSONText
  {
    .object([
      ("destination", .string(destination)), ("shards", .int(summary.shards)),
      ("shard", .string(shard.description)),
      ("total", .int(summary.job.total)), ("done", .int(summary.job.done)),
      ("failed", .int(summary.job.failed)), ("carried", .int(summary.job.carried)),
      ("rewritten_as_baseline", .int(summary.rewritten)), ("kept_progressive", .int(summary.keptProgressive)),
      ("interrupted", .bool(summary.job.isInterrupted)), ("bytes_written", .int(summary.job.bytesWritten)),
      ("seconds", .double(summary.job.seconds)), ("samples_per_second", .double(summary.job.imagesPerSecond)),
    ])
  }

  // MARK: arrays

  /// The same job as `preprocess --format safetensors`, under the options that the two share.
  private func preprocess() throws {
    let resolved = try decoding.resolve()
    let part = try sharding.resolve()
    var job = PreprocessJob(source: source, destination: destination, pipeline: try pipeline.resolve())
    job.format = .safetensors
    job.captions = captions
    job.policy = resolved.policy
    job.generation = resolved.generation
    job.profile = resolved.name
    job.seed = seed ?? 0
    job.threads = threads ?? part.defaultThreads
    job.stallWarning = stall.patience
    job.errorPolicy = onError
    job.resume = resume
    job.shard = part.assignment
    job.shardSize = shardSize
    job.remote = try remote.store()
    try PreprocessCommand.run(job, part, json: json)
  }
}
