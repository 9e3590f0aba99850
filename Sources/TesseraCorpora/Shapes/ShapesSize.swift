/// The two sizes of Shapes: the largest small object is far from the smallest large one.
public enum ShapesSize: String, Sendable, Hashable, Codable, CaseIterable {
  case small, large

  /// The radii, in `ShapesScene.grid`-ths of the picture's side: 4.25 to 5.25 and 8.25 to 9.75 pixels of 48.
  var radii: ClosedRange<Int> { self == .small ? 17...21 : 33...39 }
}
