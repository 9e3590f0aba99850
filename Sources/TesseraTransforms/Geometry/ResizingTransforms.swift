extension TransformRegistry {
  /// The transforms of this folder that resample, in the order in which help lists them.
  static let resizing: [any Transform.Type] = [
    Resize.self, RandomResizedCrop.self, RandomResize.self, RandomShortestSize.self, ScaleJitter.self,
    Resampling.self, ResizeTo.self,
  ]
}
