import Foundation
import TestSupport
import Tessera
import TesseraVLM

/// The adapters that PEFT made, and the tiny models that they are for.
enum LoRAFixtures {
  static let golden = Result { try Golden("lora") }
  static var cases: [Golden.Case] { (try? golden.get())?.cases ?? [] }

  static func adapter(_ name: String) -> String { Repository.path("Tests/Golden/lora/adapters/\(name)") }

  static func model(_ base: String, type: TorchType = .float32) throws -> LlavaModel {
    try TinyLlava.directory(base, type: type).model
  }

  /// A model with the adapter of a directory on it.
  static func adapted(_ base: String, _ path: String, type: TorchType = .float32) throws -> LlavaModel {
    let model = try model(base, type: type)
    return model.adapted(by: try LoRAAdapter(path, for: model))
  }

  /// The prompt with one picture, and the logits at all of its places.
  static func logits(_ model: LlavaModel, _ prompt: Prompt) throws -> TorchTensor {
    let places = prompt.imageSpans.flatMap { Array($0) }
    return try noGrad {
      try model.logits([prompt.ids], pixels: TorchTensor.stack(prompt.pixels), places: places)[0]
    }
  }

  static func prompt(_ item: Golden.Case) throws -> Prompt {
    try TinyLlava.directory(item.string("base")).prompt(item.string("text"), "a")
  }

  /// How far a model's logits are from PEFT's, over the largest of PEFT's.
  static func distance(_ model: LlavaModel, _ item: Golden.Case) throws -> Double {
    let wanted = try golden.get().floats(item.string("output"))
    let got = try logits(model, prompt(item))
    let last = got.slice(0, got.size(0) - wanted.shape[0]..<got.size(0))
    return ParityTests.distance(last, TorchTensor(sharing: .float32(wanted)))
  }

  /// A copy of a golden adapter with a change of its settings.
  static func edited(
    _ name: String, in folder: TemporaryFolder, _ change: (inout [String: Any]) -> Void
  ) throws -> String {
    let bytes = try Data(contentsOf: URL(filePath: adapter(name) + "/adapter_config.json"))
    guard var settings = try JSONSerialization.jsonObject(with: bytes) as? [String: Any] else {
      throw TesseraError(.unknownFormat(firstBytes: []), path: "the settings of \(name)")
    }
    change(&settings)
    try folder.write([UInt8](JSONSerialization.data(withJSONObject: settings)), "a/adapter_config.json")
    try folder.write(
      [UInt8](Data(contentsOf: URL(filePath: adapter(name) + "/adapter_model.safetensors"))),
      "a/adapter_model.safetensors")
    return folder.path + "/a"
  }

  /// An error's text; empty where none is thrown.
  static func message(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return ""
  }
}
