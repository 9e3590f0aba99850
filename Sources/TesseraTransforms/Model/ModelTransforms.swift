extension TransformRegistry {
  /// The transforms of this folder, in the order in which help lists them.
  static let model: [any Transform.Type] = [
    PadToSquare.self, Letterbox.self, SmartResize.self, AnyResTiles.self, Rescale.self, QwenPatches.self,
  ]
}
