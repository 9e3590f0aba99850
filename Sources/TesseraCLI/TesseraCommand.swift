import ArgumentParser
import Foundation
import Tessera
import TesseraTerminal

/// The command `tessera`.
@main
struct TesseraCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tessera",
    abstract: "Pictures in, tensors out: exactly and fast.",
    discussion: """
      Exit status: 0 done, 1 something failed, 64 wrong usage.
      """,
    version: version,
    subcommands: [
      InspectCommand.self, StatsCommand.self, PreprocessCommand.self, PreviewCommand.self, PackCommand.self,
      UnpackCommand.self, SplitCommand.self, MergeCommand.self, ListCommand.self, BenchCommand.self,
      ReplayCommand.self, TransformsCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      endOutput()
      exit(withError: error)
    }
    endOutput()
  }

  /// Brings what was printed to its end. Results that cannot be written (a full disk) are a failure.
  private static func endOutput() {
    guard fflush(nil) != 0 else { return }
    let reason = String(cString: strerror(errno))
    Talk.say("tessera: the results could not be written to the standard output: \(reason)")
    Foundation.exit(1)
  }

  private static var version: String {
    let codecs = CodecVersions.linked.all.map { "\($0.name) \($0.version)" }
    return (["tessera \(TesseraVersion.current)"] + codecs).joined(separator: "\n")
  }
}
