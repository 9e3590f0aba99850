/// The shapes of Shapes.
public enum ShapesShape: String, Sendable, Hashable, Codable, CaseIterable {
  case circle, square, triangle, bar

  /// Whether a point lies in the shape, measured from its centre in units of its radius; *y* points down.
  ///
  /// All lie in the square from −1 to 1, which the square fills: its corners alone tell it from the circle. The bar's
  /// height is chosen so that the smallest is three and a half pixels of 48 high.
  func contains(_ x: Double, _ y: Double) -> Bool {
    switch self {
    case .circle: x * x + y * y <= 1
    case .square: abs(x) <= 1 && abs(y) <= 1
    case .triangle: y >= -1 && y <= 0.8 && abs(x) * 1.8 <= y + 1
    case .bar: abs(x) <= 1 && abs(y) <= 0.36
    }
  }
}
