public import TesseraCore

/// Turns a picture by an angle, counter-clockwise, around its middle or another point.
///
/// Pixels are Pillow's `Image.rotate` to the bit of its matrix: multiples of 90° are exact turns where the picture
/// keeps its shape (or may expand); else each pixel is read through the turned grid. Points and boxes move as
/// torchvision's: with `expand`, its frame begins at the leftmost and topmost turned corner, while Pillow's picture
/// is centred in whole pixels, less than one pixel away.
///
/// - Shape: `[H, W, C]` → the same, or with `expand` large enough to hold all of it.
public struct Rotate: GeometricOperation {
  /// Degrees, counter-clockwise.
  public var angle: Double
  /// Nearest, bilinear or bicubic.
  public var filter: ResampleFilter
  /// Whether the output grows to hold the whole turned picture.
  public var expand: Bool
  /// The point that stays, in pixels; nil for the middle.
  public var center: Point?
  public var fill: Fill

  public init(
    _ angle: Double, filter: ResampleFilter = .nearest, expand: Bool = false, center: Point? = nil,
    fill: Fill = .zero
  ) {
    self.angle = angle
    self.filter = filter
    self.expand = expand
    self.center = center
    self.fill = fill
    _ = checked()
  }

  public static let schema = TransformSchema(
    "rotate", .operation, "Turns a picture counter-clockwise by degrees.", prototype: Rotate(0),
    .required("angle", \.angle, label: "", "degrees, counter-clockwise"),
    .optional("filter", \.filter, "nearest, bilinear or bicubic"),
    .optional("expand", \.expand, "whether the output grows to hold all"),
    .optional("center", \.center, "the point that stays; none for the middle"),
    .optional("fill", \.fill, "colour outside"))

  public func validate() throws {
    try Check.argument(abs(angle) <= 1e6, "angle", "within ±1e6 degrees", angle)
    try Check.place(center, "center")
    try PlaneMap.validate(filter, allowed: [.nearest, .bilinear, .bicubic])
    try fill.validate()
  }

  /// How the pixels get there.
  private enum Way {
    case turn(Orientation)
    case map(PlaneMap, Size)
  }

  private func way(for size: Size) -> Way {
    var angle = angle.truncatingRemainder(dividingBy: 360)
    if angle < 0 { angle += 360 }
    if center == nil {
      let fits = expand || size.width == size.height
      switch angle {
      case 0: return .turn(.upright)
      case 180: return .turn(.rotated180)
      case 90 where fits: return .turn(.rotatedLeft)
      case 270 where fits: return .turn(.rotatedRight)
      default: break
      }
    }
    let (sine, cosine, _) = Turn.values(-Turn.radians(angle))
    let (s, c) = (Turn.rounded15(sine), Turn.rounded15(cosine))
    var m = [c, s, 0, Turn.rounded15(-sine), c, 0]
    let (w, h) = (Double(size.width), Double(size.height))
    let middle = center ?? Point(x: w / 2, y: h / 2)
    let moved = Self.map(m, -middle.x, -middle.y)
    m[2] = moved.x + middle.x
    m[5] = moved.y + middle.y
    guard expand else { return .map(.affine(m), size) }
    let corners = [(0, 0), (w, 0), (w, h), (0, h)].map { Self.map(m, $0.0, $0.1) }
    let (xs, ys) = (corners.map(\.x), corners.map(\.y))
    let width = xs.max()!.rounded(.up) - xs.min()!.rounded(.down)
    let height = ys.max()!.rounded(.up) - ys.min()!.rounded(.down)
    let shifted = Self.map(m, -(width - w) / 2, -(height - h) / 2)
    m[2] = shifted.x
    m[5] = shifted.y
    return .map(.affine(m), Size(width: Int(width), height: Int(height)))
  }

  private static func map(_ m: [Double], _ x: Double, _ y: Double) -> Point {
    Point(x: m[0] * x + m[1] * y + m[2], y: m[3] * x + m[4] * y + m[5])
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try PlaneMap.check(picture, filter, fill, "rotate")
    switch way(for: picture.size) {
    case .turn(let orientation): return picture.resized(to: orientation.size(of: picture.size))
    case .map(_, let size): return picture.resized(to: size)
    }
  }

  public func apply(to image: Image) throws -> Image {
    try PlaneMap.check(PictureInfo(size: image.size, format: image.format), filter, fill, "rotate")
    return turned(image, filter, try fill.pixel(for: image.format))
  }

  public func apply(toMask mask: Image) throws -> Image {
    turned(mask, .nearest, Array(repeating: 0, count: mask.format.bytesPerPixel))
  }

  private func turned(_ image: Image, _ filter: ResampleFilter, _ fill: [UInt8]) -> Image {
    switch way(for: image.size) {
    case .turn(let orientation): image.oriented(orientation)
    case .map(let map, let size): map.apply(to: image, size: size, filter: filter, fill: fill)
    }
  }

  public func move(_ point: Point, in picture: PictureInfo) -> Point {
    let motion = AffineMotion(angle: -angle)
    let middle = center ?? picture.middle
    let moved = motion.forward(point, around: middle)
    guard expand else { return moved }
    let (w, h) = (Double(picture.size.width), Double(picture.size.height))
    let corners = [(0, 0), (0, h), (w, h), (w, 0)].map {
      motion.forward(Point(x: $0.0, y: $0.1), around: middle)
    }
    return Point(x: moved.x - corners.map(\.x).min()!, y: moved.y - corners.map(\.y).min()!)
  }
}

extension PictureInfo {
  /// The middle of the picture.
  var middle: Point { Point(x: Double(size.width) * 0.5, y: Double(size.height) * 0.5) }
}
