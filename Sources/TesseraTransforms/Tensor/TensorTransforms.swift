extension TransformRegistry {
  /// The transforms of this folder, in the order in which help lists them.
  static let tensor: [any Transform.Type] = [
    ToTensor.self, PILToTensor.self, ToDType.self, Normalize.self, Denormalize.self,
    RandomErasing.self, Erase.self,
  ]
}
