/// One of the eight ways in which a picture can lie, by its EXIF number.
///
/// The number says how the stored pixels must be turned to stand upright; the cases say the turn.
public enum Orientation: Int, Sendable, Hashable, Codable, CaseIterable {
  /// Nothing to do.
  case upright = 1
  /// Left and right exchanged.
  case mirrored = 2
  /// Turned by 180°.
  case rotated180 = 3
  /// Top and bottom exchanged.
  case flipped = 4
  /// Rows become columns: mirrored at the falling diagonal.
  case transposed = 5
  /// Turned by 90° clockwise (Pillow's `ROTATE_270`).
  case rotatedRight = 6
  /// Mirrored at the rising diagonal.
  case transversed = 7
  /// Turned by 90° counter-clockwise (Pillow's `ROTATE_90`).
  case rotatedLeft = 8

  /// Whether width and height are exchanged.
  public var swapsAxes: Bool { rawValue >= 5 }

  /// The size of a picture of size `size` after the turn.
  public func size(of size: Size) -> Size { swapsAxes ? size.transposed : size }

  /// Where a point of a picture of size `size` lies after the turn.
  public func move(_ point: Point, in size: Size) -> Point {
    let (w, h) = (Double(size.width), Double(size.height))
    return switch self {
    case .upright: point
    case .mirrored: Point(x: w - point.x, y: point.y)
    case .rotated180: Point(x: w - point.x, y: h - point.y)
    case .flipped: Point(x: point.x, y: h - point.y)
    case .transposed: Point(x: point.y, y: point.x)
    case .rotatedRight: Point(x: h - point.y, y: point.x)
    case .transversed: Point(x: h - point.y, y: w - point.x)
    case .rotatedLeft: Point(x: point.y, y: w - point.x)
    }
  }

  /// The part of a picture of size `size` that becomes the part `rect` of it after the turn.
  public func stored(_ rect: Rect, in size: Size) -> Rect {
    // From the far edge of the turned picture, where an axis runs backwards.
    let (right, bottom) = (size.width - rect.right, size.height - rect.bottom)
    return switch self {
    case .upright: rect
    case .mirrored: Rect(x: right, y: rect.y, width: rect.width, height: rect.height)
    case .rotated180: Rect(x: right, y: bottom, width: rect.width, height: rect.height)
    case .flipped: Rect(x: rect.x, y: bottom, width: rect.width, height: rect.height)
    case .transposed: Rect(x: rect.y, y: rect.x, width: rect.height, height: rect.width)
    case .rotatedRight:
      Rect(x: rect.y, y: size.height - rect.right, width: rect.height, height: rect.width)
    case .transversed:
      Rect(
        x: size.width - rect.bottom, y: size.height - rect.right, width: rect.height, height: rect.width)
    case .rotatedLeft:
      Rect(x: size.width - rect.bottom, y: rect.x, width: rect.height, height: rect.width)
    }
  }
}
