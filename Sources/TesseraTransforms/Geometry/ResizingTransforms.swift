extension TransformRegistry {
  /// The transforms of this folder that resample, in the order in which help lists them.
  static let resizing: [any Transform.Type] = [Resize.self, Resampling.self, ResizeTo.self]
}
