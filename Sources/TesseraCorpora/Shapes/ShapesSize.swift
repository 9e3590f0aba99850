/// The two sizes of Shapes: the largest small object is far from the smallest large one.
public enum ShapesSize: String, Sendable, Hashable, Codable, CaseIterable {
  case small, large

  /// The radii, in `ShapesScene.grid`-ths of the picture's side: 5 to 6 and 8.75 to 10 pixels of 48.
  var radii: ClosedRange<Int> { self == .small ? 20...24 : 35...40 }
}
