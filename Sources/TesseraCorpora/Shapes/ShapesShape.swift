/// The shapes of Shapes.
public enum ShapesShape: String, Sendable, Hashable, Codable, CaseIterable {
  case circle, square, triangle, bar

  /// Whether a point lies in the shape, measured from its centre in units of its radius; *y* points down.
  ///
  /// All lie in the square from −1 to 1. The square's side is chosen so that its area is near the circle's, the bar's
  /// height so that the smallest is three pixels of 48 high.
  func contains(_ x: Double, _ y: Double) -> Bool {
    switch self {
    case .circle: x * x + y * y <= 1
    case .square: abs(x) <= 0.87 && abs(y) <= 0.87
    case .triangle: y >= -1 && y <= 0.8 && abs(x) * 1.8 <= y + 1
    case .bar: abs(x) <= 1 && abs(y) <= 0.36
    }
  }
}
