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
      Model directories are Hugging Face's: what transformers saves is read, and what is written loads there.
      Exit status: 0 done, 1 something failed, 64 wrong usage.
      """,
    version: "tessera-vlm \(TesseraVersion.current)\nlibtorch \(TorchRuntime.version)",
    subcommands: [
      GenerateCommand.self, ChatCommand.self, InspectCommand.self, InitCommand.self, ConvertCommand.self,
      MergeCommand.self, ShowSampleCommand.self, TokenizerCommand.self, ValidateCommand.self,
      MakeShapesCommand.self, MakeEmojiCommand.self, RunCommand.self, InfoCommand.self,
    ])

  static func main() {
    // Before any other thread is there: it may execute the program anew with other kernels.
    TorchRuntime.prepare()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as TesseraError {
      endOutput()
      // Settings that contradict each other are wrong usage; what the world did is a failure.
      if case .invalidArgument = error.reason, error.path == nil {
        exit(withError: ValidationError("\(error)"))
      }
      Talk.say("tessera-vlm: \(error)")
      Foundation.exit(1)
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
