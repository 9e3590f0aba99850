import ArgumentParser
import Tessera
import TesseraTerminal

/// `tessera fetch`: shards on servers into the cache, and their checksums compared.
struct FetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Bring shards from servers into the cache and check them.",
    discussion: """
      Reads every shard whole: what is in the cache already is not fetched again. With --checksums the SHA-256 of each \
      is compared. Training from the same URLs with the same --cache (or TESSERA_CACHE) then asks the servers for one \
      byte a shard.
      """)

  @ArgumentParser.Argument(
    help: ArgumentHelp(
      "URLs ('https://host/shard-{000000..000146}.tar'), or a list with one a line ('@shards.txt').",
      valueName: "src"))
  var sources: [String]

  @Option(
    help: ArgumentHelp(
      "A file as sha256sum writes it, or its URL. A shard without a line in it fails.", valueName: "file"))
  var checksums: String?

  @Option(help: ArgumentHelp("Shards at once.", valueName: "n"))
  var threads = 4

  @OptionGroup(title: "Shards on servers") var remote: RemoteArguments

  @Flag(help: "The summary as JSON.")
  var json = false

  mutating func validate() throws {
    if !(1...256).contains(threads) { throw ValidationError("--threads must be 1 to 256, got \(threads)") }
  }

  func run() throws {
    let store = try remote.store()
    guard let cache = store.options.cache else {
      throw ValidationError("give the folder to fetch into: --cache FOLDER, or TESSERA_CACHE")
    }
    Talk.say("tessera: into \(cache), at most \(store.options.cacheSize) bytes")
    var job = FetchJob(sources, store: store)
    job.checksums = checksums
    job.threads = threads
    let control = JobControl()
    let watch = InterruptWatch(control)
    defer { watch.stop() }
    let summary: FetchJob.Summary
    do { summary = try job.run(control: control) } catch let error as TesseraError {
      throw PreprocessCommand.fault(error, list: nil)
    }
    for fault in summary.faults { Talk.say("tessera: \("\(fault)".visible)") }
    if json { print(Self.json(summary).text) } else { print(text(summary)) }
    if !summary.faults.isEmpty || summary.isInterrupted { throw ExitCode.failure }
  }

  private func text(_ summary: FetchJob.Summary) -> String {
    let checked = checksums == nil ? "" : ", \(summary.verified) with the right checksum"
    return
      "\(Words.count(summary.shards, "shard")) of \(Words.count(summary.samples, "sample")), \(summary.bytes) bytes"
      + "\(checked); \(summary.report.bytesFetched) bytes fetched in \(Words.count(summary.report.requests, "request"))"
      + ", \(Words.count(summary.faults.count, "fault"))\(summary.isInterrupted ? "; interrupted" : "")"
  }

  private static func json(_ summary: FetchJob.Summary) -> JSONText {
    .object([
      ("shards", .int(summary.shards)), ("samples", .int(summary.samples)), ("bytes", .int(summary.bytes)),
      ("verified", .int(summary.verified)), ("requests", .int(summary.report.requests)),
      ("bytes_fetched", .int(summary.report.bytesFetched)), ("retries", .int(summary.report.retries)),
      ("damaged_pieces", .int(summary.report.damagedPieces)), ("interrupted", .bool(summary.isInterrupted)),
      (
        "faults",
        .array(
          summary.faults.map {
            .object([("path", JSONText($0.path)), ("reason", .string($0.reason.description))])
          })
      ),
    ])
  }
}
