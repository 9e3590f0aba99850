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
      MakeShapesCommand.self, MakeEmojiCommand.self, PretrainCommand.self, AlignCommand.self, SFTCommand.self,
      MakePreferencesCommand.self, RewardCommand.self, RLCommand.self, DPOCommand.self,
      EvaluateCommand.self, RunCommand.self, InfoCommand.self,
    ])

  static func main() {
    ProcessOutput.prepare()
    // Before any other thread is there: it may execute the program anew with other kernels.
    TorchRuntime.prepare()
    do {
      try SIMDLevel.checkEnvironment()
      var command = try parseAsRoot()
      try command.run()
    } catch let error as TesseraError {
      ProcessOutput.finish("tessera-vlm")
      // Settings that contradict each other are wrong usage; what the world did is a failure.
      if case .invalidArgument = error.reason, error.path == nil {
        exit(withError: ValidationError("\(error)"))
      }
      Talk.say("tessera-vlm: \(error)")
      Foundation.exit(1)
    } catch {
      ProcessOutput.finish("tessera-vlm")
      exit(withError: error)
    }
    ProcessOutput.finish("tessera-vlm")
  }
}
