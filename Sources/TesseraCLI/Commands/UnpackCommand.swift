import ArgumentParser
import Tessera
import TesseraTerminal

/// `tessera unpack`: tars to files.
struct UnpackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unpack", abstract: "Write the members of tars as files, safely.",
    discussion: """
      Every regular member becomes a file of its own name below the destination, which must be new or empty. \
      Absolute names, '..', links and devices are refused, whatever the tar says; they, damaged members and \
      names that come twice cost themselves only (--on-error skip).
      """)

  @ArgumentParser.Argument(
    help: ArgumentHelp(
      "Tars ('shard-{000000..000146}.tar'; - is standard input), then the folder to write to.",
      valueName: "src… dst"))
  var paths: [String]

  @Option(help: "When a member cannot be written: stop, or skip it and go on.")
  var onError: PreprocessJob.ErrorPolicy = .stop

  @Flag(help: "The summary as JSON.")
  var json = false

  @OptionGroup(title: "Shards on servers") var remote: RemoteArguments

  mutating func validate() throws {
    if paths.count < 2 {
      throw ValidationError("give one tar or more, and the folder to write to (src… dst)")
    }
  }

  func run() throws {
    let destination = paths[paths.count - 1]
    var job = UnpackJob(Array(paths.dropLast()), destination: destination)
    job.errorPolicy = onError
    job.remote = try remote.store()
    let control = JobControl()
    let watch = InterruptWatch(control)
    defer { watch.stop() }
    let summary: UnpackJob.Summary
    do { summary = try job.run(control: control) } catch let error as TesseraError {
      throw PreprocessCommand.fault(error, list: nil)
    }
    for fault in summary.faults { Talk.say("tessera: \(fault)") }
    if json {
      print(
        JSONText.object([
          ("destination", .string(destination)), ("files", .int(summary.files)),
          ("bytes", .int(summary.bytes)),
          ("interrupted", .bool(summary.isInterrupted)),
          (
            "faults",
            .array(
              summary.faults.map {
                .object([("path", JSONText($0.path)), ("reason", .string($0.reason.description))])
              })
          ),
        ]).text)
    } else {
      print("\(Words.count(summary.files, "file")), \(Words.count(summary.faults.count, "fault"))")
    }
    if !summary.faults.isEmpty || summary.isInterrupted { throw ExitCode.failure }
  }
}
