import ArgumentParser
import Foundation
import Tessera
import TesseraTerminal

/// `tessera bench`: how fast a loader gives batches of this data, and what holds it back.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure a loader on this data: images a second, CPU time, memory, scaling.",
    discussion: """
      Each number of threads loads one epoch to warm up and then --epochs that count; the median epoch is shown. \
      Nothing is done with the batches, so the figure is what a training step faster than the loader would see.
      """)

  @ArgumentParser.Argument(
    help: ArgumentHelp(
      "A folder of any depth, a list (.txt, .jsonl), tars, or packed arrays.", valueName: "src"))
  var source: String

  @OptionGroup(title: "Pipeline") var pipeline: PipelineOptions

  @Option(help: ArgumentHelp("Samples a batch.", valueName: "n"))
  var batchSize = 64

  @Option(
    help: ArgumentHelp("Numbers of threads, with commas (default: 1 and one a core).", valueName: "list"))
  var threads: String?

  @Option(help: ArgumentHelp("Epochs that count.", valueName: "n"))
  var epochs = 3

  @Option(help: ArgumentHelp("Only the first n samples of the source.", valueName: "n"))
  var limit: Int?

  @Option(help: "The order: sequential, shuffled or torch.")
  var order: OrderArgument = .shuffled

  @Option(help: ArgumentHelp("What chance starts from.", valueName: "n"))
  var seed: UInt64 = 0

  @Flag(help: "As JSON.")
  var json = false

  @OptionGroup(title: "Decoding") var decoding: DecodeOptions

  @OptionGroup(title: "Shards on servers") var remote: RemoteArguments

  mutating func validate() throws {
    for (name, value) in [("--batch-size", batchSize), ("--epochs", epochs), ("--limit", limit ?? 1)]
    where value < 1 {
      throw ValidationError("\(name) must be at least 1, got \(value)")
    }
    if batchSize > DataLoader.largestBatch {
      throw ValidationError("--batch-size must be at most \(DataLoader.largestBatch), got \(batchSize)")
    }
    _ = try threadCounts()
  }

  private func threadCounts() throws -> [Int] {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    guard let threads else { return cores > 1 ? [1, cores] : [1] }
    return try threads.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let count = Int(part), (1...DataLoader.mostThreads).contains(count) else {
        throw ValidationError(
          "--threads takes numbers of 1 to \(DataLoader.mostThreads) with commas, got '\(threads)'")
      }
      return count
    }
  }

  func run() throws {
    let resolved = try decoding.resolve()
    // Arrays are ready as they are; pictures go through a pipeline, or come as they are decoded.
    let recipe = try pipeline.resolveIfGiven().map {
      Recipe($0, policy: resolved.policy, generation: resolved.generation)
    }
    do {
      let data = try DatasetSource.open(source, limit: limit, remote: try remote.store())
      let counts = try threadCounts()
      announce(data, recipe, counts)
      let rows = try counts.map { try measure(data, recipe, threads: $0) }
      if json { try printJSON(rows) } else { printTable(rows) }
      if rows.contains(where: { $0.report.failures > 0 }) { throw ExitCode.failure }
    } catch let error as TesseraError {
      Talk.say("tessera: \(error)")
      throw ExitCode.failure
    }
  }

  /// One number of threads: the epoch of the median rate.
  private struct Row {
    var threads: Int
    var report: LoaderReport
    /// Images a second of each epoch that counts.
    var rates: [Double]
  }

  private func measure(_ data: any Dataset, _ recipe: Recipe?, threads: Int) throws -> Row {
    // Pictures of many sizes are kept as a list: what is measured is loading, not whether they stack.
    let collator: any Collator = givesEqualShapes(data, recipe) ? .stack : .list
    let loader = DatasetSource.loader(
      data, recipe: recipe, batchSize: batchSize, order: order.ordering(seed: seed), seed: seed,
      threads: threads, collator: collator, onError: .skip(maximum: 1), isQuiet: true)
    let reports = try (0...epochs).map { number -> LoaderReport in
      let epoch = loader.epoch(number)
      for batch in epoch.blocking { _ = try batch.get() }
      return epoch.report
    }
    let counted = reports.dropFirst().sorted { $0.imagesPerSecond < $1.imagesPerSecond }
    return Row(
      threads: threads, report: counted[counted.count / 2], rates: reports.dropFirst().map(\.imagesPerSecond))
  }

  /// Whether all samples come out alike. Without a recipe only arrays do.
  private func givesEqualShapes(_ data: any Dataset, _ recipe: Recipe?) -> Bool {
    guard let recipe else { return data is TensorDataset }
    // Three sizes stand for all.
    let sizes = [Size(width: 500, height: 375), Size(width: 375, height: 500), Size(width: 640, height: 300)]
    let outputs = sizes.compactMap { size -> PictureInfo? in
      let info = PictureInfo(size: size, format: .rgb, generation: recipe.generation)
      return try? recipe.pipeline.draw(for: info, using: RandomStream(seed: 0)).output
    }
    return outputs.count == sizes.count
      && outputs.allSatisfy { $0.size == outputs[0].size && $0.tensor == outputs[0].tensor }
  }

  // MARK: what is said

  private func announce(_ data: any Dataset, _ recipe: Recipe?, _ counts: [Int]) {
    let rows = [
      ["source", "\(RemoteName.shown(source).visible) (\(Words.count(data.count, "sample")))"],
      ["pipeline", recipe?.pipeline.text ?? "none"], ["batch size", "\(batchSize)"],
      ["order", order.rawValue],
      ["epochs", "\(epochs), and one to warm up"],
      ["threads", counts.map { String($0) }.joined(separator: ", ")],
    ]
    for line in TextTable.lines(rows) { Talk.say(line) }
  }

  private func printTable(_ rows: [Row]) {
    let head = [
      "threads", "images/s", "(least…most)", "CPU ms/image", "MB/s read", "first batch ms", "resident MB",
      "scaling",
    ]
    let base = rows[0]
    let lines = rows.map { row -> [String] in
      let scaling =
        row.report.imagesPerSecond / base.report.imagesPerSecond * Double(base.threads)
        / Double(row.threads)
      return [
        "\(row.threads)", Words.rate(row.report.imagesPerSecond),
        "\(Words.rate(row.rates.min() ?? 0))…\(Words.rate(row.rates.max() ?? 0))",
        String(format: "%.3f", row.report.cpuMillisecondsPerImage),
        Words.rate(row.report.megabytesPerSecond),
        String(format: "%.1f", (row.report.firstBatchSeconds ?? 0) * 1e3),
        "\(row.report.residentBytes / 1_000_000)", "\(Int((scaling * 100).rounded())) %",
      ]
    }
    for line in TextTable.lines([head] + lines) { print(line) }
    for row in rows { print("\(Words.count(row.threads, "thread")): \(row.report.sentence)") }
    let failed = rows[0].report.failures
    if failed > 0 { print("\(Words.count(failed, "sample")) of an epoch failed (tessera stats tells why)") }
  }

  private func printJSON(_ rows: [Row]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    struct Entry: Encodable {
      var threads: Int
      var imagesPerSecond: Double
      var cpuMillisecondsPerImage: Double
      var megabytesPerSecond: Double
      var rates: [Double]
      var sentence: String
      var report: LoaderReport
    }
    let entries = rows.map {
      Entry(
        threads: $0.threads, imagesPerSecond: $0.report.imagesPerSecond,
        cpuMillisecondsPerImage: $0.report.cpuMillisecondsPerImage,
        megabytesPerSecond: $0.report.megabytesPerSecond, rates: $0.rates, sentence: $0.report.sentence,
        report: $0.report)
    }
    print(String(decoding: try encoder.encode(entries), as: UTF8.self))
  }
}
