import ArgumentParser
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
      by name, and changes nothing. A folder that is merged already stays as it is.
      """)

  @ArgumentParser.Argument(
    help: ArgumentHelp("The folder that the processes wrote to.", valueName: "dst"))
  var destination: String

  @Flag(help: "The summary as JSON.")
  var json = false

  func run() throws {
    let summary: MergeSummary
    do { summary = try MergeJob(destination: destination).run() } catch let error as TesseraError {
      Talk.say("tessera: \(error)")
      throw ExitCode.failure
    }
    if json { return print(Self.json(summary, destination).text) }
    let pictures = "\(Words.count(summary.done, "picture")) done, \(summary.failed) failed"
    print(
      summary.wasMergedAlready
        ? "nothing to merge: \(destination.visible) is whole already (\(pictures))"
        : "\(Words.count(summary.parts, "part")) merged: \(pictures)")
  }

  private static func json(_ summary: MergeSummary, _ destination: String) -> JSONText {
    .object([
      ("destination", .string(destination)), ("parts", .int(summary.parts)), ("done", .int(summary.done)),
      ("failed", .int(summary.failed)), ("merged_already", .bool(summary.wasMergedAlready)),
    ])
  }
}
