import Foundation
import TestSupport
import Testing

/// The tiny models of the golden tests.
enum Models {
  /// The path of one.
  static func path(_ name: String) -> String { Repository.path("Tests/Golden/vlm/models/\(name)") }

  /// Every layout and kind of a whole model.
  static let whole = [
    "clip-llama-tied-full", "clip-qwen2-untied-default", "siglip-llama-untied-default",
    "siglip-qwen2-tied-full",
    "bf16", "f16", "sharded", "layout-5x-clip", "layout-5x-siglip", "layout-memory",
  ]
  /// Parts alone.
  static let parts = towers + ["llama-only", "qwen2-only"]
  static let towers = ["clip-only", "clip-vision-only", "siglip-only"]
}

extension Models {
  /// Copies a model's directory. Files that directories share are links, which would dangle elsewhere.
  static func copy(_ model: String, to destination: String) throws {
    try FileManager.default.createDirectory(atPath: destination, withIntermediateDirectories: true)
    for name in try FileManager.default.contentsOfDirectory(atPath: path(model)) {
      let file = URL(filePath: "\(path(model))/\(name)").resolvingSymlinksInPath()
      try Data(contentsOf: file).write(to: URL(filePath: "\(destination)/\(name)"))
    }
  }
}

extension TemporaryFolder {
  /// Replaces a text in a file, its first or last occurrence.
  func replace(_ name: String, _ old: String, _ new: String, last: Bool) throws {
    let url = URL(filePath: "\(path)/\(name)")
    var text = try String(contentsOf: url, encoding: .utf8)
    let range = try #require(text.range(of: old, options: last ? .backwards : []))
    text.replaceSubrange(range, with: new)
    try text.write(to: url, atomically: true, encoding: .utf8)
  }
}
