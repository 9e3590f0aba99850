private import Foundation
internal import TesseraCore
internal import TesseraData

extension ModelConfig {
  /// Reads the `config.json` of a directory, and nothing else of it.
  ///
  /// - Throws: `io`; what `init(json:file:)` throws.
  public init(directory: String) throws { self = try Self.read(directory).config }

  /// The config of a directory, all that its file says, and what of that is not heeded: to be printed.
  static func read(_ directory: String) throws -> (config: ModelConfig, value: JSONValue, remarks: [String]) {
    let file = "\(directory)/config.json"
    if try FileIO.sizeIfThere(file) == nil { try refuse(directory, file) }
    let value = try value(FileIO.read(file, limit: 16 << 20, isRegular: true), file)
    return (try ModelConfig(value, file: file), value, try remarks(value, file: file))
  }

  /// Says what to do about a directory without a config.
  private static func refuse(_ directory: String, _ file: String) throws {
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory)
    let message =
      if !exists {
        "no such directory (a name on a model hub is not looked up: download it first)"
      } else if !isDirectory.boolValue {
        "\(directory) is a file: give the directory that holds config.json and the weights"
      } else if FileManager.default.fileExists(atPath: "\(directory)/snapshots") {
        "no config.json: this is a download cache, the model lies in a folder under snapshots"
      } else if FileManager.default.fileExists(atPath: "\(directory)/adapter_config.json") {
        "no config.json, but an adapter's: merge it into its model first (peft's merge_and_unload), and save that"
      } else {
        "no config.json: give a directory as transformers' save_pretrained writes it "
          + "(config.json, weights in safetensors, tokenizer.json)"
      }
    throw TesseraError(.io(operation: "open", code: ENOENT, message: message), path: file)
  }
}
