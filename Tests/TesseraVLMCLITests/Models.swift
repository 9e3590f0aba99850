import TestSupport

/// The tiny models of the golden tests.
enum Models {
  /// The path of one.
  static func path(_ name: String) -> String { Repository.path("Tests/Golden/vlm/models/\(name)") }

  /// Every layout and kind of a whole model.
  static let whole = [
    "clip-llama-tied-full", "clip-qwen2-untied-default", "siglip-llama-untied-default", "siglip-qwen2-tied-full",
    "bf16", "f16", "sharded", "layout-5x-clip", "layout-5x-siglip", "layout-memory",
  ]
  /// Parts alone.
  static let parts = ["clip-only", "clip-vision-only", "siglip-only", "llama-only", "qwen2-only"]
}
