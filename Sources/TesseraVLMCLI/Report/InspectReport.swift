import Foundation
import Tessera
import TesseraCore
import TesseraData
import TesseraText
import TesseraVLM

/// What `inspect` and `convert` say of a directory.
enum InspectReport {
  /// The tensors' types with how many there are: `F32 ×58`.
  static func typeWords(_ checkpoint: Checkpoint) -> String {
    types(checkpoint).map { "\($0.type) ×\($0.count)" }.joined(separator: ", ")
  }

  static func types(_ checkpoint: Checkpoint) -> [(type: String, count: Int)] {
    var counts: [String: Int] = [:]
    for parameter in checkpoint.parameters { counts[parameter.weight.type.rawValue, default: 0] += 1 }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { (type: $0.key, count: $0.value) }
  }

  /// Bytes of the model's weights as they are stored.
  static func storedBytes(_ checkpoint: Checkpoint) -> Int {
    checkpoint.parameters.reduce(0) { $0 + $1.weight.byteCount }
  }

  static func fileWords(_ checkpoint: Checkpoint) -> String {
    let files = checkpoint.files.files
    return "\(ByteCount.words(storedBytes(checkpoint))) in "
      + (files.count == 1 ? files[0] : "\(files.count) files")
  }

  static func count(_ checkpoint: Checkpoint) -> Int {
    checkpoint.parameters.reduce(0) { $0 + $1.spec.count }
  }

  /// A line for each reason for which tensors are passed over.
  static func ignoredLines(_ checkpoint: Checkpoint) -> [String] {
    Dictionary(grouping: checkpoint.ignored, by: \.reason).sorted { $0.key < $1.key }.map { reason, items in
      let names = items.prefix(3).map(\.name).joined(separator: ", ")
      let more = items.count > 3 ? " and \(items.count - 3) more" : ""
      return "ignored: \(names)\(more) (\(reason))"
    }
  }

  /// The files that are neither config nor weights.
  ///
  /// - Throws: `io`.
  static func sideFiles(_ path: String) throws -> [(name: String, bytes: Int)] {
    try FileIO.names(in: path).filter {
      !$0.hasSuffix(".safetensors") && !$0.hasSuffix(".safetensors.index.json") && $0 != "config.json"
    }.sorted().map { (name: $0, bytes: FileIO.size("\(path)/\($0)") ?? 0) }
  }

  /// What the tokenizer has, beside the embedding's rows.
  ///
  /// - Throws: what the tokenizer's reader throws.
  static func tokenizer(_ path: String) throws -> Tokenizer? {
    guard FileIO.size("\(path)/tokenizer.json") != nil else { return nil }
    return try ProcessorFiles(path).tokenizer()
  }

  static func text(_ config: ModelConfig) -> TextConfig? {
    switch config {
    case .llava(let config): config.text
    case .language(let config): config
    case .vision: nil
    }
  }

  static func vision(_ config: ModelConfig) -> VisionConfig? {
    switch config {
    case .llava(let config): config.vision
    case .vision(let config): config
    case .language: nil
    }
  }
}
