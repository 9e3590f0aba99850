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
      UnpackCommand.self, FetchCommand.self, SplitCommand.self, MergeCommand.self, ListCommand.self,
      BenchCommand.self,
      ExplainCommand.self, ReplayCommand.self, TransformsCommand.self,
    ])

  static func main() {
    ProcessOutput.prepare()
    do {
      do { try SIMDLevel.checkEnvironment() } catch { throw ValidationError("\(error)") }
      var command = try parseAsRoot()
      try command.run()
    } catch {
      ProcessOutput.finish("tessera")
      exit(withError: error)
    }
    ProcessOutput.finish("tessera")
  }

  private static var version: String {
    let codecs = CodecVersions.linked.all.map { "\($0.name) \($0.version)" }
    let levels = SIMDLevel.available.map(\.rawValue).joined(separator: " ")
    let simd = "simd \(SIMDLevel.current.rawValue) of \(levels) (\(SIMDLevel.variable))"
    return (["tessera \(TesseraVersion.current)"] + codecs + [RemoteStore.transport, simd]).joined(
      separator: "\n")
  }
}
