import ArgumentParser
import Foundation
import Tessera
import TesseraTerminal

/// `tessera stats`: what a folder holds, before anybody trains on it.
struct StatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Show what a folder of pictures holds: exact mean and deviation, sizes, kinds, copies, damage.",
    discussion: """
      Means and deviations are exact: whole numbers are added up, so nothing depends on the threads. Every \
      picture is read and decoded once; --headers-only decodes nothing and is many times faster.

      With --into, processes started by mpirun, srun, torchrun or Kubernetes, or given --shard i/n, each look at \
      their part and leave it in the folder; tessera merge, or one more process, makes stats.json of the parts, \
      byte for byte what one process finds. What is there is not done again.

      Keys of --json: settings (tessera, headers_only, pipeline, generation, subset, seed, policy), samples, \
      examined, is_partial, without_picture, pictures, decoded, failures (sample, name, stage, reason), \
      empty_files, bytes; pixels (layout, pictures, pixel_count, full, normalize, channels: name, sum, \
      sum_of_squares, mean, standard_deviation, picture_mean, picture_standard_deviation, value_counts); \
      width, height, megapixels, aspect_ratio, file_bytes, jpeg_quality (count, minimum, maximum, mean, \
      median, percentile5, percentile95, bins: lower, upper, count, label); formats, modes, subsamplings, \
      orientations (name, count); features (name, count, examples); classes (classes: label, name, pictures, \
      failed; unlabelled, imbalance); duplicates, pixel_duplicates (groups: names, samples, sha256, \
      conflicts; redundant, conflicting); extremes (smallest, largest, narrowest, widest, heaviest: name, \
      width, height, bytes). Absent keys are unknown. Equal data give equal bytes.

      Exit status: 0 done, 1 if a picture failed, there was none, or the run was interrupted, 64 wrong usage. A \
      process that has finished its part of several ends with 0.
      """)

  @ArgumentParser.Argument(
    help: ArgumentHelp(
      "A folder of any depth, a list (.txt, .jsonl), a picture, tars, or packed arrays.", valueName: "src"))
  var source: String

  @OptionGroup(title: "Pipeline") var pipeline: PipelineOptions

  @Flag(help: "Read headers only: sizes, kinds and copies, but no pixels.")
  var headersOnly = false

  @Option(
    name: .customLong("sample"), help: ArgumentHelp("Look at a random sample of so many.", valueName: "n"))
  var subset: Int?

  @Option(help: ArgumentHelp("What the sample and random steps are drawn from.", valueName: "n"))
  var seed: UInt64 = 0

  @Flag(help: "Count how often each of the 256 values occurs in each channel.")
  var channels = false

  @Flag(help: "Also find pictures of equal pixels in different files.")
  var pixels = false

  @Flag(inversion: .prefixedNo, help: "Find files of equal bytes.")
  var duplicates = true

  @Option(
    help: ArgumentHelp("Threads (default: one a core). The result does not depend on it.", valueName: "n"))
  var threads: Int?

  @Option(name: [.short, .long], help: ArgumentHelp("Draw the histograms as a PNG.", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("Write each failure as a line of JSON.", valueName: "file"))
  var errors: String?

  @Flag(help: "Everything as JSON, on stdout.")
  var json = false

  @Flag(help: "Plain characters, also on a terminal.")
  var ascii = false

  @Option(
    help: ArgumentHelp(
      "Write \(StatsFolder.resultName) to a folder, which processes share: each looks at its part (see --shard).",
      valueName: "folder"))
  var into: String?

  @OptionGroup(title: "Several processes (with --into)") var sharding: ShardOptions

  @OptionGroup(title: "Decoding") var decoding: DecodeOptions

  @OptionGroup(title: "Shards on servers") var remote: RemoteArguments

  mutating func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1, got \(threads)") }
    if let subset, subset < 1 { throw ValidationError("--sample must be at least 1, got \(subset)") }
    if into == "" { throw ValidationError("--into needs a folder, got ''") }
    if into == nil, sharding.isGiven {
      throw ValidationError("--shard and --shards divide what --into <folder> gathers: give that too")
    }
    if headersOnly {
      let others = [(channels, "--channels"), (pixels, "--pixels"), (pipeline.isGiven, "a pipeline")]
      if let other = others.first(where: \.0) {
        throw ValidationError("\(other.1) needs pixels, and --headers-only decodes none")
      }
    }
  }

  func run() throws {
    let part = try into.map { _ in try sharding.resolve() }
    if part?.assignment.isWhole == false, output != nil || errors != nil {
      throw ValidationError(
        "\(output != nil ? "--output" : "--errors") shows the whole, and this process does a part: leave it to the "
          + "command that runs alone when all parts are done")
    }
    let (job, profile) = try makeJob(part)
    let control = JobControl()
    let watch = InterruptWatch(control)
    defer { watch.stop() }
    let line = ProgressLine()
    do {
      announce(job, profile, part)
      if part == nil { sayUndivided() }
      let started = ProcessInfo.processInfo.systemUptime
      let outcome = try gather(job, part, control, line)
      line.finish()
      let seconds = ProcessInfo.processInfo.systemUptime - started
      switch outcome {
      case .part(let part): try report(part, seconds)
      case .whole(let statistics, _) where part?.assignment.isWhole == false:
        reportDone(part?.assignment ?? .whole, statistics)
      case .whole(let statistics, let wasThere):
        say(statistics, wasThere, seconds)
        try report(statistics)
        if !statistics.failures.isEmpty || statistics.isPartial { throw ExitCode.failure }
      }
    } catch let error as TesseraError {
      line.finish()
      if into != nil, case .invalidArgument = error.reason, error.stage == nil {
        throw ValidationError("\(error)")
      }
      Talk.say("tessera: \(error)")
      throw ExitCode.failure
    }
  }

  private func gather(
    _ job: StatsJob, _ part: ShardResolution?, _ control: JobControl, _ line: ProgressLine
  ) throws -> StatsFolder.Outcome {
    guard let into, let part else {
      return .whole(try job.run(control: control) { line.update($0) }, wasThere: false)
    }
    return try StatsFolder(into).gather(job, of: source, part: part.assignment, control: control) {
      line.update($0)
    }
  }

  /// Statistics are of levels 0...255: arrays of floats are refused at once, not sample by sample.
  private static func checkLevels(_ data: any Dataset) throws {
    guard data is TensorDataset, case .tensor(let tensor, _)? = try data.sample(at: 0).pictures.first,
      tensor.dataType != .uint8
    else { return }
    throw TesseraError(
      .invalidInput(
        operation: "stats", expected: "pictures, or arrays of uint8 (pack before to_tensor)",
        got: "arrays of \(tensor.dataType.rawValue)"))
  }

  private func makeJob(_ part: ShardResolution?) throws -> (job: StatsJob, profile: String) {
    let resolved = try decoding.resolve()
    let transforms = try pipeline.resolveIfGiven()
    let data: any Dataset
    do {
      data = try DatasetSource.open(source, remote: try remote.store())
      try Self.checkLevels(data)
    } catch let error as TesseraError {
      Talk.say("tessera: \(error)")
      throw ExitCode.failure
    }
    var job = StatsJob(dataset: data)
    job.policy = resolved.policy
    job.generation = resolved.generation
    job.pipeline = transforms
    job.headersOnly = headersOnly
    job.subset = subset
    job.seed = seed
    job.threads = threads ?? part?.defaultThreads ?? ProcessInfo.processInfo.activeProcessorCount
    job.countsValues = channels
    job.findsPixelDuplicates = pixels
    job.findsDuplicates = duplicates
    return (job, resolved.name)
  }

  /// Says to whoever started several processes that each looks at everything. Variables that contradict each other matter
  /// only with `--into`.
  private func sayUndivided() {
    guard let found = try? ShardAssignment.fromEnvironment(), !found.assignment.isWhole else { return }
    Talk.say(
      "tessera: not divided: each of the \(found.assignment.count) processes (\(found.source)) looks at all samples; "
        + "--into <folder> shares them out")
  }

  private func announce(_ job: StatsJob, _ profile: String, _ part: ShardResolution?) {
    var rows = [
      ["source", RemoteName.shown(source).visible], ["profile", "\(profile): \(job.policy.summary)"],
    ]
    if headersOnly { rows.append(["decoding", "headers only"]) }
    if let pipeline = job.pipeline {
      rows.append(["pipeline", pipeline.text])
      if let part = try? pipeline.picturePart(), part.steps.count < pipeline.steps.count {
        rows.append(["counted", part.steps.isEmpty ? "as decoded" : "after \(part.text)"])
      }
    }
    if let subset, subset < job.dataset.count {
      rows.append(["sample", "\(subset) of \(job.dataset.count), seed \(seed)"])
    }
    rows.append(["threads", "\(job.threads)"])
    if let into, let part { rows += [["into", into.visible], ["processes", part.description]] }
    for line in TextTable.lines(rows) { Talk.say(line) }
    for notice in part?.notices ?? [] { Talk.say("tessera: \(notice)") }
  }

  private func say(_ statistics: DatasetStatistics, _ wasThere: Bool, _ seconds: Double) {
    guard !wasThere else {
      return Talk.say(
        "tessera: \(into?.visible ?? "")/\(StatsFolder.resultName) was there already; remove it to look again"
      )
    }
    Talk.say(
      "\(Words.count(statistics.examined, "sample")) in \(Words.rate(seconds)) s, "
        + "\(Words.rate(Double(statistics.examined) / max(seconds, 1e-9))) samples/s")
  }

  // MARK: what is written

  /// What a process says that was to do a part, and finds the whole done: no report of each of them.
  private func reportDone(_ shard: ShardAssignment, _ statistics: DatasetStatistics) {
    let folder = into ?? ""
    guard json else {
      return print(
        "shard \(shard.index) of \(shard.count): \(folder.visible)/\(StatsFolder.resultName) is there already"
      )
    }
    print(
      JSONText.object([
        ("into", .string(folder)), ("shard", .int(shard.index)), ("shards", .int(shard.count)),
        ("samples", .int(statistics.examined)), ("failed", .int(statistics.failures.count)),
        ("merged_already", .bool(true)),
      ]).text)
  }

  /// What a process says of its part.
  private func report(_ part: StatsFolder.Part, _ seconds: Double) throws {
    let (shard, folder) = (part.assignment, into ?? "")
    if json {
      print(
        JSONText.object([
          ("into", .string(folder)), ("shard", .int(shard.index)), ("shards", .int(shard.count)),
          ("samples", .int(part.samples)), ("failed", .int(part.failed)), ("was_there", .bool(part.wasThere)),
          ("interrupted", .bool(part.isInterrupted)), ("seconds", .double(seconds)),
        ]).text)
    } else {
      let found = "\(Words.count(part.samples, "sample")), \(part.failed) failed"
      print("shard \(shard.index) of \(shard.count): \(found)\(part.wasThere ? " (done before)" : "")")
    }
    if part.isInterrupted {
      Talk.say("tessera: interrupted: this part has to be done again")
    } else {
      Talk.say(ShardOptions.finished(shard, folder))
    }
    // Damage is for the whole's report to judge: mpirun would end the other processes.
    if part.isInterrupted { throw ExitCode.failure }
  }

  private func report(_ statistics: DatasetStatistics) throws {
    if json {
      print(try statistics.json())
    } else {
      let isTerminal = isatty(STDOUT_FILENO) == 1
      let report = StatsReport(
        statistics: statistics, source: RemoteName.shown(source), width: Talk.width,
        isASCII: ascii || !isTerminal)
      for line in report.lines() { print(line) }
    }
    if let errors { try write(Self.lines(of: statistics.failures), to: errors) }
    if let output {
      let sheet = StatsSheet(statistics: statistics, source: RemoteName.shown(source)).draw()
      let png = try PNGEncoder().encode(sheet)
      try write(png, to: output)
      Talk.say("\(output.visible): \(sheet.width)×\(sheet.height)")
    }
  }

  private static func lines(of failures: [DatasetStatistics.Failure]) -> [UInt8] {
    Array(
      failures.map { failure in
        JSONText.object([
          ("sample", .int(failure.sample)), ("path", .string(failure.name)),
          ("stage", JSONText(failure.stage)),
          ("reason", .string(failure.reason)),
        ]).text + "\n"
      }.joined().utf8)
  }

  private func write(_ bytes: [UInt8], to path: String) throws {
    if let slash = path.lastIndex(of: "/") { try FileIO.makeFolder(String(path[..<slash])) }
    try AtomicFile.write(bytes, to: path)
  }
}
