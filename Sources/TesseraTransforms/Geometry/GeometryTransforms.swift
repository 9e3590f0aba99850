extension TransformRegistry {
  /// The transforms of this folder, in the order in which help lists them.
  static let geometry: [any Transform.Type] = [
    CenterCrop.self, RandomCrop.self, FiveCrop.self, TenCrop.self, Pad.self, RandomHorizontalFlip.self,
    RandomVerticalFlip.self, RandomZoomOut.self,
    Crop.self, HorizontalFlip.self, VerticalFlip.self,
  ]
}
