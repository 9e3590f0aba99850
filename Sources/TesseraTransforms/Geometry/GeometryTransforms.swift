extension TransformRegistry {
  /// The transforms of this folder, in the order in which help lists them.
  static let geometry: [any Transform.Type] = [
    CenterCrop.self, RandomCrop.self, FiveCrop.self, TenCrop.self, Pad.self, RandomHorizontalFlip.self,
    RandomVerticalFlip.self, RandomRotation.self, RandomAffine.self, RandomPerspective.self,
    ElasticTransform.self, RandomZoomOut.self, RandomIoUCrop.self, ClampBoundingBoxes.self,
    SanitizeBoundingBoxes.self,
    Crop.self, HorizontalFlip.self, VerticalFlip.self, Rotate.self, Affine.self, Perspective.self,
    Elastic.self,
    VoidBoxes.self,
  ]
}
