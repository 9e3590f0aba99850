import ArgumentParser
import Foundation
import Tessera
import TesseraTerminal

/// `tessera merge`: what several processes wrote becomes what one would have written.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Join what processes with --shard i/n wrote into one result.",
    discussion: """
      Checks that all parts are finished, of one run, without gaps or overlaps, and that every output is there \
      with its size; then joins the manifests and the lists of errors and removes the parts' own files. The \
      folder is then, byte for byte, the one that a single process writes. If anything is amiss it says what, \
      by name, and changes nothing. A folder that is merged already stays as it is. Parts of tessera stats \
      become stats.json; their source must be there under the path that they saw it at, as files of equal size are \
      compared only now. The exit status is of the merge: pictures that failed are in errors.jsonl, or stats.json, \
      and were told by the processes.
      """)

  @ArgumentParser.Argument(
    help: ArgumentHelp("The folder that the processes wrote to.", valueName: "dst"))
  var destination: String

  @Flag(help: "The summary as JSON.")
  var json = false

  func run() throws {
    if let record = try Self.catching({ try StatsRecord.found(in: destination) }) {
      return try Self.catching { try mergeStats(record) }
    }
    let summary: MergeSummary
    do { summary = try MergeJob(destination: destination).run() } catch let error as TesseraError {
      Talk.say("tessera: \(error)")
      throw ExitCode.failure
    }
    if json {
      return printJSON(
        parts: summary.parts, done: summary.done, failed: summary.failed,
        wasMergedAlready: summary.wasMergedAlready)
    }
    let pictures = "\(Words.count(summary.done, "picture")) done, \(summary.failed) failed"
    print(
      summary.wasMergedAlready
        ? "nothing to merge: \(destination.visible) is whole already (\(pictures))"
        : "\(Words.count(summary.parts, "part")) merged: \(pictures)")
  }

  /// Says what went wrong, and fails.
  private static func catching<T>(_ body: () throws -> T) throws -> T {
    do { return try body() } catch let error as TesseraError {
      Talk.say("tessera: \(error)")
      throw ExitCode.failure
    }
  }

  private func mergeStats(_ record: StatsRecord) throws {
    let folder = StatsFolder(destination)
    let parts = try folder.parts().count
    if let statistics = try folder.finished() { return say(statistics, parts: 0) }
    let dataset: any Dataset
    do { dataset = try DatasetSource.open(record.source) } catch let error as TesseraError {
      Talk.say(
        "tessera: the source \(record.source.visible) cannot be opened from here; from elsewhere, or with options for a "
          + "server: tessera stats <src> --into \(destination.visible)")
      throw error
    }
    var job = try record.job(dataset)
    job.threads = ProcessInfo.processInfo.activeProcessorCount
    say(try folder.merge(job), parts: parts)
  }

  private func say(_ statistics: DatasetStatistics, parts: Int) {
    let (done, failed) = (statistics.pictures, statistics.failures.count)
    if json {
      return printJSON(parts: parts, done: done, failed: failed, wasMergedAlready: parts == 0)
    }
    let (found, result) = (
      "\(Words.count(statistics.examined, "sample")), \(Words.count(done, "picture")), \(failed) failed",
      destination.visible + "/" + StatsFolder.resultName
    )
    print(
      parts == 0
        ? "nothing to merge: \(result) is whole already (\(found))"
        : "\(Words.count(parts, "part")) merged: \(found); see \(result)")
  }

  private func printJSON(parts: Int, done: Int, failed: Int, wasMergedAlready: Bool) {
    print(
      JSONText.object([
        ("destination", .string(destination)), ("parts", .int(parts)), ("done", .int(done)),
        ("failed", .int(failed)), ("merged_already", .bool(wasMergedAlready)),
      ]).text)
  }
}
