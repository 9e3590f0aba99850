import TestSupport
import Tessera
import TesseraVLM

/// The tiny whole models that transformers made, each opened once.
enum TinyLlava {
  static let names = ["clip", "siglip"].flatMap { tower in
    ["llama", "qwen2"].flatMap { text in
      ["untied", "tied"].flatMap { tie in ["default", "full"].map { "\(tower)-\(text)-\(tie)-\($0)" } }
    }
  }

  private static let opened = names.map { name in
    (
      name, Result { try ParityTests.Directory(name) },
      Result { try ParityTests.Directory(name, type: .float64) }
    )
  }

  /// A directory in float32 or float64.
  static func directory(_ name: String, type: TorchType = .float32) throws -> ParityTests.Directory {
    guard let found = opened.first(where: { $0.0 == name }) else {
      return try ParityTests.Directory(name, type: type)
    }
    return try type == .float64 ? found.2.get() : found.1.get()
  }

  /// The golden case of a directory and one of its prompts: `one`, `two` pictures or `none`.
  static func logits(_ directory: String, _ prompt: String) throws -> Golden.Case {
    let found = try ParityTests.cases("logits").first {
      try $0.string("directory") == directory && $0.string("prompt") == prompt
    }
    guard let found else {
      throw TesseraError(.unknownFormat(firstBytes: []), path: "golden logits of \(directory), \(prompt)")
    }
    return found
  }

  /// The prompt of a golden case.
  static func prompt(_ item: Golden.Case, _ directory: ParityTests.Directory) throws -> Prompt {
    try directory.prompt(item.string("text"), item.string("pictures"))
  }
}
