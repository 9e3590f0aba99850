/// A rectangle of whole pixels: `x` to `x + width`, `y` to `y + height`, the ends left out.
public struct Rect: Sendable, Hashable, Codable, CustomStringConvertible {
  public var x: Int
  public var y: Int
  public var width: Int
  public var height: Int

  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// All of a picture of size `size`.
  package init(_ size: Size) { self.init(x: 0, y: 0, width: size.width, height: size.height) }

  public var size: Size { Size(width: width, height: height) }
  public var right: Int { x + width }
  public var bottom: Int { y + height }

  /// The part `inner` of this rectangle, given in coordinates that begin at its corner.
  package func part(_ inner: Rect) -> Rect {
    Rect(x: x + inner.x, y: y + inner.y, width: inner.width, height: inner.height)
  }

  /// Whether `other` lies inside, edges included.
  public func contains(_ other: Rect) -> Bool {
    other.x >= x && other.y >= y && other.right <= right && other.bottom <= bottom
  }

  public var description: String { "\(width)×\(height)+\(x)+\(y)" }
}

/// A rectangle with fractional edges, as Pillow's `box`: left, top, right, bottom in pixels.
public struct Box: Sendable, Hashable, Codable {
  public var left: Double
  public var top: Double
  public var right: Double
  public var bottom: Double

  public init(left: Double, top: Double, right: Double, bottom: Double) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
  }

  public init(_ rect: Rect) {
    self.init(
      left: Double(rect.x), top: Double(rect.y), right: Double(rect.right), bottom: Double(rect.bottom))
  }

  public var width: Double { right - left }
  public var height: Double { bottom - top }
}

/// A point in pixels; (0, 0) is the outer corner of the first pixel, (0.5, 0.5) its centre.
public struct Point: Sendable, Hashable, Codable {
  public var x: Double
  public var y: Double

  public init(x: Double, y: Double) {
    self.x = x
    self.y = y
  }
}

/// Pixels on each side of a picture.
public struct EdgeInsets: Sendable, Hashable, Codable {
  public var left: Int
  public var top: Int
  public var right: Int
  public var bottom: Int

  public init(left: Int, top: Int, right: Int, bottom: Int) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
  }

  /// The same on every side.
  public init(_ all: Int) { self.init(left: all, top: all, right: all, bottom: all) }

  public var isZero: Bool { left == 0 && top == 0 && right == 0 && bottom == 0 }
}
