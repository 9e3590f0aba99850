extension TransformRegistry {
  /// The transforms of this folder, in the order in which help lists them.
  static let geometry: [any Transform.Type] = [Crop.self]
}
