extension TransformRegistry {
  /// The transforms of this folder, in the order in which help lists them.
  static let composition: [any Transform.Type] = []
}
