import ArgumentParser
import TesseraVLM

/// The command `tessera-vlm`.
@main
struct TesseraVLMCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tessera-vlm", abstract: "A vision-language Transformer: Hugging Face's LLaVA, in Swift.")

  func run() throws { print(TorchRuntime.version) }
}
