import ArgumentParser
import Foundation
import Tessera
import TesseraTerminal
import TesseraVLM

/// The command `tessera-vlm`.
@main
struct TesseraVLMCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tessera-vlm",
    abstract: "A vision-language Transformer: Hugging Face's LLaVA, in Swift.",
    discussion: """
      Exit status: 0 done, 1 something failed, 64 wrong usage.
      """,
    version: "tessera-vlm \(TesseraVersion.current), libtorch \(TorchRuntime.version)",
    subcommands: [
      InspectCommand.self, InitCommand.self, ConvertCommand.self, ShowSampleCommand.self, InfoCommand.self,
    ])

  static func main() {
    TorchRuntime.prepare()
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
    Talk.say("tessera-vlm: the results could not be written to the standard output: \(reason)")
    Foundation.exit(1)
  }
}
